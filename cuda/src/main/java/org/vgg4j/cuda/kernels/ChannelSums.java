package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/**
 * Sums over the pixels of all images for each channel of a map, in slices whose number depends on
 * the shape alone; see {@code sums.cu}.
 */
public final class ChannelSums {
  private static final int CHANNELS = 64; // of a block
  private static final int LANES = 32; // pixels that a block reads at once
  private static final int BLOCKS = 264;

  private final KernelLibrary library;
  private final MapShape shape;

  public ChannelSums(KernelLibrary library, MapShape shape) {
    this.library = library;
    this.shape = shape;
  }

  /** Number of slices. */
  public int slices() {
    int most = Math.max(1, shape.pixels() / (4 * LANES));
    return Math.min(most, Math.max(1, BLOCKS / (shape.channels() / CHANNELS)));
  }

  /**
   * The gradient with respect to a bias.
   *
   * @param dy gradient with respect to the output
   * @param sums floats {@code [slices][channels]}, overwritten: their sum is it
   */
  public void biasGradient(CudaStream stream, Planes dy, long sums) {
    launch(stream, "bias_gradient", dy.high(), dy.low(), sums, shape.pixels(), shape.channels());
  }

  /** For {@link BatchNorm}: {@code [slices][2][channels]}. */
  void moments(CudaStream stream, Planes x, long sums) {
    launch(stream, "moment_sums", x.high(), x.low(), sums, shape.pixels(), shape.channels());
  }

  /** For {@link BatchNorm}: {@code [slices][2][channels]}. */
  void gradients(CudaStream stream, Planes x, Planes g, long mean, long sums) {
    launch(
        stream,
        "norm_gradient_sums",
        x.high(),
        x.low(),
        g.high(),
        g.low(),
        mean,
        sums,
        shape.pixels(),
        shape.channels());
  }

  private void launch(CudaStream stream, String name, Object... arguments) {
    library
        .kernel("sums", name)
        .launch(
            stream,
            shape.channels() / CHANNELS,
            slices(),
            1,
            KernelLibrary.THREADS,
            LANES * CHANNELS * Float.BYTES,
            arguments);
  }
}
