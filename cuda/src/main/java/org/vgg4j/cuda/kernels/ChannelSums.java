package org.vgg4j.cuda.kernels;

import java.util.List;
import org.vgg4j.cuda.driver.CudaStream;

/**
 * Sums over the pixels of all images for each channel of a map, in slices whose number depends on
 * the shape alone; see {@code sums.cu}.
 */
public final class ChannelSums {
  private static final int CHANNELS = 64; // of a block
  private static final int LANES = 32; // pixels that a block reads at once
  private static final int BLOCKS = 264;
  private static final int SHARED = LANES * CHANNELS * Float.BYTES;

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

  /** Floats of the slices of a gradient with respect to a bias. */
  public int length() {
    return slices() * shape.channels();
  }

  /**
   * A gradient with respect to a bias that is to be summed.
   *
   * @param of the shape of the output
   * @param dy gradient with respect to that
   * @param sums address of floats {@code [slices][channels]}, overwritten: their sum is it
   */
  public record Bias(ChannelSums of, Planes dy, long sums) {
    private Table.Row row() {
      MapShape shape = of.shape;
      return new Table.Row(
          shape.channels() / CHANNELS * of.slices(),
          new long[] {dy.high(), dy.low(), sums},
          of.slices(),
          shape.pixels(),
          shape.channels());
    }
  }

  /** The table of {@link #biasGradients}. */
  public static Table table(List<Bias> biases) {
    return Table.of(biases.stream().map(Bias::row).toList());
  }

  /**
   * The gradients with respect to biases of all layers of a table.
   *
   * @param at address of the table's words
   */
  public static void biasGradients(KernelLibrary library, CudaStream stream, Table table, long at) {
    library
        .kernel("sums", "bias_gradient")
        .launch(stream, table.blocks(), 1, 1, KernelLibrary.THREADS, SHARED, at, table.rows());
  }

  /**
   * Hands each gradient behind a pool to the pixel that its value came from, and sums the
   * gradients.
   *
   * @param full shape before the pool, whose pooled shape these sums are of
   * @param sums floats {@code [slices][channels]}, overwritten; 0 if not wanted
   */
  void unpool(CudaStream stream, MapShape full, Planes dy, long argmax, Planes dx, long sums) {
    launch(
        stream,
        "pool",
        "max_pool_backward",
        dy.high(),
        dy.low(),
        argmax,
        dx.high(),
        dx.low(),
        sums,
        full.images(),
        full.height(),
        full.width(),
        full.channels());
  }

  /** For {@link BatchNorm}: {@code [slices][2][channels]}. */
  void moments(CudaStream stream, Planes x, long sums) {
    launch(
        stream, "sums", "moment_sums", x.high(), x.low(), sums, shape.pixels(), shape.channels());
  }

  /** For {@link BatchNorm}: {@code [slices][2][channels]}. */
  void gradients(CudaStream stream, Planes x, Planes g, long mean, long sums) {
    launch(
        stream,
        "sums",
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

  private void launch(CudaStream stream, String file, String name, Object... arguments) {
    library
        .kernel(file, name)
        .launch(
            stream,
            shape.channels() / CHANNELS,
            slices(),
            1,
            KernelLibrary.THREADS,
            SHARED,
            arguments);
  }
}
