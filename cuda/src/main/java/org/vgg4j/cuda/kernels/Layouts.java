package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/** From the layouts of the CPU and of files to those of the GPU and back, see {@code layout.cu}. */
public final class Layouts {
  private static final int CHUNK = 8;

  private final KernelLibrary library;

  public Layouts(KernelLibrary library) {
    this.library = library;
  }

  /**
   * Makes the map that the first convolution reads as one of side 1: see {@link MapShape#patches}.
   *
   * @param images floats {@code [images][3][height][width]}
   * @param side of the first convolution's filters: 3 or 5
   * @param map of that shape, overwritten
   */
  public void toPatches(CudaStream stream, MapShape shape, long images, int side, Planes map) {
    library.forEach(
        shape.chunks(),
        stream,
        "layout",
        "images_to_patches_" + side,
        images,
        map.high(),
        map.low(),
        shape.images(),
        shape.height(),
        shape.width());
  }

  /**
   * Makes floats of a map.
   *
   * @param channels that there are, at most those of the shape
   * @param planes floats {@code [images][channels][height][width]}, overwritten
   */
  public void toPlanes(CudaStream stream, MapShape shape, Planes map, int channels, long planes) {
    library.forEach(
        shape.chunks(),
        stream,
        "layout",
        "map_to_planes",
        map.high(),
        map.low(),
        planes,
        shape.images(),
        channels,
        shape.height(),
        shape.width(),
        shape.channels());
  }

  /**
   * How a layer's weights lie.
   *
   * @param outputs K, as files have it
   * @param channels C, as files have it
   * @param taps R * S; of a fully connected layer that reads a map, its pixels
   * @param padded channels of the map that is read
   */
  public record Weights(int outputs, int channels, int taps, int padded) {
    /** Values of a row. */
    public int rowLength() {
      return Math.multiplyExact(taps, padded);
    }

    int paddedOutputs() {
      return MapShape.padded(outputs);
    }

    /** Values as they lie on the GPU. */
    public int length() {
      return Math.multiplyExact(paddedOutputs(), rowLength());
    }
  }

  /**
   * @param weights floats {@code [K][C][R][S]}
   * @param rows floats {@code [padded K][taps][padded C]}, overwritten
   */
  public void toRows(CudaStream stream, Weights layout, long weights, long rows) {
    library.forEach(
        layout.length(),
        stream,
        "layout",
        "weights_to_rows",
        weights,
        rows,
        layout.outputs(),
        layout.channels(),
        layout.taps(),
        layout.padded(),
        layout.paddedOutputs());
  }

  /** The reverse of {@link #toRows}. */
  public void toWeights(CudaStream stream, Weights layout, long rows, long weights) {
    library.forEach(
        (long) layout.outputs() * layout.channels() * layout.taps(),
        stream,
        "layout",
        "rows_to_weights",
        rows,
        weights,
        layout.outputs(),
        layout.channels(),
        layout.taps(),
        layout.padded());
  }

  /**
   * Moves gradients with respect to biases out of those with respect to the weights of a
   * convolution that reads patches: they are the last values of its rows, which become zeros.
   *
   * @param rows floats {@code [slices][padded K][row length]}
   * @param slices number of slices
   * @param biases floats {@code [slices][padded K]}, overwritten
   */
  public void takeBiases(CudaStream stream, Weights layout, long rows, int slices, long biases) {
    int number = Math.multiplyExact(slices, layout.paddedOutputs());
    library.forEach(
        number, stream, "layout", "take_biases", rows, biases, number, layout.rowLength());
  }

  /**
   * Rounds floats to what products read.
   *
   * @param count a multiple of 8
   */
  public void round(CudaStream stream, long values, int count, Planes rounded) {
    library.forEach(
        count / CHUNK,
        stream,
        "layout",
        "round_values",
        values,
        rounded.high(),
        rounded.low(),
        count);
  }
}
