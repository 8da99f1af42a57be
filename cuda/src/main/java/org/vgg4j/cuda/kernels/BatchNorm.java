package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/**
 * Batch norm with ReLU over maps of one shape, and the pool that follows it if there is one; see
 * {@code batch_norm.cu}. What lies for each channel are floats {@code [channels]}, zero where
 * channels are padding.
 */
public final class BatchNorm {
  private final KernelLibrary library;
  private final MapShape shape;
  private final ChannelSums sums;

  public BatchNorm(KernelLibrary library, MapShape shape) {
    this.library = library;
    this.shape = shape;
    this.sums = new ChannelSums(library, shape);
  }

  /**
   * What is learnt, and the running statistics.
   *
   * @param scale address, as all
   */
  public record Parameters(long scale, long shift, long runningMean, long runningVariance) {}

  /**
   * What the forward pass leaves for the backward pass.
   *
   * @param mean address, as all; of the batch, or the running one
   * @param factor of the forward pass
   */
  public record Statistics(long mean, long variance, long factor, long summand) {}

  /** Bytes of the workspace of {@link #ofBatch} and {@link #backward}. */
  public long workspace() {
    return 4L * (2 * sums.slices() + 3) * shape.channels();
  }

  /**
   * Computes the statistics of a batch.
   *
   * @param x of the shape
   * @param share how far the running statistics are to move towards the batch's
   * @param statistics overwritten
   * @param meanStep what the running mean is to move by, like a gradient; written, or added to
   * @param varianceStep likewise
   * @param add whether the steps are added
   */
  public void ofBatch(
      CudaStream stream,
      Planes x,
      Parameters parameters,
      float share,
      Statistics statistics,
      long meanStep,
      long varianceStep,
      boolean add,
      long workspace) {
    sums.moments(stream, x, workspace);
    library.forEach(
        shape.channels(),
        stream,
        "batch_norm",
        "norm_of_batch",
        workspace,
        sums.slices(),
        x.high(),
        x.low(),
        parameters.scale(),
        parameters.shift(),
        parameters.runningMean(),
        parameters.runningVariance(),
        share,
        shape.pixels(),
        shape.channels(),
        statistics.mean(),
        statistics.variance(),
        statistics.factor(),
        statistics.summand(),
        meanStep,
        varianceStep,
        add ? 1 : 0);
  }

  /**
   * Uses the running statistics.
   *
   * @param factor overwritten
   * @param summand overwritten
   */
  public void ofRunning(CudaStream stream, Parameters parameters, long factor, long summand) {
    library.forEach(
        shape.channels(),
        stream,
        "batch_norm",
        "norm_of_running",
        parameters.scale(),
        parameters.shift(),
        parameters.runningMean(),
        parameters.runningVariance(),
        shape.channels(),
        factor,
        summand);
  }

  /** Computes {@code y = relu(factor * x + summand)}. */
  public void forward(CudaStream stream, Planes x, long factor, long summand, Planes y) {
    library.forEach(
        shape.chunks(),
        stream,
        "batch_norm",
        "norm_forward",
        x.high(),
        x.low(),
        factor,
        summand,
        y.high(),
        y.low(),
        shape.pixels(),
        shape.channels());
  }

  /**
   * Computes {@code y = pool(relu(factor * x + summand))}.
   *
   * @param argmax bytes of the pooled shape, overwritten; 0 if not wanted
   */
  public void forwardPooled(
      CudaStream stream, Planes x, long factor, long summand, Planes y, long argmax) {
    library.forEach(
        shape.pooled().chunks(),
        stream,
        "batch_norm",
        "norm_forward_pooled",
        x.high(),
        x.low(),
        factor,
        summand,
        y.high(),
        y.low(),
        argmax,
        shape.images(),
        shape.height(),
        shape.width(),
        shape.channels());
  }

  /**
   * Computes the gradients.
   *
   * @param x what the forward pass read
   * @param g gradient with respect to the sum before the ReLU
   * @param scale what is learnt
   * @param statistics what the forward pass used: the batch's, or the running mean and variance
   * @param ofBatch whether they are the batch's
   * @param scaleGradient written, or added to
   * @param shiftGradient likewise
   * @param dx overwritten; may be g or x
   */
  public void backward(
      CudaStream stream,
      Planes x,
      Planes g,
      long scale,
      Statistics statistics,
      boolean ofBatch,
      long scaleGradient,
      long shiftGradient,
      boolean add,
      Planes dx,
      long workspace) {
    sums.gradients(stream, x, g, statistics.mean(), workspace);
    long factors = workspace + 4L * 2 * sums.slices() * shape.channels();
    long ofInput = factors + 4L * shape.channels();
    long constant = ofInput + 4L * shape.channels();
    library.forEach(
        shape.channels(),
        stream,
        "batch_norm",
        "norm_gradients",
        workspace,
        sums.slices(),
        scale,
        statistics.variance(),
        ofBatch ? 1 : 0,
        shape.pixels(),
        shape.channels(),
        scaleGradient,
        shiftGradient,
        add ? 1 : 0,
        factors,
        ofInput,
        constant);
    library.forEach(
        shape.chunks(),
        stream,
        "batch_norm",
        "norm_backward",
        x.high(),
        x.low(),
        g.high(),
        g.low(),
        statistics.mean(),
        factors,
        ofInput,
        constant,
        dx.high(),
        dx.low(),
        shape.pixels(),
        shape.channels());
  }
}
