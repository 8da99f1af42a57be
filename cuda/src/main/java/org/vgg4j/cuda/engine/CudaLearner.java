package org.vgg4j.cuda.engine;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.CudaEvent;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.HostMemory;
import org.vgg4j.cuda.kernels.Loss;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Target;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.network.Parameters;

/**
 * A learner on a GPU. Weights and velocities stay there until they are asked for. A step that is
 * made of one micro-batch takes each gradient as it comes; otherwise they are added up first.
 */
final class CudaLearner implements Learner {
  private static final DropoutKeys NO_DROPOUT = new DropoutKeys(0, 0, new int[0]);

  private final Gpu gpu;
  private final LearnerOptions options;
  private final Exchange exchange;
  private final MemoryPlan plan;
  private final Allocation allocation;
  private final TrainingMemory memory;
  private final TrainingNetwork network;
  private final CudaStream stream;
  private final CudaEvent counted;
  private final HostMemory results;
  private final ImageFeed feed;
  private final Loss loss;
  private final DeviceStore weights;
  private final DeviceStore velocities;
  private final DeviceDescent descent;
  private final DeviceGradients gradients;
  private final boolean collects;
  private final int microBatchesOfShare;
  private final List<AutoCloseable> open;
  private Batch batch = new Batch(new int[0], 0);
  private int microBatch;
  private boolean closed;
  private Result result = Result.NONE;

  /**
   * @param threads that copy images
   * @param initial weights that it begins with
   * @param plan that was found to fit
   * @throws InputException if an option is out of range
   */
  CudaLearner(
      Gpu gpu,
      HostThreads threads,
      Parameters initial,
      LearnerOptions options,
      Exchange exchange,
      MemoryPlan plan) {
    if (!(options.dropout() >= 0 && options.dropout() < 1)) {
      throw new InputException("dropout " + options.dropout() + " is not in [0, 1)");
    }
    Architecture architecture = initial.architecture();
    this.gpu = gpu;
    this.options = options;
    this.exchange = exchange;
    this.plan = plan;
    this.collects = options.microBatch() < options.batch();
    this.microBatchesOfShare = options.microBatchesOfShare(exchange.ranks());
    this.allocation = Allocation.on(gpu.context());
    List<AutoCloseable> open = new ArrayList<>(List.of(allocation));
    try {
      this.memory =
          TrainingMemory.take(
              gpu, architecture, options.microBatch(), options.dropout(), collects, allocation);
      this.network = memory.network();
      ImageFeed.require(memory.inputBytes());
      this.stream = CudaStream.create(gpu.context());
      open.add(stream);
      this.counted = CudaEvent.create(gpu.context());
      open.add(counted);
      long scores = scoreBytes(options.microBatch(), architecture.classes());
      this.results = HostMemory.allocate(gpu.context(), Math.max(TrainingMemory.TOTALS, scores));
      open.add(results);
      this.feed =
          new ImageFeed(
              gpu,
              threads,
              Patches.side(architecture),
              allocation,
              memory.input(),
              memory.inputBytes());
      open.add(feed);
      this.loss = new Loss(gpu.library(), architecture.classes());
      WeightTransfer transfer =
          new WeightTransfer(gpu, stream, allocation.memory(network.gradient()));
      DeviceParameters parameters = memory.parameters();
      this.weights =
          new DeviceStore(gpu, parameters, DeviceParameter::values, true, transfer, stream);
      this.velocities =
          new DeviceStore(gpu, parameters, DeviceParameter::velocity, false, transfer, stream);
      this.descent = new DeviceDescent(gpu, stream, options.descent());
      this.gradients =
          new DeviceGradients(gpu, memory, options.descent().frozen(), exchange, stream);
      for (ParameterShape shape : architecture.parameters()) {
        weights.write(shape.name(), initial.values(shape.name()));
        stream.clear(allocation.memory(parameters.get(shape.name()).velocity()));
      }
      stream.synchronize();
    } catch (RuntimeException | Error e) {
      closeAll(open);
      throw e;
    }
    this.open = List.copyOf(open);
  }

