package org.vgg4j.experiment.reproduce;

import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.evaluate.TestScales;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Device;

/**
 * The size of a reproduction. Scales are the paper's, in proportion to the crop.
 *
 * @param data word or path of the data set
 * @param width factor on channels and hidden features
 * @param crop side of the input window in pixels; 64 makes score maps of 1, 2 and 3 a side
 * @param images training images, including those held out; 0 for all
 * @param testImages test images to measure, drawn from all classes in proportion; 0 for all
 * @param seeds number of times each network is trained
 * @param epochs of a network that is trained from random weights
 * @param batch images of a step
 * @param learningRate initial rate; a tenth of it where a trained network is trained further at
 *     another scale
 * @param threads number of threads
 * @param device that computes
 * @param maxUnreadable how many unreadable images of each part may be skipped
 */
public record ReproductionConfig(
    String data,
    double width,
    int crop,
    int images,
    int testImages,
    int seeds,
    int epochs,
    int batch,
    double learningRate,
    int threads,
    Device device,
    UnreadableLimit maxUnreadable) {

  private static final int PAPER_CROP = 224;

  /**
   * @throws InputException if a number is out of its range
   */
  public ReproductionConfig {
    require(width > 0 && width <= 8, "width", width, "more than 0 and at most 8");
    require(
        crop >= Architecture.SMALLEST_CROP, "crop", crop, "at least " + Architecture.SMALLEST_CROP);
    require(batch >= 1, "batch", batch, "at least 1");
    require(learningRate > 0, "lr", learningRate, "a positive number");
    require(images >= 0, "images", images, "at least 0");
    require(testImages >= 0, "test-images", testImages, "at least 0");
    require(seeds >= 1, "seeds", seeds, "at least 1");
    require(epochs >= 1, "epochs", epochs, "at least 1");
    require(threads >= 1, "threads", threads, "at least 1");
  }

  static void require(boolean condition, String option, Object value, String what) {
    if (!condition) {
      throw new InputException("option %s is %s but must be %s".formatted(option, value, what));
    }
  }

  /** A scale of the paper, in proportion to the crop. */
  int scale(int paper) {
    return scale(paper, crop);
  }

  /** A scale of the paper, in proportion to a crop. */
  static int scale(int paper, int crop) {
    return Math.round((float) paper * crop / PAPER_CROP);
  }

  /** The training scale of a network. */
  ScaleRange trainingScale(Net net) {
    return switch (net.scale()) {
      case SMALL -> ScaleRange.fixed(scale(256));
      case LARGE -> ScaleRange.fixed(scale(384));
      case JITTER -> new ScaleRange(scale(256), scale(512));
    };
  }

  /** Q = S, or the middle of its range (Table 3). */
  int testScale(Net net) {
    return net.scale() == Net.Scale.SMALL ? scale(256) : scale(384);
  }

  /** The three test scales of Table 4. */
  List<Integer> testScales(Net net) {
    return net.scale() == Net.Scale.JITTER
        ? List.of(scale(256), scale(384), scale(512))
        : TestScales.of(TestScales.PAPER, trainingScale(net), crop);
  }

  /** Twice the smallest training scale. */
  int farTestScale() {
    return scale(512);
  }

  /**
   * Epochs of a network: fewer for those that start from trained layers, and for those compared
   * with them.
   */
  int epochs(Net net) {
    if (!net.isDeep()) {
      return epochs;
    }
    return Math.max(1, Math.round(epochs * (net.scale() == Net.Scale.SMALL ? 0.75f : 0.375f)));
  }

  /** A network's initial learning rate (the paper, section 3.1). */
  double learningRate(Net net) {
    return net.scale() == Net.Scale.SMALL ? learningRate : learningRate / 10;
  }
}
