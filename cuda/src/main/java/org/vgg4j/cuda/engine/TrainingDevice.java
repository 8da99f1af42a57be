package org.vgg4j.cuda.engine;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.CudaEvent;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.HostMemory;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Target;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Parameters;

/**
 * A network in training on one GPU: weights and velocities, and the passes of one micro-batch at a
 * time. For one thread at a time.
 */
final class TrainingDevice implements AutoCloseable {
  private final Gpu gpu;
  private final LearnerOptions options;
  private final Allocation allocation;
  private final TrainingMemory memory;
  private final TrainingNetwork network;
  private final CudaStream stream;
  private final CudaEvent counted;
  private final HostMemory results;
  private final ImageFeed feed;
  private final Objective objective;
  private final DeviceStore weights;
  private final DeviceStore velocities;
  private final DeviceDescent descent;
  private final @Nullable DeviceAverage average;
  private final DeviceStore averages;
  private final DeviceTables tables;
  private final StepGraphs graphs;
  private final List<Runnable> open;
  private boolean closed;

  /**
   * A micro-batch that was brought to the GPU.
   *
   * @param images number of images
   * @param ints address of what came with the images, see {@link Objective}
   */
  record Loaded(int images, long ints) {}

  /**
   * @param threads that copy images
   * @param initial weights that it begins with
   * @param devices GPUs that learn together
   * @throws InputException if an option is out of range
   */
  TrainingDevice(
      Gpu gpu, HostThreads threads, Parameters initial, LearnerOptions options, int devices) {
    if (!(options.dropout() >= 0 && options.dropout() < 1)) {
      throw new InputException("dropout " + options.dropout() + " is not in [0, 1)");
    }
    Architecture architecture = initial.architecture();
    this.gpu = gpu;
    this.options = options;
    this.allocation = Allocation.on(gpu.context());
    List<Runnable> open = new ArrayList<>(List.of(allocation::close));
    try {
      this.memory =
          TrainingMemory.take(
              gpu, architecture, options.size(), options.dropout(), devices, allocation);
      this.network = memory.network();
      ImageFeed.require(memory.inputBytes());
      this.stream = CudaStream.create(gpu.context());
      open.add(stream::close);
      this.counted = CudaEvent.create(gpu.context());
      open.add(counted::close);
      long scores = scoreBytes(options.microBatch(), architecture.outputs());
      this.results = HostMemory.allocate(gpu.context(), Math.max(TrainingMemory.TOTALS, scores));
      open.add(results::close);
      this.feed =
          new ImageFeed(
              gpu,
              threads,
              Patches.side(architecture),
              allocation,
              memory.input(),
              memory.inputBytes());
      open.add(feed::close);
      this.objective = new Objective(gpu, architecture, options, memory);
      WeightTransfer transfer =
          new WeightTransfer(gpu, stream, allocation.memory(network.gradient()));
      DeviceParameters parameters = memory.parameters();
      this.weights =
          new DeviceStore(gpu, parameters, DeviceParameter::values, true, transfer, stream);
      this.velocities =
          new DeviceStore(gpu, parameters, DeviceParameter::velocity, false, transfer, stream);
      this.averages =
          new DeviceStore(gpu, parameters, DeviceParameter::average, false, transfer, stream);
      this.average =
          options.averaged()
              ? new DeviceAverage(
                  gpu, parameters, allocation, allocation.memory(network.gradient()), stream)
              : null;
      this.tables = new DeviceTables(allocation.memory(memory.tables()));
      this.descent = new DeviceDescent(gpu, stream, options.descent(), memory, tables);
      open.add(descent::close);
      this.graphs = new StepGraphs(stream, tables);
      open.add(graphs::close);
      for (ParameterShape shape : architecture.parameters()) {
        weights.write(shape.name(), initial.values(shape.name()));
        stream.clear(allocation.memory(parameters.get(shape.name()).velocity()));
      }
      if (average != null) {
        average.add(1);
      }
      stream.synchronize();
    } catch (RuntimeException | Error e) {
      try {
        closeAll(open);
      } catch (RuntimeException | Error alsoFailed) {
        e.addSuppressed(alsoFailed);
      }
      throw e;
    }
    this.open = List.copyOf(open);
  }

  /** Closes the last ones first. */
  private static void closeAll(List<Runnable> open) {
    List<Runnable> reversed = new ArrayList<>(open);
    Collections.reverse(reversed);
    Closing.all(reversed);
  }

  /** The GPU. */
  Gpu gpu() {
    return gpu;
  }

  /** Its memory there. */
  TrainingMemory memory() {
    return memory;
  }

  /** The stream of its passes and steps. */
  CudaStream stream() {
    return stream;
  }

