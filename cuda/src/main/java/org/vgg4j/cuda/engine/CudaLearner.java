package org.vgg4j.cuda.engine;

import java.util.List;
import org.vgg4j.base.InputException;
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
 * made of one micro-batch takes each gradient as it comes; of several, or if they are clipped, they
 * are added up first.
 */
final class CudaLearner implements Learner {
  private final LearnerOptions options;
  private final Exchange exchange;
  private final MemoryPlan plan;
  private final TrainingDevice device;
  private final DeviceGradients gradients;
  private final GradientSink sink;
  private final boolean collects;
  private final int microBatchesOfShare;
  private Batch batch = new Batch(new int[0], 0);
  private int microBatch;
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
    this.options = options;
    this.exchange = exchange;
    this.plan = plan;
    this.collects = options.size().collects();
    this.microBatchesOfShare = options.microBatchesOfShare(exchange.ranks());
    this.device = new TrainingDevice(gpu, threads, initial, options, 1);
    this.gradients =
        new DeviceGradients(
            gpu, device.memory(), options.descent().frozen(), exchange, device.stream());
    this.sink = collects ? gradients : device.descent().ifFinite(device.memory().totals());
  }

  @Override
  public void begin(Batch next) {
    batch = next;
    microBatch = 0;
    result = Result.NONE;
    device.descent().setRate(next.rate());
    if (collects) {
      gradients.begin();
    }
  }

  @Override
  public void add(float[] images, List<Target> targets, DropoutKeys keys) {
    requireAnnounced(batch, exchange.rank() * microBatchesOfShare + microBatch, targets.size());
    microBatch++;
    TrainingDevice.Loaded loaded = device.load(images, targets, keys);
    result = result.plus(device.learn(loaded, batch.images(), sink));
  }

  /**
   * @param microBatch which of the batch's has come
   * @throws IllegalStateException if it should have another number of images
   */
  static void requireAnnounced(Batch batch, int microBatch, int count) {
    int announced = batch.microBatches()[microBatch];
    if (count != announced) {
      throw new IllegalStateException(
          "a micro-batch of %d images was announced, one of %d has come"
              .formatted(announced, count));
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
      gradients.passTo(device.descent());
    }
    return new Result(sums[0], (int) sums[1]);
  }

  /** How many parts of steps are enqueued with one call. */
  int graphs() {
    return device.graphs();
  }

  @Override
  public int capacity() {
    return options.microBatch();
  }

  /** {@inheritDoc} Without dropout and with the running statistics of batch norms. */
  @Override
  public float[] outputs(float[] images, int count) {
    return device.outputs(images, count);
  }

  @Override
  public float[] posteriors(float[] images, int count) {
    return Posteriors.of(weights().architecture(), outputs(images, count), count);
  }

  @Override
  public ParameterStore weights() {
    return device.weights();
  }

  @Override
  public ParameterStore velocities() {
    return device.velocities();
  }

  @Override
  public void average(double share) {
    device.average().add(share);
  }

  @Override
  public void exchangeAverage() {
    device.average().exchange();
  }

  @Override
  public ParameterStore averages() {
    return device.averages();
  }

  @Override
  public MemoryPlan memory() {
    return plan;
  }

  /** Waits for work that nobody has waited for; if that failed, closing is all that remains. */
  @Override
  public void close() {
    device.close();
  }
}
