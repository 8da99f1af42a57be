package org.vgg4j.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;

/** A pass over whole images on the host's processors. */
final class CpuDenseInference implements DenseInference {
  /** Share of the heap that may be filled; the rest is for images, Java and its collector. */
  private static final double HEAP_SHARE = 0.85;

  private final Parameters parameters;
  private final Kernels kernels;
  private final Head head;
  private final Workers workers;
  private final long heap;

  /** The weights in the form of the current size's kernels, by the index of the stage. */
  private final List<float[]> prepared = new ArrayList<>();

  private final StageClock clock = new StageClock();
  private @Nullable DenseStages stages;
  private int height;
  private int width;
  // a stage reads one and writes the other
  private float[] even = {};
  private float[] odd = {};
  private float[] scores = {};

  /**
   * @param heap that it may use, in bytes
   */
  CpuDenseInference(Parameters parameters, Kernels kernels, Workers workers, long heap) {
    this.parameters = parameters.withoutBatchNorm();
    this.kernels = kernels;
    this.head = Head.of(architecture(), kernels);
    this.workers = workers;
    this.heap = heap;
  }

  @Override
  public Architecture architecture() {
    return parameters.architecture();
  }

  @Override
  public int capacity(int imageHeight, int imageWidth, int wanted) {
    int count = wanted;
    while (count > 1 && !fits(plan(imageHeight, imageWidth, count))) {
      count = (count + 1) / 2;
    }
    MemoryPlan plan = plan(imageHeight, imageWidth, count);
    if (!fits(plan)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "the network over an image of %d x %d pixels needs %s of heap%s, but it has room for"
                  + " %s: take smaller test scales, or give Java more (-Xmx...)",
              imageWidth,
              imageHeight,
              Bytes.needed(plan.total()),
              plan.hasTooLongArray() ? ", in longer arrays than Java has" : "",
              Bytes.available(HEAP_SHARE * heap)));
    }
    return count;
  }

  private boolean fits(MemoryPlan plan) {
    return plan.total() <= HEAP_SHARE * heap && !plan.hasTooLongArray();
  }

  private MemoryPlan plan(int imageHeight, int imageWidth, int count) {
    return MemoryPlan.dense(
        architecture(),
        kernels,
        count,
        imageHeight,
        imageWidth,
        workers.threads(),
        parameters.fcWeights());
  }

  @Override
  public ScoreMaps scores(float[] images, int count, int imageHeight, int imageWidth) {
    int crop = architecture().crop();
    if (count < 1 || imageHeight < crop || imageWidth < crop) {
      throw new IllegalArgumentException(
          "%d images of %d x %d pixels, and a crop of %d"
              .formatted(count, imageWidth, imageHeight, crop));
    }
    DenseStages sized = stages(imageHeight, imageWidth);
    reserve(sized, count);
    float[] input = images;
    int last = sized.list().size() - 1;
    for (int i = 0; i <= last; i++) {
      Stage stage = sized.list().get(i);
      float[] output = i == last ? scores : i % 2 == 0 ? even : odd;
      clock.start();
      stage.forward(sized.batch(i, count), input, parameters, prepared.get(i), output);
      clock.stop(stage);
      input = output;
    }
    return new ScoreMaps(count, sized.rows(), sized.columns(), architecture().classes(), scores);
  }

  @Override
  public float[] posteriors(float[] scores) {
    return head.answers(1, scores);
  }

  @Override
  public Map<String, Long> stageNanos() {
    return clock.times();
  }

  /** Weights are brought into another form only where another size wants one. */
  private DenseStages stages(int newHeight, int newWidth) {
    if (stages != null && newHeight == height && newWidth == width) {
      return stages;
    }
    DenseStages sized =
        new DenseStages(
            architecture(), kernels, workers, newHeight, newWidth, parameters.fcWeights());
    for (int i = 0; i < sized.list().size(); i++) {
      Stage stage = sized.list().get(i);
      int length = stage.memory(Pass.INFERENCE, 1, 1).prepared();
      if (prepared.size() <= i) {
        prepared.add(new float[0]);
      }
      // the length says which form it is
      if (prepared.get(i).length != length) {
        prepared.set(i, new float[0]); // before more is asked for
        prepared.set(i, new float[length]);
        stage.prepare(parameters, prepared.get(i));
      }
    }
    clock.clear();
    stages = sized;
    height = newHeight;
    width = newWidth;
    return sized;
  }

  /** Takes memory for a batch of the current size, unless there is enough. */
  private void reserve(DenseStages sized, int count) {
    StageMemory memory = sized.memory(count, workers.threads());
    workers.reserve(memory.scratch(), memory.shared());
    int evenLength = Math.toIntExact(sized.pingPongLength(0, count));
    int oddLength = Math.toIntExact(sized.pingPongLength(1, count));
    if (even.length < evenLength) {
      even = new float[0]; // before more is asked for
      even = new float[evenLength];
    }
    if (odd.length < oddLength) {
      odd = new float[0];
      odd = new float[oddLength];
    }
    int scoresLength = Math.toIntExact(sized.scoresLength(count));
    if (scores.length < scoresLength) {
      scores = new float[scoresLength];
    }
  }
}
