package org.vgg4j.network;

import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;
import java.util.function.IntToLongFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Probe;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;

/**
 * What executes networks: the kernels of this process and a number of threads. Results do not
 * depend on that number. All that is made by one engine is for one thread at a time.
 */
public final class Engine implements AutoCloseable {
  /** More threads than processors only cost memory; so many are allowed on any machine. */
  private static final int MOST_THREADS = 256;

  private static final int THREADS_PER_PROCESSOR = 4;

  private static final int LARGER_THAN_CACHES = 64 << 20; // floats
  private static final int PROBE_CALLS = 50;
  private static final long PROBE_NANOS = 1_500_000_000; // long enough for the JIT compiler

  private final KernelLookup.Choice choice;
  private final Workers workers;

  /**
   * @param threads number of threads, the calling one included
   * @throws InputException if it is not positive, or {@code -Dvgg.kernels} asks for what cannot be
   *     had
   */
  public Engine(int threads) {
    if (threads < 1) {
      throw new InputException("option threads is " + threads + " but must be at least 1");
    }
    int processors = Runtime.getRuntime().availableProcessors();
    int most = Math.max(MOST_THREADS, THREADS_PER_PROCESSOR * processors);
    if (threads > most) {
      throw new InputException(
          "option threads is %d, but Java sees %d processors here: take at most %d, best as many as processors"
              .formatted(threads, processors, most));
    }
    try {
      this.choice = KernelLookup.get();
    } catch (IllegalStateException e) {
      throw new InputException(String.valueOf(e.getMessage()), e);
    }
    this.workers = new Workers(threads);
  }

  /** Name of the kernels, as {@code -Dvgg.kernels} takes it. */
  public String kernels() {
    return choice.kernels().name();
  }

  /** What the kernels use, in a phrase. */
  public String kernelsDescription() {
    return choice.kernels().description();
  }

  /** Why these kernels were chosen, in a sentence. */
  public String kernelsReason() {
    return choice.reason();
  }

  /** What the JIT compiler does with the kernels, as a phrase. */
  public String kernelsCompiler() {
    return choice.compiler();
  }

  /** Floats that one instruction of the kernels works on. */
  public int kernelLanes() {
    return choice.kernels().lanes();
  }

  /**
   * What the machine can do with this engine's instructions and threads.
   *
   * @param arithmetic multiply-adds on registers, in GFLOP/s
   * @param product the matrix product at the heart of the kernels, on data in the cache, in GFLOP/s
   * @param read reading memory, in GB/s
   */
  public record MachineSpeed(double arithmetic, double product, double read) {}

  /** Measures the machine; takes some seconds. */
  public MachineSpeed measureMachine() {
    Probe probe = choice.kernels().probe();
    float[] large = new float[LARGER_THAN_CACHES];
    int part = large.length / threads();
    return new MachineSpeed(
        rate(task -> repeated(() -> probe.arithmetic(20))),
        rate(task -> repeated(() -> probe.product(20))),
        rate(task -> probe.read(large, task * part, (task + 1) * part)));
  }

  /** Many short calls rather than one long: the JIT compiler must see the loop's method called. */
  private static long repeated(LongSupplier work) {
    long sum = 0;
    for (int i = 0; i < PROBE_CALLS; i++) {
      sum += work.getAsLong();
    }
    return sum;
  }

  /**
   * The best of several rounds, since anything else that runs only takes away; in 10^9 per second.
   */
  private double rate(IntToLongFunction work) {
    double best = 0;
    long end = System.nanoTime() + PROBE_NANOS;
    while (System.nanoTime() < end) {
      LongAdder done = new LongAdder();
      long start = System.nanoTime();
      parallel(threads(), task -> done.add(work.applyAsLong(task)));
      best = Math.max(best, (double) done.sum() / (System.nanoTime() - start));
    }
    return best;
  }

  /**
   * Returns room for a batch of crops, {@code [N][3][crop][crop]}.
   *
   * @throws InputException if that is more than a Java array can be
   */
  public float[] images(Architecture architecture, int batch) {
    int crop = architecture.crop();
    return Buffers.floats("images", batch, Math.multiplyExact(3, Math.multiplyExact(crop, crop)));
  }

  /** Number of threads. */
  public int threads() {
    return workers.threads();
  }

  /** Runs the body for 0 to tasks-1 on the engine's threads, in any order. */
  public void parallel(int tasks, IntConsumer body) {
    workers.run(tasks, (task, scratch) -> body.accept(task));
  }

