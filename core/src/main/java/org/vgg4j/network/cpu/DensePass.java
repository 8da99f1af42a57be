package org.vgg4j.network.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.ScarceMemoryException;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Buffers;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.Taps;

/**
 * Runs a network's stages over whole images, one size at a time. Memory grows to fit the largest
 * images so far, but is released after an elongated one that made it grow: few come, and they would
 * keep most of the heap. Not thread-safe.
 */
final class DensePass {
  /**
   * The fraction of the heap that may be filled; the rest is for images, Java and its garbage
   * collector.
   */
  private static final double HEAP_SHARE = 0.85;

  private final PreparedWeights weights;
  private final Parameters parameters;
  private final CpuMemory memory;
  private final Workers workers;
  private final Taps taps;

  /**
   * The weights in the form that the kernels for the current size read, by the index of the stage.
   */
  private final List<float[]> prepared = new ArrayList<>();

  private final StageClock clock = new StageClock();
  private @Nullable DenseStages stages;
  private int height;
  private int width;
  // each stage reads one and writes the other
  private float[] even = {};
  private float[] odd = {};
  private float[] last = {};

  /**
   * The result of a run.
   *
   * @param rows number of windows from top to bottom
   * @param columns number of windows from left to right
   * @param last the output of the last stage, valid until the next run; may be longer
   */
  record Result(int rows, int columns, float[] last) {}

  /** Called after each stage. */
  interface Visitor {
    /**
     * @param stage index of the stage
     * @param output its output, valid until the stage after next
     */
    void visit(DenseStages stages, int stage, float[] output);
  }

  /**
   * @param weights shared with other passes
   * @param memory planned for the workers' number of threads
   * @param taps the outputs that are wanted
   */
  DensePass(PreparedWeights weights, CpuMemory memory, Workers workers, Taps taps) {
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
   * @param wanted the most that are useful
   * @throws ScarceMemoryException if there is not enough memory for one
   */
  int capacity(int imageHeight, int imageWidth, int wanted) {
    int count = wanted;
    while (count > 1 && !fits(plan(imageHeight, imageWidth, count))) {
      count = (count + 1) / 2;
    }
    MemoryPlan plan = plan(imageHeight, imageWidth, count);
    if (!fits(plan)) {
      throw new ScarceMemoryException(
          String.format(
              Locale.ROOT,
              "the network over an image of %d x %d pixels needs %s of heap%s, but only"
                  + " %s can be used: take smaller test scales, or %s",
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
    long before = held();
    try {
      return run(stages(imageHeight, imageWidth), images, count, visitor);
    } finally {
      if (Buffers.isElongated(imageHeight, imageWidth) && held() > before) {
        release();
      }
    }
  }

  private Result run(DenseStages sized, float[] images, int count, Visitor visitor) {
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

  private long held() {
    return workers.held() + even.length + odd.length + last.length;
  }

  private void release() {
    even = new float[0];
    odd = new float[0];
    last = new float[0];
    workers.release();
  }

  /** The time of each stage of the last run in nanoseconds, by the name of its output. */
  Map<String, Long> stageNanos() {
    return clock.times();
  }

  /** Weights are converted to another form only if another size needs one. */
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
      // the length tells which form it is
      if (prepared.get(i).length != length) {
        prepared.set(i, new float[0]); // garbage before more memory is allocated
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

  /** Allocates memory for a batch of the current size, unless there is enough already. */
  private void reserve(DenseStages sized, int count) {
    StageMemory needed = sized.memory(count, workers.threads());
    workers.reserve(needed.scratch(), needed.shared());
    long evenLength = sized.pingPongLength(0, count);
    long oddLength = sized.pingPongLength(1, count);
    long lastLength = sized.lastLength(count);
    if (even.length < evenLength) {
      even = new float[0]; // garbage before more memory is allocated
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
