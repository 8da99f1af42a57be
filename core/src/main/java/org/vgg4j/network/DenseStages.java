package org.vgg4j.network;

import java.util.List;
import java.util.stream.IntStream;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.WindowLayout;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;

/** The stages for whole images of one size, and how long their outputs are. */
final class DenseStages {
  private final List<Stage> stages;
  private final WindowStages.Gather gather;
  private final int at;

  /**
   * @param height of the images, at least the crop
   * @param width of the images, at least the crop
   * @param form of the weights of the fully connected layers
   */
  DenseStages(
      Architecture architecture,
      Kernels kernels,
      Workers workers,
      int height,
      int width,
      FcWeights form) {
    this.stages = Stages.dense(architecture, kernels, workers, height, width, form);
    this.gather = gather(stages);
    this.at = stages.indexOf(gather);
  }

  private static WindowStages.Gather gather(List<Stage> stages) {
    for (Stage stage : stages) {
      if (stage instanceof WindowStages.Gather gather) {
        return gather;
      }
    }
    throw new IllegalStateException("no stage takes windows");
  }

  List<Stage> list() {
    return stages;
  }

  /** Windows one above another. */
  int rows() {
    return gather.rows();
  }

  /** Windows side by side. */
  int columns() {
    return gather.columns();
  }

  /** What a stage takes for so many images: those, or their windows. */
  int batch(int stage, int images) {
    return stage < at ? images : Math.multiplyExact(images, gather.perImage());
  }

  /**
   * Stages write in turn to one of two arrays, the last one elsewhere: the floats of one of them.
   */
  long pingPongLength(int which, int images) {
    long longest = 0;
    for (int i = which; i < stages.size() - 1; i += 2) {
      int features = stages.get(i).outputLength();
      long length =
          i < at || gather.asRows()
              ? (long) batch(i, images) * features
              : new WindowLayout(batch(i, images)).length(features);
      longest = Math.max(longest, length);
    }
    return longest;
  }

  /** Floats of the class scores of so many images. */
  long scoresLength(int images) {
    int last = stages.size() - 1;
    return (long) batch(last, images) * stages.get(last).outputLength();
  }

  /** The memory that suffices for all stages, one after the other. */
  StageMemory memory(int images, int threads) {
    return StageMemory.largest(
        IntStream.range(0, stages.size())
            .mapToObj(i -> stages.get(i).memory(Pass.INFERENCE, batch(i, images), threads)));
  }
}