  /** Closes the last ones first. */
  private static void closeAll(List<AutoCloseable> open) {
    for (int i = open.size() - 1; i >= 0; i--) {
      try {
        open.get(i).close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void begin(Batch next) {
    batch = next;
    microBatch = 0;
    result = Result.NONE;
    descent.setRate(next.rate());
    if (collects) {
      gradients.begin();
    }
  }

  @Override
  public void add(float[] images, List<Target> targets, DropoutKeys keys) {
    int announced = batch.microBatches()[exchange.rank() * microBatchesOfShare + microBatch];
    int count = targets.size();
    if (count != announced) {
      throw new IllegalStateException(
          "a micro-batch of %d images was announced, one of %d has come"
              .formatted(announced, count));
    }
    requireCapacity(count);
    microBatch++;
    int[] labels = Label.indices(targets, network.architecture().classes());
    long ints =
        feed.copy(
            stream,
            images,
            network.imagesShape(count),
            network.images(count),
            labels,
            keys.samples());
    long samples = ints + (long) Integer.BYTES * count;
    float gradientScale = 1f / batch.images();
    TrainingStage.Pass pass = pass(count, true, count * gradientScale, keys, samples);
    network.forward(pass);
    Planes gradient = memory.scoreGradient(gpu, count);
    loss.crossEntropy(
        stream,
        count,
        network.scores(),
        ints,
        gradientScale,
        gradient,
        memory.totals(),
        false,
        memory.lossWorkspace());
    Result ofThese = awaitTotals();
    result = result.plus(ofThese);
    if (Double.isFinite(ofThese.lossSum())) {
      network.backward(pass, gradient, collects ? gradients : descent);
    }
  }

  private TrainingStage.Pass pass(
      int images, boolean training, float share, DropoutKeys keys, long samples) {
    return new TrainingStage.Pass(
        stream,
        images,
        training,
        share,
        options.descent().frozen(),
        keys,
        samples,
        network.workspace(),
        network.gradient(),
        network.scratch());
  }

  /** Waits for the forward pass: whether there is a backward pass depends on its loss. */
  private Result awaitTotals() {
    stream.copy(allocation.memory(memory.totals()), 0, results, 0, TrainingMemory.TOTALS);
    counted.record(stream);
    counted.synchronize();
    ByteBuffer values = results.buffer();
    return new Result(values.getDouble(0), (int) values.getDouble(Double.BYTES));
  }

  private void requireCapacity(int count) {
    if (count < 1 || count > capacity()) {
      throw new IllegalArgumentException(count + " images, but the capacity is " + capacity());
    }
  }

  @Override
  public Result update() {
    if (collects) {
      gradients.exchange();
    }
    double[] sums = {result.lossSum(), result.correct()};
    exchange.allReduce(sums);
    if (collects && Double.isFinite(sums[0])) {
      gradients.passTo(descent);
    }
    return new Result(sums[0], (int) sums[1]);
  }

  @Override
  public int capacity() {
    return options.microBatch();
  }

  /** {@inheritDoc} Without dropout and with the running statistics of batch norms. */
  @Override
  public float[] posteriors(float[] images, int count) {
    requireCapacity(count);
    long unused = feed.copy(stream, images, network.imagesShape(count), network.images(count));
    network.forward(pass(count, false, 0, NO_DROPOUT, 0));
    int classes = network.architecture().classes();
    stream.copy(allocation.memory(network.scores()), 0, results, 0, scoreBytes(count, classes));
    stream.synchronize();
    float[] scores = Posteriors.scores(results.buffer().asFloatBuffer(), count, classes);
    return Posteriors.of(scores, count, classes);
  }

  private static long scoreBytes(int images, int classes) {
    return (long) Float.BYTES * images * MapShape.padded(classes);
  }

  @Override
  public ParameterStore weights() {
    return weights;
  }

  @Override
  public ParameterStore velocities() {
    return velocities;
  }

  @Override
  public MemoryPlan memory() {
    return plan;
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
