package org.vgg4j.network;

import java.util.Set;
import java.util.function.IntConsumer;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;

/**
 * What executes networks: the kernels of this process and a number of threads. Results do not
 * depend on that number. All that is made by one engine is for one thread at a time.
 */
public final class Engine implements AutoCloseable {
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

  /** Floats that one instruction of the kernels works on. */
  public int kernelLanes() {
    return choice.kernels().lanes();
  }

  /** Number of threads. */
  public int threads() {
    return workers.threads();
  }

  /** Runs the body for 0 to tasks-1 on the engine's threads, in any order. */
  public void parallel(int tasks, IntConsumer body) {
    workers.run(tasks, (task, scratch) -> body.accept(task));
  }

  /** Returns a forward pass; see {@link Inference}. */
  public Inference inference(Parameters parameters, int capacity, Set<String> taps) {
    return new Inference(parameters, choice.kernels(), workers, capacity, taps);
  }

  /** Returns a forward and backward pass; see {@link Training}. */
  public Training training(Parameters parameters, int capacity, double dropoutRate) {
    return new Training(parameters, choice.kernels(), workers, capacity, dropoutRate);
  }

  /** The heap that {@link #inference} without taps will take. */
  public MemoryPlan inferenceMemory(Architecture architecture, int capacity) {
    return MemoryPlan.inference(architecture, choice.kernels(), capacity, threads());
  }

  /** The heap that training with momentum, and validation between, will take. */
  public MemoryPlan trainingMemory(Architecture architecture, int capacity) {
    return MemoryPlan.training(architecture, choice.kernels(), capacity, threads());
  }

  /**
   * One step of SGD with momentum and L2 decay for one parameter: {@code v = momentum * v - rate *
   * (gradient + decay * w); w = w + v}; the gradient is zeroed.
   */
  public void sgd(
      ParameterShape shape,
      Parameters parameters,
      Parameters velocities,
      Parameters gradients,
      float rate,
      float momentum,
      float decay) {
    choice
        .kernels()
        .sgd(
            parameters.values(shape.name()),
            velocities.values(shape.name()),
            gradients.values(shape.name()),
            rate,
            momentum,
            decay,
            workers);
  }

  /** Ends the threads. */
  @Override
  public void close() {
    workers.close();
  }
}
