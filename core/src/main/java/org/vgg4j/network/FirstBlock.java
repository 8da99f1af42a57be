package org.vgg4j.network;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Workers;

/**
 * The stages up to and including the first pool. Their maps are by far the largest of a network, so
 * a batch goes through in groups of images, and only the pooled map is kept: where there are
 * several groups, the backward pass computes the maps before it once more, bit for bit the same.
 *
 * <p>Normalised by its own statistics, a batch is one group. How it is divided depends on its size
 * and on shapes only. Gradients by parameters are summed in the order of the groups.
 */
final class FirstBlock {
  private final List<Stage> stages;
  private final Memory memory;
  private final GradientSums sums;

  /**
   * What it works with.
   *
   * @param group the most images in a group
   * @param imageLength floats of an image
   * @param keepsMaps whether what is between the stages is still there in the backward pass
   * @param maps between the stages: one array less than stages
   * @param output the pooled map of the whole batch
   * @param argmax which pixels the pool took
   * @param groupImages of one group, if there may be several
   * @param groupOutput of one group, if there may be several
   * @param groupArgmax of one group, if there may be several
   */
  record Memory(
      int group,
      int imageLength,
      boolean keepsMaps,
      List<float[]> maps,
      float[] output,
      byte[] argmax,
      float[] groupImages,
      float[] groupOutput,
      byte[] groupArgmax) {}

  FirstBlock(List<Stage> stages, Memory memory, Workers workers) {
    this.stages = stages;
    this.memory = memory;
    // of several groups
    this.sums =
        new GradientSums(
            memory.keepsMaps()
                ? List.of()
                : stages.stream().flatMap(stage -> stage.parameterShapes().stream()).toList(),
            workers);
  }

  /** Images of each group but the last: as few groups as possible, of equal size. */
  static int groupSize(int images, int most) {
    int groups = (images + most - 1) / most;
    return (images + groups - 1) / groups;
  }

  /** The pooled map, where {@link #forward} leaves it. */
  float[] output() {
    return memory.output();
  }

  void forward(int count, float[] images, Parameters parameters, Workspace workspace) {
    int size = groupSize(count, memory.group());
    for (int first = 0; first < count; first += size) {
      Group group = new Group(first, Math.min(size, count - first), count, images);
      group.forward(stages.size(), parameters, workspace);
      group.keepOutput();
    }
  }

  /**
   * Hands the gradients by the parameters over.
   *
   * @param outputGradient gradient by the pooled map; overwritten
   */
  void backward(
      int count,
      float[] images,
      float[] outputGradient,
      Parameters parameters,
      Workspace workspace,
      GradientSink sink) {
    int size = groupSize(count, memory.group());
    boolean several = size < count;
    for (int first = 0; first < count; first += size) {
      Group group = new Group(first, Math.min(size, count - first), count, images);
      group.backward(outputGradient, parameters, workspace, several ? sums : sink);
    }
    if (several) {
      sums.passTo(sink);
    }
  }

  /** Some images of a batch. */
  private final class Group {
    private final int first;
    private final int count;
    private final boolean whole;
    private final float[] images;
    private final float[] output;
    private final byte[] argmax;

    /** Kernels begin at the start of an array, so a part of a batch is copied there. */
    Group(int first, int count, int batch, float[] images) {
      this.first = first;
      this.count = count;
      this.whole = count == batch;
      this.images = whole ? images : memory.groupImages();
      this.output = whole ? memory.output() : memory.groupOutput();
      this.argmax = whole ? memory.argmax() : memory.groupArgmax();
      if (!whole) {
        int length = memory.imageLength();
        System.arraycopy(images, first * length, this.images, 0, count * length);
      }
    }

    private int outputLength() {
      return stages.get(stages.size() - 1).outputLength();
    }

    void keepOutput() {
      if (!whole) {
        int at = first * outputLength();
        System.arraycopy(output, 0, memory.output(), at, count * outputLength());
        System.arraycopy(argmax, 0, memory.argmax(), at, count * outputLength());
      }
    }

    private float[] gradient(float[] outputGradient) {
      if (whole) {
        return outputGradient;
      }
      int at = first * outputLength();
      System.arraycopy(outputGradient, at, output, 0, count * outputLength());
      System.arraycopy(memory.argmax(), at, argmax, 0, count * outputLength());
      return output;
    }

    private float[] input(int stage) {
      return stage == 0 ? images : memory.maps().get(stage - 1);
    }

    void forward(int howMany, Parameters parameters, Workspace workspace) {
      for (int i = 0; i < howMany; i++) {
        Stage stage = stages.get(i);
        boolean last = i == stages.size() - 1;
        stage.prepareForward(parameters, workspace.prepared());
        stage.forward(
            count,
            input(i),
            parameters,
            workspace.prepared(),
            last ? output : memory.maps().get(i),
            last ? argmax : null);
      }
    }

    void backward(
        float[] outputGradient, Parameters parameters, Workspace workspace, GradientSink sink) {
      if (!memory.keepsMaps()) {
        forward(lastThatIsRead(), parameters, workspace);
      }
      float @Nullable [] gradient = gradient(outputGradient);
      for (int i = stages.size() - 1; i >= 0; i--) {
        gradient =
            stages
                .get(i)
                .backward(
                    count,
                    input(i),
                    Objects.requireNonNull(gradient),
                    argmax,
                    parameters,
                    workspace,
                    sink);
      }
    }

    /** How many stages' outputs the backward pass reads. */
    private int lastThatIsRead() {
      int number = stages.size() - 1;
      return number > 0 && !stages.get(number).backwardReadsInput() ? number - 1 : number;
    }
  }
}
