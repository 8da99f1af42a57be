package org.vgg4j.network.cpu;

import java.util.Arrays;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.WindowLayout;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Layer;
import org.vgg4j.network.Parameters;

/**
 * The stages from the last map on, for whole images. From {@link Gather} or {@link Average} to the
 * scores, the "images" of a stage are windows.
 */
final class WindowStages {
  private WindowStages() {}

  /**
   * Gathers every window of the last map as features in the order channel, row, column, which a
   * convolution as large as the window would multiply by its weights. Windows go row by row, from
   * the left.
   *
   * @param map layout of the input
   * @param side side of a window
   * @param asRows whether each window's features are contiguous, like those of a crop; otherwise
   *     they are in a {@link WindowLayout}
   */
  record Gather(String tap, MapLayout map, int side, boolean asRows, Workers workers)
      implements Stage {
    int rows() {
      return map.height() - side + 1;
    }

    int columns() {
      return map.width() - side + 1;
    }

    int perImage() {
      return Math.multiplyExact(rows(), columns());
    }

    private int features() {
      return map.channels() * side * side;
    }

    /** The length for one window. */
    @Override
    public int outputLength() {
      return features();
    }

    @Override
    public long outputLength(int windows) {
      return asRows ? (long) windows * features() : new WindowLayout(windows).length(features());
    }

    @Override
    public StageMemory memory(Pass pass, int windows, int threads) {
      return StageMemory.NONE;
    }

    /** {@inheritDoc} The result has one row of features for each window. */
    @Override
    public float[] read(int windows, float[] output) {
      return asRows
          ? Arrays.copyOf(output, windows * features())
          : copyRows(windows, features(), output, workers);
    }

    @Override
    public void forward(
        int windows, float[] input, Parameters parameters, float[] prepared, float[] output) {
      WindowLayout layout = new WindowLayout(windows);
      workers.run(
          layout.blocks() * map.blocks(),
          (task, scratch) -> {
            int first = task / map.blocks() * WindowLayout.BLOCK;
            int end = Math.min(windows, first + WindowLayout.BLOCK);
            int channels = task % map.blocks();
            for (int window = first; window < end; window++) {
              int to =
                  asRows
                      ? window * features()
                      : layout.index(features(), task / map.blocks(), 0) + window - first;
              int step = asRows ? 1 : layout.columns(task / map.blocks());
              copy(input, window, channels, output, to, step);
            }
          });
    }

    /**
     * @param block block of channels
     * @param to where the window's features begin
     * @param step distance from one feature to the next
     */
    private void copy(float[] maps, int window, int block, float[] output, int to, int step) {
      int image = window / perImage();
      int top = window % perImage() / columns();
      int left = window % perImage() % columns();
      int area = side * side;
      for (int pixel = 0; pixel < area; pixel++) {
        int from = map.index(image, block, top + pixel / side, left + pixel % side);
        int feature = block * MapLayout.LANES * area + pixel;
        for (int lane = 0; lane < MapLayout.LANES; lane++) {
          output[to + (feature + lane * area) * step] = maps[from + lane];
        }
      }
    }
  }

  /**
   * Averages every window of the last map, as a crop's last map is averaged. Windows go row by row,
   * from the left.
   *
   * @param map layout of the input
   * @param side side of a window
   * @param asRows whether each window's means are contiguous, like those of a crop; otherwise they
   *     are in a {@link WindowLayout}
   */
  record Average(MapLayout map, int side, boolean asRows, Workers workers) implements Stage {
    @Override
    public String tap() {
      return AverageStage.TAP;
    }

    /** The length for one window. */
    @Override
    public int outputLength() {
      return map.channels();
    }

    @Override
    public long outputLength(int windows) {
      return asRows
          ? (long) windows * map.channels()
          : new WindowLayout(windows).length(map.channels());
    }

    @Override
    public StageMemory memory(Pass pass, int windows, int threads) {
      return StageMemory.NONE;
    }

