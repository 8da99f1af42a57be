package org.vgg4j.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;

/**
 * The network over whole images of any size from the crop on (the paper, section 3.2): its fully
 * connected layers become convolutions, fc6 of the size of the last map of a crop, fc7 and fc8 of
 * size 1. They share their weights with the fully connected ones. Memory grows to what the largest
 * images took. Not thread-safe.
 */
public final class DenseInference {
  /** Share of the heap that may be filled; the rest is for images, Java and its collector. */
  private static final double HEAP_SHARE = 0.85;

  private final Parameters parameters;
  private final Kernels kernels;
  private final Workers workers;
  private final long heap;

  /** The weights in the form of the current size's kernels, by the index of the stage. */
  private final List<float[]> prepared = new ArrayList<>();

  private List<Stage> stages = List.of();
  private int height;
  private int width;
  // a stage reads one and writes the other
  private float[] even = {};
  private float[] odd = {};
  private float[] scores = {};

  DenseInference(Parameters parameters, Kernels kernels, Workers workers, long heap) {
    this.parameters = parameters;
    this.kernels = kernels;
    this.workers = workers;
    this.heap = heap;
  }

  /** The network. */
  public Architecture architecture() {
    return parameters.architecture();
  }

  /**
   * Returns how many images of a size can be computed at a time.
   *
   * @param wanted no more than these
   * @throws InputException if not even one fits the heap
   */
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
              "the network over an image of %d x %d pixels needs %.1f GB of heap%s, but there are %.1f GB:"
                  + " take a smaller --test-scales, or give Java more (VGG_JAVA_OPTS=-Xmx...)",
              imageWidth,
              imageHeight,
              plan.total() / 1e9,
              plan.hasTooLongArray() ? ", in longer arrays than Java has" : "",
              HEAP_SHARE * heap / 1e9));
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

  /**
   * Computes class scores of images of one size.
   *
   * @param images {@code [N][3][height][width]}, preprocessed as the weights want it
   * @param count N, at most {@link #capacity} of that size
   * @param imageHeight at least the crop
   * @param imageWidth at least the crop
   * @throws IllegalArgumentException if the images are smaller than the crop
   */
  public ScoreMaps scores(float[] images, int count, int imageHeight, int imageWidth) {
    int crop = architecture().crop();
    if (count < 1 || imageHeight < crop || imageWidth < crop) {
      throw new IllegalArgumentException(
          "%d images of %d x %d pixels, and a crop of %d"
              .formatted(count, imageWidth, imageHeight, crop));
    }
    setSize(imageHeight, imageWidth);
    MapStages.Windows windows = windows(stages);
    int perImage = windows.rows() * windows.columns();
    reserve(count, perImage);
    float[] input = images;
    boolean afterWindows = false;
    for (int i = 0; i < stages.size(); i++) {
      Stage stage = stages.get(i);
      float[] output = i == stages.size() - 1 ? scores : i % 2 == 0 ? even : odd;
      int batch = afterWindows ? count * perImage : count;
      stage.forward(batch, input, parameters, prepared.get(i), output, null);
      afterWindows |= stage == windows;
      input = output;
    }
    return new ScoreMaps(
        count, windows.rows(), windows.columns(), architecture().classes(), scores);
  }

  /**
   * Returns the soft-max of the scores of one image or window.
   *
   * @param scores {@code [classes]}
   * @return {@code [classes]}, sums to 1
   */
  public float[] posteriors(float[] scores) {
    float[] posteriors = new float[scores.length];
    kernels.softmax(1, scores.length, scores, posteriors);
    return posteriors;
  }

  static MapStages.Windows windows(List<Stage> stages) {
    for (Stage stage : stages) {
      if (stage instanceof MapStages.Windows windows) {
        return windows;
      }
    }
    throw new IllegalStateException("no stage takes windows");
  }

  /** Weights are brought into another form only where another size wants one. */
  private void setSize(int newHeight, int newWidth) {
    if (newHeight == height && newWidth == width) {
      return;
    }
    stages = Stages.dense(architecture(), kernels, workers, newHeight, newWidth);
    height = newHeight;
    width = newWidth;
    for (int i = 0; i < stages.size(); i++) {
      int length = stages.get(i).preparedForwardLength();
      if (prepared.size() <= i) {
        prepared.add(new float[0]);
      }
      // the length says which form it is
      if (prepared.get(i).length != length) {
        prepared.set(i, new float[0]); // before more is asked for
        prepared.set(i, new float[length]);
        stages.get(i).prepareForward(parameters, prepared.get(i));
      }
    }
  }

  /** Takes memory for a batch of the current size, unless there is enough. */
  private void reserve(int count, int windows) {
    reserveThreads(stages, count, windows, workers);
    int evenLength = Buffers.length("activations", count, longest(stages, 0, windows));
    int oddLength = Buffers.length("activations", count, longest(stages, 1, windows));
    if (even.length < evenLength) {
      even = new float[0]; // before more is asked for
      even = new float[evenLength];
    }
    if (odd.length < oddLength) {
      odd = new float[0];
      odd = new float[oddLength];
    }
    int scoresLength = Buffers.length("scores", count, (long) windows * architecture().classes());
    if (scores.length < scoresLength) {
      scores = new float[scoresLength];
    }
  }

  private static void reserveThreads(List<Stage> stages, int count, int windows, Workers workers) {
    int at = stages.indexOf(windows(stages)) + 1;
    Stages.reserve(stages.subList(0, at), Pass.INFERENCE, count, workers);
    Stages.reserve(stages.subList(at, stages.size()), Pass.INFERENCE, count * windows, workers);
  }

  /** Floats for one image of the longest output among the stages with even, or odd, indices. */
  static long longest(List<Stage> stages, int parity, int windows) {
    long longest = 0;
    boolean afterWindows = false;
    for (int i = 0; i < stages.size(); i++) {
      Stage stage = stages.get(i);
      long length = (long) stage.outputLength() * (afterWindows ? windows : 1);
      if (i % 2 == parity && i < stages.size() - 1) {
        longest = Math.max(longest, length);
      }
      afterWindows |= stage instanceof MapStages.Windows;
    }
    return longest;
  }
}