  /** What makes the step of each parameter. */
  DeviceDescent descent() {
    return descent;
  }

  /** The weights. */
  DeviceStore weights() {
    return weights;
  }

  /** The velocities. */
  DeviceStore velocities() {
    return velocities;
  }

  /**
   * The average of the weights.
   *
   * @throws IllegalStateException if none is kept
   */
  DeviceAverage average() {
    if (average == null) {
      throw new IllegalStateException("this learner keeps no average");
    }
    return average;
  }

  /** The same as parameters. */
  DeviceStore averages() {
    average();
    return averages;
  }

  /** Brings a micro-batch to the GPU. The arrays may be used for other things afterwards. */
  Loaded load(float[] images, List<Target> targets, DropoutKeys keys) {
    int count = targets.size();
    requireCapacity(count);
    int[] ints = objective.ints(targets, keys);
    return new Loaded(count, feed.upload(stream, images, network.imagesShape(count), ints));
  }

  /**
   * Computes a micro-batch's loss and, where that is finite, its gradients. Waits for the loss
   * only. A sink that minds nothing gets gradients of any loss: then all is enqueued before the
   * loss is known.
   *
   * @param batch images of the whole batch
   * @param sink gets the gradients; always the same one
   */
  Learner.Result learn(Loaded loaded, int batch, GradientSink sink) {
    int count = loaded.images();
    StepGraphs.Part second = new StepGraphs.Part(count, batch, true);
    if (sink.isOneStream()) {
      graphs.run(new StepGraphs.Part(count, batch, false), () -> forward(loaded, batch));
      counted.record(stream);
      graphs.run(second, () -> backward(loaded, batch, sink));
      return awaitTotals();
    }
    forward(loaded, batch);
    counted.record(stream);
    Learner.Result result = awaitTotals();
    if (Double.isFinite(result.lossSum())) {
      graphs.runWithoutGraph(second, () -> backward(loaded, batch, sink));
    }
    return result;
  }

  /** Enqueues the way from the images to the loss, and its copy to the host. */
  private void forward(Loaded loaded, int batch) {
    int count = loaded.images();
    feed.toPatches(stream, network.imagesShape(count), network.images(count));
    network.forward(pass(loaded, batch));
    objective.compare(stream, count, batch, loaded.ints(), memory, gpu);
    stream.copy(allocation.memory(memory.totals()), 0, results, 0, TrainingMemory.TOTALS);
  }

  private void backward(Loaded loaded, int batch, GradientSink sink) {
    GradientRoom room =
        new GradientRoom(gpu, stream, sink, tables, network.gradient(), network.gradientBytes());
    network.backward(pass(loaded, batch), memory.scoreGradient(gpu, loaded.images()), room);
  }

  private TrainingStage.Pass pass(Loaded loaded, int batch) {
    float gradientScale = 1f / batch;
    return pass(
        loaded.images(),
        true,
        loaded.images() * gradientScale,
        Objective.samples(network.architecture(), loaded.ints(), loaded.images()));
  }

  private TrainingStage.Pass pass(int images, boolean training, float share, long samples) {
    return new TrainingStage.Pass(
        stream,
        images,
        training,
        share,
        options.descent().frozen(),
        samples,
        network.workspace(),
        network.scratch());
  }

  /** Waits for the forward pass. */
  private Learner.Result awaitTotals() {
    counted.synchronize();
    ByteBuffer values = results.buffer();
    return new Learner.Result(values.getDouble(0), (int) values.getDouble(Double.BYTES));
  }

  /** How many parts of steps are enqueued with one call. */
  int graphs() {
    return graphs.graphs();
  }

  private void requireCapacity(int count) {
    if (count < 1 || count > options.microBatch()) {
      throw new IllegalArgumentException(
          count + " images, but the capacity is " + options.microBatch());
    }
  }

  /** Without dropout and with the running statistics of batch norms. */
  float[] outputs(float[] images, int count) {
    requireCapacity(count);
    long unused = feed.copy(stream, images, network.imagesShape(count), network.images(count));
    network.forward(pass(count, false, 0, 0));
    int outputs = network.architecture().outputs();
    stream.copy(allocation.memory(network.scores()), 0, results, 0, scoreBytes(count, outputs));
    stream.synchronize();
    return Posteriors.scores(results.buffer().asFloatBuffer(), count, outputs);
  }

  private static long scoreBytes(int images, int outputs) {
    return (long) Float.BYTES * images * MapShape.padded(outputs);
  }

  /** Waits for work that nobody has waited for; if that failed, closing is all that remains. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      stream.synchronize();
    } finally {
      closeAll(open);
    }
  }
}