    /** {@inheritDoc} The result has one row of means for each window. */
    @Override
    public float[] read(int windows, float[] output) {
      return asRows
          ? Arrays.copyOf(output, windows * map.channels())
          : copyRows(windows, map.channels(), output, workers);
    }

    @Override
    public void forward(
        int windows, float[] input, Parameters parameters, float[] prepared, float[] output) {
      int columns = map.width() - side + 1;
      int perImage = Math.multiplyExact(map.height() - side + 1, columns);
      WindowLayout layout = new WindowLayout(windows);
      workers.run(
          windows * map.blocks(),
          (task, scratch) -> {
            int window = task / map.blocks();
            int block = task % map.blocks();
            int channel = block * MapLayout.LANES;
            int ofLayout = window / WindowLayout.BLOCK;
            int to =
                asRows
                    ? window * map.channels() + channel
                    : layout.index(map.channels(), ofLayout, channel) + window % WindowLayout.BLOCK;
            int step = asRows ? 1 : layout.columns(ofLayout);
            int top = window % perImage / columns;
            int left = window % perImage % columns;
            AverageStage.average(
                input, map, window / perImage, block, top, left, side, side, output, to, step);
          });
    }
  }

  /** A fully connected layer over windows in a {@link WindowLayout}. */
  record Connected(Layer.FullyConnected layer, FullyConnected kernel, Workers workers)
      implements Stage {
    @Override
    public String tap() {
      return layer.tap();
    }

    @Override
    public int outputLength() {
      return kernel.outFeatures();
    }

    @Override
    public long outputLength(int windows) {
      return new WindowLayout(windows).length(kernel.outFeatures());
    }

    @Override
    public StageMemory memory(Pass pass, int windows, int threads) {
      return StageMemory.NONE;
    }

    @Override
    public StageCost cost(int windows, Parameters parameters) {
      long weights = (long) kernel.inFeatures() * kernel.outFeatures();
      return new StageCost(windows * weights, Float.BYTES * weights);
    }

    /** {@inheritDoc} The result has one row of features for each window. */
    @Override
    public float[] read(int windows, float[] output) {
      return copyRows(windows, outputLength(), output, workers);
    }

    @Override
    public void forward(
        int windows, float[] input, Parameters parameters, float[] prepared, float[] output) {
      Parameters.OfLayer values = parameters.ofLayer(layer.name());
      kernel.forwardWindows(
          new WindowLayout(windows),
          input,
          values.weight(),
          values.bias(),
          layer.hidden(),
          output,
          workers);
    }
  }

  /** Makes the scores of each window contiguous. */
  record Scores(String tap, int classes, Workers workers) implements Stage {
    @Override
    public int outputLength() {
      return classes;
    }

    @Override
    public StageMemory memory(Pass pass, int windows, int threads) {
      return StageMemory.NONE;
    }

    @Override
    public float[] read(int windows, float[] output) {
      return Arrays.copyOf(output, windows * classes);
    }

    @Override
    public void forward(
        int windows, float[] input, Parameters parameters, float[] prepared, float[] output) {
      writeRows(windows, classes, input, output, workers);
    }
  }

  /** Copies windows in a {@link WindowLayout} as {@code [windows][features]}. */
  private static float[] copyRows(int windows, int features, float[] values, Workers workers) {
    float[] rows = new float[Math.multiplyExact(windows, features)];
    writeRows(windows, features, values, rows, workers);
    return rows;
  }

  private static void writeRows(
      int windows, int features, float[] values, float[] rows, Workers workers) {
    WindowLayout layout = new WindowLayout(windows);
    workers.run(
        windows,
        (window, scratch) -> {
          int block = window / WindowLayout.BLOCK;
          int from = layout.index(features, block, 0) + window % WindowLayout.BLOCK;
          for (int feature = 0; feature < features; feature++) {
            rows[window * features + feature] = values[from + feature * layout.columns(block)];
          }
        });
  }
}
