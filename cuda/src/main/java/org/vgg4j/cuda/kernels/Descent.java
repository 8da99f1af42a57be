package org.vgg4j.cuda.kernels;

import java.util.List;
import org.vgg4j.cuda.driver.CudaStream;

/**
 * SGD with momentum and decay, sums and norms of gradients, averages of weights: see {@code
 * sgd.cu}.
 */
public final class Descent {
  private static final int CHUNK = 8;
  private static final int WARP = 32;

  /** Values whose squares a warp adds up, as sgd.cu has it. */
  private static final int PART = 1 << 14;

  private final KernelLibrary library;

  public Descent(KernelLibrary library) {
    this.library = library;
  }

  /**
   * A parameter whose step is made.
   *
   * @param count number of weights, a multiple of 8
   * @param weights address of floats, overwritten
   * @param velocity address of floats, overwritten
   * @param gradient address of floats {@code [slices][count]}, whose sum is the gradient
   * @param rounded what the products read, overwritten; {@link Planes#NONE} for a bias
   * @param rate which of the rates is its
   */
  public record Parameter(
      int count,
      long weights,
      long velocity,
      long gradient,
      int slices,
      Planes rounded,
      int rate,
      float momentum,
      float decay) {
    private Table.Row row() {
      int items = KernelLibrary.THREADS * CHUNK;
      return new Table.Row(
          (count + items - 1) / items,
          new long[] {weights, velocity, gradient, rounded.high(), rounded.low()},
          slices,
          count,
          rate,
          Float.floatToIntBits(momentum),
          Float.floatToIntBits(decay));
    }
  }

  /** The table of a {@link #step} of several parameters. */
  public static Table table(List<Parameter> parameters) {
    return Table.of(parameters.stream().map(Parameter::row).toList());
  }

  /**
   * One step of all parameters of a table: {@code v = momentum * v - rate * (g + decay * w); w = w
   * + v}.
   *
   * @param at address of the table's words
   * @param rates address of the learning rates, floats
   * @param loss address of a double: if it is not finite nothing is changed; 0 for none
   * @param factor address of a float that gradients are multiplied by; 0 for none
   */
  public void step(CudaStream stream, Table table, long at, long rates, long loss, long factor) {
    library
        .kernel("sgd", "sgd")
        .launch(
            stream,
            table.blocks(),
            1,
            1,
            KernelLibrary.THREADS,
            0,
            at,
            table.rows(),
            rates,
            loss,
            factor);
  }

  /** How many doubles {@link #squareSums} writes for so many values. */
  public static int squareSums(int count) {
    return (count + PART - 1) / PART;
  }

  /**
   * Writes the sums of the squares of values, in parts.
   *
   * @param values address of floats
   * @param count number of values, a multiple of 8
   * @param parts address of doubles, {@link #squareSums(int)} of them
   */
  public void squareSums(CudaStream stream, long values, int count, long parts) {
    library.forEach(
        (long) squareSums(count) * WARP, stream, "sgd", "square_sums", values, count, parts);
  }

  /**
   * Writes what a gradient is multiplied by so that its norm is at most a number.
   *
   * @param parts address of doubles: sums of squares
   * @param number of them
   * @param most the largest norm
   * @param factor address of a float
   */
  public void clipFactor(CudaStream stream, long parts, int number, float most, long factor) {
    library
        .kernel("sgd", "clip_factor")
        .launch(stream, 1, 1, 1, WARP, 0, parts, number, most, factor);
  }

  /** {@code a = a + share * (w - a)}, of floats whose number is a multiple of 8. */
  public void average(CudaStream stream, long weights, long averages, int count, float share) {
    library.forEach(
        count / CHUNK, stream, "sgd", "average_weights", weights, averages, count, share);
  }

  /**
   * Adds slices in order.
   *
   * @param slices floats {@code [number][count]}
   * @param gradient floats {@code [count]}, overwritten or added to
   */
  public void addSlices(
      CudaStream stream, long slices, int number, long gradient, int count, boolean add) {
    library.forEach(
        count / CHUNK, stream, "sgd", "add_slices", slices, number, gradient, count, add ? 1 : 0);
  }
}
