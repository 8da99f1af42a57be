package org.vgg4j.network.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.LayerShape;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.Taps;

/** The stages for whole images of one size, and how long their outputs are. */
final class DenseStages {
  private final List<Stage> stages;
  private final List<LayerShape> shapes;

  /** Stages from this one on work on windows, the earlier ones on images. */
  private final int firstOfWindows;

  private final int rows;
  private final int columns;

  /**
   * @param taps the outputs that are wanted
   * @param height height of the images; see {@link Taps#requireSize}
   * @param width width of the images
   * @param form form of the weights of the fully connected layers
   */
  DenseStages(
      Architecture architecture,
      Kernels kernels,
      Workers workers,
      Taps taps,
      int height,
      int width,
      FcWeights form) {
    Stages builder = Stages.dense(architecture, kernels, workers, taps, height, width);
    this.stages = new ArrayList<>(builder.untilLastMap());
    this.firstOfWindows = stages.size();
    if (taps.wantsWindows()) {
      stages.addAll(builder.overWindows(form));
    }
    this.shapes = architecture.shapes(height, width);
    LayerShape scores = shapes.get(shapes.size() - 1);
    this.rows = scores.height();
    this.columns = scores.width();
  }

  List<Stage> list() {
    return stages;
  }

  /** Number of windows from top to bottom. */
  int rows() {
    return rows;
  }

  /** Number of windows from left to right. */
  int columns() {
    return columns;
  }

  /** The batch size of a stage for so many images: the number of images, or of their windows. */
  int batch(int stage, int images) {
    return stage < firstOfWindows
        ? images
        : Math.multiplyExact(images, Math.multiplyExact(rows, columns));
  }

  /** Copies the output of a stage. */
  FeatureMaps read(int stage, int images, float[] output) {
    Stage tapped = stages.get(stage);
    LayerShape shape =
        shapes.stream()
            .filter(layer -> layer.layer().tap().equals(tapped.tap()))
            .findFirst()
            .orElseThrow();
    float[] values = tapped.read(batch(stage, images), output);
    return new FeatureMaps(
        images,
        shape.channels(),
        shape.height(),
        shape.width(),
        stage < firstOfWindows ? values : channelsFirst(values, images, shape.channels()));
  }

  /** Turns one row of features for each window into one map for each feature. */
  private float[] channelsFirst(float[] windows, int images, int features) {
    int perImage = rows * columns;
    float[] maps = new float[windows.length];
    for (int window = 0; window < images * perImage; window++) {
      int to = window / perImage * features * perImage + window % perImage;
      for (int feature = 0; feature < features; feature++) {
        maps[to + feature * perImage] = windows[window * features + feature];
      }
    }
    return maps;
  }

  /**
   * Length of each of the two arrays that stages write to in turn; the last stage writes elsewhere.
   */
  long pingPongLength(int which, int images) {
    long longest = 0;
    for (int i = which; i < stages.size() - 1; i += 2) {
      longest = Math.max(longest, stages.get(i).outputLength(batch(i, images)));
    }
    return longest;
  }

  /** Length of the last stage's output for so many images, in floats. */
  long lastLength(int images) {
    int last = stages.size() - 1;
    return stages.get(last).outputLength(batch(last, images));
  }

  /** The memory that is enough for all stages, one at a time. */
  StageMemory memory(int images, int threads) {
    return StageMemory.largest(
        IntStream.range(0, stages.size())
            .mapToObj(i -> stages.get(i).memory(Pass.INFERENCE, batch(i, images), threads)));
  }
}
