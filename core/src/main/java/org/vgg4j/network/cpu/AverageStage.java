package org.vgg4j.network.cpu;

import java.util.Arrays;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.network.Parameters;

/** Turns a crop's last map into the means of its channels. */
record AverageStage(MapLayout map, Workers workers) implements TrainingStage {
  /** The name of the output, as the layer's. */
  static final String TAP = "gap";

  @Override
  public String tap() {
    return TAP;
  }

  @Override
  public int outputLength() {
    return map.channels();
  }

  @Override
  public StageMemory memory(Pass pass, int images, int threads) {
    return StageMemory.NONE;
  }

  @Override
  public float[] read(int images, float[] output) {
    return Arrays.copyOf(output, images * outputLength());
  }

  @Override
  public void forward(
      int images, float[] input, Parameters parameters, float[] prepared, float[] output) {
    workers.run(
        images * map.blocks(),
        (task, scratch) -> {
          int image = task / map.blocks();
          int block = task % map.blocks();
          int to = image * map.channels() + block * MapLayout.LANES;
          average(input, map, image, block, 0, 0, map.height(), map.width(), output, to, 1);
        });
  }

  /**
   * Averages sixteen channels over a rectangle of a map, row by row. The sums are of doubles, so
   * that rounding does not grow with the map.
   *
   * @param to where the first mean goes
   * @param step distance from one mean to the next
   */
  static void average(
      float[] maps,
      MapLayout map,
      int image,
      int block,
      int top,
      int left,
      int height,
      int width,
      float[] output,
      int to,
      int step) {
    double[] sums = new double[MapLayout.LANES];
    for (int y = top; y < top + height; y++) {
      for (int x = left; x < left + width; x++) {
        int from = map.index(image, block, y, x);
        for (int lane = 0; lane < MapLayout.LANES; lane++) {
          sums[lane] += maps[from + lane];
        }
      }
    }
    for (int lane = 0; lane < MapLayout.LANES; lane++) {
      output[to + lane * step] = (float) (sums[lane] / (height * width));
    }
  }

  /** {@inheritDoc} A position whose value is zero, since its ReLU was off, has no gradient. */
  @Override
  public float[] backward(
      TrainingPass pass, float[] input, float[] outputGradient, Saved saved, GradientSink sink) {
    float share = 1f / (map.height() * map.width());
    workers.run(
        pass.images() * map.blocks(),
        (task, scratch) -> {
          int image = task / map.blocks();
          int block = task % map.blocks();
          int from = image * map.channels() + block * MapLayout.LANES;
          for (int y = 0; y < map.height(); y++) {
            for (int x = 0; x < map.width(); x++) {
              int at = map.index(image, block, y, x);
              for (int lane = 0; lane < MapLayout.LANES; lane++) {
                input[at + lane] = input[at + lane] > 0 ? outputGradient[from + lane] * share : 0f;
              }
            }
          }
          map.clearHalo(input, image, block);
        });
    return input;
  }
}
