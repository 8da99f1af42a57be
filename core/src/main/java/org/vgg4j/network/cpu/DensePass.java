package org.vgg4j.network.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Parameters;

/**
 * Runs a network's stages over whole images, of one size after another. Memory grows to what the
 * largest images took. Not thread-safe.
 */
final class DensePass {
  /** Share of the heap that may be filled; the rest is for images, Java and its collector. */
  private static final double HEAP_SHARE = 0.85;

  private final PreparedWeights weights;
  private final Parameters parameters;
  private final CpuMemory memory;
  private final Workers workers;
  private final DenseTaps taps;

  /** The weights in the form of the current size's kernels, by the index of the stage. */
  private final List<float[]> prepared = new ArrayList<>();

  private final StageClock clock = new StageClock();
  private @Nullable DenseStages stages;
  private int height;
  private int width;
  // a stage reads one and writes the other
  private float[] even = {};
  private float[] odd = {};
  private float[] last = {};

  /**
   * What a run leaves.
   *
   * @param rows windows one above another
   * @param columns windows side by side
   * @param last the output of the last stage, until the next run; may be longer
   */
  record Result(int rows, int columns, float[] last) {}

  /** What follows a stage. */
  interface Visitor {
    /**
     * @param stage its index
     * @param output what it left, until the stage after next
     */
    void visit(DenseStages stages, int stage, float[] output);
  }

  /**
   * @param weights shared with other passes
   * @param memory for as many threads as the workers are
   * @param taps what is wanted of it
   */
  DensePass(PreparedWeights weights, CpuMemory memory, Workers workers, DenseTaps taps) {
    this.weights = weights;
    this.parameters = weights.parameters();
    this.memory = memory;
    this.workers = workers;
    this.taps = taps;
  }

  Architecture architecture() {
    return parameters.architecture();
  }

  /**
   * Returns how many images of a size can be computed at a time.
   *
   * @param wanted no more than these
   * @throws InputException if the memory does not suffice for one
   */
  int capacity(int imageHeight, int imageWidth, int wanted) {
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
                  + " %s: take smaller test scales, or %s",
              imageWidth,
              imageHeight,
              Bytes.needed(plan.total()),
              plan.hasTooLongArray() ? ", in longer arrays than Java has" : "",
              Bytes.available(HEAP_SHARE * memory.limit()),
              memory.remedy()));
    }
    return count;
  }

  private boolean fits(MemoryPlan plan) {
    return plan.total() <= HEAP_SHARE * memory.limit() && !plan.hasTooLongArray();
  }

  private MemoryPlan plan(int imageHeight, int imageWidth, int count) {
    return MemoryPlanner.dense(
        architecture(),
        memory.kernels(),
        taps,
        count,
        imageHeight,
        imageWidth,
        memory.threads(),
        parameters.fcWeights());
  }

  /**
   * Runs all stages.
   *
   * @throws IllegalArgumentException if the images are too small
   */
  Result run(float[] images, int count, int imageHeight, int imageWidth, Visitor visitor) {
    taps.requireSize(count, imageHeight, imageWidth);
    DenseStages sized = stages(imageHeight, imageWidth);
    reserve(sized, count);
    float[] input = images;
    int end = sized.list().size() - 1;
    for (int i = 0; i <= end; i++) {
      Stage stage = sized.list().get(i);
      float[] output = i == end ? last : i % 2 == 0 ? even : odd;
      clock.start();
      stage.forward(sized.batch(i, count), input, parameters, prepared.get(i), output);
      clock.stop(stage);
      visitor.visit(sized, i, output);
      input = output;
    }
    return new Result(sized.rows(), sized.columns(), last);
  }

  /** Nanoseconds of each stage of the last run, by the name of its output. */
  Map<String, Long> stageNanos() {
    return clock.times();
  }

  /** Weights are brought into another form only where another size wants one. */
  private DenseStages stages(int newHeight, int newWidth) {
    if (stages != null && newHeight == height && newWidth == width) {
      return stages;
    }
    DenseStages sized =
        new DenseStages(
            architecture(),
            memory.kernels(),
            workers,
            taps,
            newHeight,
            newWidth,
            parameters.fcWeights());
    int number = 0;
    for (int i = 0; i < sized.list().size(); i++) {
      Stage stage = sized.list().get(i);
      int length = PreparedWeights.lengthFor(stage);
      if (prepared.size() <= i) {
        prepared.add(new float[0]);
      }
      // the length says which form it is
      if (prepared.get(i).length != length) {
        prepared.set(i, new float[0]); // before more is asked for
        prepared.set(i, weights.of(stage, number));
      }
      number += length > 0 ? 1 : 0;
    }
    clock.clear();
    stages = sized;
    height = newHeight;
    width = newWidth;
    return sized;
  }

  /** Takes memory for a batch of the current size, unless there is enough. */
  private void reserve(DenseStages sized, int count) {
    StageMemory needed = sized.memory(count, workers.threads());
    workers.reserve(needed.scratch(), needed.shared());
    long evenLength = sized.pingPongLength(0, count);
    long oddLength = sized.pingPongLength(1, count);
    long lastLength = sized.lastLength(count);
    if (even.length < evenLength) {
      even = new float[0]; // before more is asked for
      even = new float[Math.toIntExact(evenLength)];
    }
    if (odd.length < oddLength) {
      odd = new float[0];
      odd = new float[Math.toIntExact(oddLength)];
    }
    if (last.length < lastLength) {
      last = new float[0];
      last = new float[Math.toIntExact(lastLength)];
    }
  }
}
