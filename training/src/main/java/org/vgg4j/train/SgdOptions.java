package org.vgg4j.train;

/**
 * The part of {@link TrainingConfigBuilder} that makes {@link SgdConfig}: the batch, and how
 * weights follow gradients. Not thread-safe.
 *
 * @param <B> the builder
 */
public abstract sealed class SgdOptions<B extends SgdOptions<B>> permits TrainingConfigBuilder {
  private int batch = 64;
  private boolean autoBatch = false;
  private int microBatch = 0;
  private double learningRate = 0.01;
  private LayerRates layerRates = LayerRates.SAME;
  private double momentum = 0.9;
  private double weightDecay = 5e-4;
  private boolean biasDecay = true;
  private double dropout = 0.1;
  private double clipGradients = 0;
  private AverageConfig average = AverageConfig.NONE;

  SgdOptions() {}

  /** This, as what it is. */
  abstract B self();

  /** Takes all options from some that were made before. */
  final void take(SgdConfig config) {
    batch = config.batch();
    autoBatch = config.autoBatch();
    microBatch = config.microBatch();
    learningRate = config.learningRate();
    layerRates = config.layerRates();
    momentum = config.momentum();
    weightDecay = config.weightDecay();
    biasDecay = config.biasDecay();
    dropout = config.dropout();
    clipGradients = config.clipGradients();
    average = config.average();
  }

  /**
   * Returns these options.
   *
   * @throws org.vgg4j.base.InputException if a number is out of its range
   */
  final SgdConfig sgd() {
    return new SgdConfig(
        batch,
        autoBatch,
        microBatch,
        learningRate,
        momentum,
        weightDecay,
        biasDecay,
        dropout,
        layerRates,
        clipGradients,
        average);
  }

  /** Images per step. */
  public B batch(int value) {
    autoBatch = false;
    batch = value;
    return self();
  }

  /**
   * Leaves the batch open: {@link Trainer#train} takes the largest that memory holds in one
   * micro-batch, see {@link AutoBatch}.
   */
  public B autoBatch() {
    autoBatch = true;
    return self();
  }

  /** Images at a time; 0 for as many as memory allows. */
  public B microBatch(int value) {
    microBatch = value;
    return self();
  }

  /**
   * Reduces a micro-batch that is larger than the batch to the batch; drops that of an open one.
   */
  public B fitMicroBatch() {
    microBatch = autoBatch ? 0 : Math.min(microBatch, batch);
    return self();
  }

  /** Learning rate at the start. */
  public B learningRate(double value) {
    learningRate = value;
    return self();
  }

  /** Learning rates of layers that have their own. */
  public B layerRates(LayerRates value) {
    layerRates = value;
    return self();
  }

  /** Momentum coefficient, in [0, 1). */
  public B momentum(double value) {
    momentum = value;
    return self();
  }

  /** Factor of the L2 penalty. */
  public B weightDecay(double value) {
    weightDecay = value;
    return self();
  }

  /** Whether biases decay like weights. */
  public B biasDecay(boolean value) {
    biasDecay = value;
    return self();
  }

  /** Dropout rate after each hidden layer of the head (fc6 and fc7), in [0, 1). */
  public B dropout(double value) {
    dropout = value;
    return self();
  }

  /** The largest norm of a batch's gradient; 0 for any. */
  public B clipGradients(double value) {
    clipGradients = value;
    return self();
  }

  /** Which average of the weights becomes the model. */
  public B average(AverageConfig value) {
    average = value;
    return self();
  }
}