  /**
   * Does something that leaves a processor idle, and lets the JIT compiler see the kernels
   * meanwhile, which makes the first pictures faster.
   *
   * @param work for example: reads a model
   * @return what the work gives
   */
  public <T> T warmUpDuring(Supplier<T> work) {
    boolean worthwhile = choice.kernels().lanes() > 1 && threads() > 1;
    return worthwhile ? WarmUp.during(work, choice.kernels()) : work.get();
  }

  /**
   * Returns parameters whose fully connected layers are held in the given form: the given ones, or
   * a copy that shares all but the rounded weights. Until the given ones are let go, both take
   * memory.
   *
   * @param form {@link FcWeights#BF16} for inference only
   * @throws InputException if the heap is smaller than both together
   * @throws IllegalArgumentException if the given ones are rounded and the form is not
   */
  public Parameters withFcWeights(Parameters parameters, FcWeights form) {
    if (form == parameters.fcWeights()) {
      return parameters;
    }
    if (form == FcWeights.FP32) {
      throw new IllegalArgumentException("what rounding took away cannot be brought back");
    }
    Architecture architecture = parameters.architecture();
    long both =
        Float.BYTES * architecture.valueCount() + MemoryPlan.fcWeightBytes(architecture, form);
    long heap = Runtime.getRuntime().maxMemory();
    if (both > heap) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "rounding the weights needs %s of heap for both forms of them, but there are %s:"
                  + " give Java more (-Xmx...)",
              Bytes.needed(both),
              Bytes.available(heap)));
    }
    return parameters.rounded(workers);
  }

  /**
   * Returns a forward pass; see {@link Inference}.
   *
   * @throws InputException if the heap is smaller than what it needs
   */
  public Inference inference(Parameters parameters, int capacity, Set<String> taps) {
    requireHeap(
        "inference", inferenceMemory(parameters.architecture(), capacity, parameters.fcWeights()));
    return new Inference(parameters, choice.kernels(), workers, capacity, taps);
  }

  /**
   * Lets a forward pass take larger batches.
   *
   * @throws InputException if the heap is smaller than what it then needs
   */
  public void enlarge(Inference inference, int capacity) {
    requireHeap(
        "inference", inferenceMemory(inference.architecture(), capacity, inference.fcWeights()));
    inference.enlarge(capacity);
  }

  /** Returns a forward pass over whole images; see {@link DenseInference}. */
  public DenseInference dense(Parameters parameters) {
    return new DenseInference(
        parameters, choice.kernels(), workers, Runtime.getRuntime().maxMemory());
  }

  /**
   * Returns what trains a network.
   *
   * @param weights that it begins with; they become the learner's own
   * @throws InputException if the heap is smaller than what it needs
   * @throws IllegalArgumentException if the weights were rounded
   */
  public Learner learner(Parameters weights, LearnerOptions options, Exchange exchange) {
    if (weights.fcWeights() != FcWeights.FP32) {
      throw new IllegalArgumentException("rounded weights cannot be trained");
    }
    MemoryPlan memory =
        trainingMemory(weights.architecture(), options.microBatch(), options.batch());
    requireHeap("training", memory);
    return new CpuLearner(weights, options, exchange, memory, choice.kernels(), workers);
  }

  private static void requireHeap(String what, MemoryPlan plan) {
    long heap = Runtime.getRuntime().maxMemory();
    if (plan.total() > heap) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s needs %s of heap, but there are %s: take a smaller batch, or give Java"
                  + " more (-Xmx...)",
              what,
              Bytes.needed(plan.total()),
              Bytes.available(heap)));
    }
  }

  /** The heap that {@link #inference} without taps will take. */
  public MemoryPlan inferenceMemory(Architecture architecture, int capacity, FcWeights form) {
    return MemoryPlan.inference(architecture, choice.kernels(), capacity, threads(), form);
  }

  /**
   * The heap that training with momentum, and validation between, will take.
   *
   * @param microBatch images at a time
   * @param batch images of a batch; more than a micro-batch where that is one of several parts
   */
  public MemoryPlan trainingMemory(Architecture architecture, int microBatch, int batch) {
    return trainingMemory(architecture, microBatch, batch, threads());
  }

  /** Like {@link #trainingMemory(Architecture, int, int)}, for another number of threads. */
  public MemoryPlan trainingMemory(
      Architecture architecture, int microBatch, int batch, int threads) {
    return MemoryPlan.training(architecture, choice.kernels(), microBatch, batch, threads);
  }

  /** Ends the threads. */
  @Override
  public void close() {
    workers.close();
  }
}
