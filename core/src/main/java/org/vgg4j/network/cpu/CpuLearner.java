package org.vgg4j.network.cpu;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Target;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.network.Parameters;

/** A learner on the CPU, whose parameters are arrays on the heap. */
final class CpuLearner implements Learner {
  private final Parameters weights;
  private final Parameters velocities;
  private final Training training;
  private final Sgd sgd;
  private final StepMaker steps;
  private final @Nullable WeightAverage average;
  private final Exchange exchange;
  private final int microBatchesOfShare;
  private final MemoryPlan memory;
  private Batch batch = new Batch(new int[0], 0);
  private int microBatch;
  private Result result = Result.NONE;

  /**
   * @param weights become this learner's own
   * @throws org.vgg4j.base.InputException if an option is out of range, or an array would be longer
   *     than Java allows
   */
  CpuLearner(
      Parameters weights,
      LearnerOptions options,
      Exchange exchange,
      MemoryPlan memory,
      Kernels kernels,
      Workers workers) {
    Architecture architecture = weights.architecture();
    this.weights = weights;
    this.velocities = Parameters.zeros(architecture);
    this.exchange = exchange;
    this.memory = memory;
    this.training = new Training(weights, kernels, workers, options);
    this.sgd = new Sgd(weights, velocities, kernels, workers, options.descent());
    this.steps = StepMaker.of(architecture, options, training, sgd, exchange, workers);
    this.average = options.averaged() ? new WeightAverage(weights, workers) : null;
    this.microBatchesOfShare = options.microBatchesOfShare(exchange.ranks());
  }

  @Override
  public void begin(Batch next) {
    batch = next;
    microBatch = 0;
    result = Result.NONE;
    sgd.setRate(next.rate());
    steps.begin(next.microBatches());
  }

  @Override
  public void add(float[] images, List<Target> targets, DropoutKeys keys) {
    int announced = batch.microBatches()[exchange.rank() * microBatchesOfShare + microBatch];
    if (targets.size() != announced) {
      throw new IllegalStateException(
          "a micro-batch of %d images was announced, one of %d has come"
              .formatted(announced, targets.size()));
    }
    float gradientScale = 1f / batch.images();
    GradientSink sink = steps.sink(microBatch);
    microBatch++;
    result = result.plus(training.run(images, targets, gradientScale, keys, sink));
  }

  @Override
  public Result update() {
    steps.complete();
    double[] sums = {result.lossSum(), result.correct()};
    exchange.allReduce(sums);
    if (Double.isFinite(sums[0])) {
      steps.step();
    }
    return new Result(sums[0], (int) sums[1]);
  }

  @Override
  public int capacity() {
    return training.capacity();
  }

  @Override
  public float[] outputs(float[] images, int count) {
    return training.outputs(images, count);
  }

  @Override
  public float[] posteriors(float[] images, int count) {
    return training.posteriors(images, count);
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
  public void average(double share) {
    kept().add(share);
  }

  @Override
  public void exchangeAverage() {
    kept().exchange();
  }

  @Override
  public ParameterStore averages() {
    return kept().averages();
  }

  private WeightAverage kept() {
    if (average == null) {
      throw new IllegalStateException("this learner keeps no average");
    }
    return average;
  }

  @Override
  public MemoryPlan memory() {
    return memory;
  }

  @Override
  public void close() {}
}
