package org.vgg4j.train;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.LabelCounts;

/**
 * How much each class counts in the loss: whatever the weights, they are scaled so that their mean
 * over the training images is 1, so that they change what is learnt first, but not how large steps
 * are on average (with label smoothing, they do a little).
 *
 * <p>Where images show several classes each, a weight counts for the images that show the class,
 * beside those that do not, which count once ({@code pos_weight} of PyTorch's {@code
 * BCEWithLogitsLoss}). These weights are not scaled, and {@link Kind#AUTO} makes those that show it
 * and those that do not count alike: their numbers' ratio.
 *
 * @param kind where the weights come from
 * @param beta for {@link Kind#EFFECTIVE}, in (0, 1)
 * @param file for {@link Kind#FILE}; else null
 */
public record ClassWeights(Kind kind, double beta, @Nullable Path file) {
  /** Where weights come from. */
  public enum Kind {
    /** All classes count alike. */
    NONE,
    /** A class with n images has the weight 1 / n, so that all classes together count alike. */
    AUTO,
    /**
     * A class with n images has the weight (1 - beta) / (1 - beta^n), the inverse of its effective
     * number of images (Cui et al. 2019, doi:10.1109/CVPR.2019.00949): between 1 / n (beta near 1)
     * and 1 (beta near 0).
     */
    EFFECTIVE,
    /** A file gives them, see {@link ClassWeightsFile}. */
    FILE
  }

  /** Beta unless it is given. */
  private static final double BETA = 0.999;

  /** The option's key. */
  static final String KEY = "class-weights";

  /** All classes count alike. */
  public static final ClassWeights NONE = new ClassWeights(Kind.NONE, BETA, null);

  /** Ratio of two weights from which on the smaller is next to nothing. */
  private static final double NEARLY_NOTHING = 10_000;

  private static final String EFFECTIVE = "effective";

  /**
   * @throws InputException if beta is out of its range
   */
  public ClassWeights {
    if (!(beta > 0 && beta < 1)) {
      throw new InputException(
          "option class-weights is effective:%s but beta must lie between 0 and 1, such as 0.999"
              .formatted(beta));
    }
    if ((kind == Kind.FILE) != (file != null)) {
      throw new IllegalArgumentException(kind + " weights of " + file);
    }
  }

  /**
   * Parses {@code none}, {@code auto}, {@code effective}, {@code effective:0.99} or a file's path.
   *
   * @throws InputException if it is none of these
   */
  public static ClassWeights of(String text) {
    String stripped = text.strip();
    if (stripped.equals("none")) {
      return NONE;
    }
    if (stripped.equals("auto")) {
      return new ClassWeights(Kind.AUTO, BETA, null);
    }
    if (stripped.equals(EFFECTIVE)) {
      return new ClassWeights(Kind.EFFECTIVE, BETA, null);
    }
    if (stripped.startsWith(EFFECTIVE + ":")) {
      return new ClassWeights(Kind.EFFECTIVE, beta(stripped), null);
    }
    if (stripped.isEmpty()) {
      throw new InputException(
          "option class-weights is empty but must be auto, effective, effective:BETA, none or a"
              + " file");
    }
    try {
      return new ClassWeights(Kind.FILE, BETA, Path.of(stripped));
    } catch (InvalidPathException e) {
      throw new InputException(
          "option class-weights is %s: %s".formatted(text, FileNames.remedy("name a file")), e);
    }
  }

  private static double beta(String text) {
    try {
      return Double.parseDouble(text.substring(EFFECTIVE.length() + 1));
    } catch (NumberFormatException e) {
      throw new InputException(
          "option class-weights is %s but must be effective:BETA with a beta such as 0.999"
              .formatted(text),
          e);
    }
  }

  /** As {@link #of(String)} parses it. */
  public String text() {
    return switch (kind) {
      case NONE -> "none";
      case AUTO -> "auto";
      case EFFECTIVE -> EFFECTIVE + ":" + beta;
      case FILE -> String.valueOf(file);
    };
  }

  /**
   * Checks a file of weights early: whether it can be read, and fits.
   *
   * @param classNames of the data
   * @throws InputException if not
   */
  void require(List<String> classNames) {
    if (file != null) {
      List<Double> unused = ClassWeightsFile.read(file, classNames);
    }
  }

  /**
   * The weight of each class, with a mean of 1 over the images; empty if all count alike. A class
   * without images has the weight 1 where it would depend on their number, and of several labels
   * also one that all images show.
   *
   * @param train the training images, without those that cannot be read
   * @throws InputException if a file cannot be read, or does not fit
   */
  List<Double> of(Dataset train) {
    if (kind == Kind.NONE) {
      return List.of();
    }
    if (train.hasLabelSets()) {
      return file == null ? ratios(train) : ClassWeightsFile.read(file, train.classNames());
    }
    int[] counts = new int[train.classNames().size()];
    for (int i = 0; i < train.size(); i++) {
      counts[train.label(i)]++;
    }
    List<Double> ofFile =
        file == null ? List.of() : ClassWeightsFile.read(file, train.classNames());
    double[] weights = new double[counts.length];
    double sum = 0;
    for (int k = 0; k < counts.length; k++) {
      weights[k] = file == null ? ofNumber(counts[k]) : ofFile.get(k);
      sum += counts[k] * weights[k];
    }
    double scale = train.size() / sum;
    List<Double> scaled = new ArrayList<>();
    for (int k = 0; k < counts.length; k++) {
      scaled.add(file == null && counts[k] == 0 ? 1 : weights[k] * scale);
    }
    return List.copyOf(scaled);
  }

  private static List<Double> ratios(Dataset train) {
    LabelCounts counts = LabelCounts.of(train);
    List<Double> weights = new ArrayList<>();
    for (int k = 0; k < train.classNames().size(); k++) {
      int shown = counts.shown()[k];
      int notShown = counts.notShown()[k];
      weights.add(shown == 0 || notShown == 0 ? 1 : (double) notShown / shown);
    }
    return List.copyOf(weights);
  }

  private double ofNumber(int images) {
    if (images == 0) {
      return 0;
    }
    return kind == Kind.AUTO
        ? 1.0 / images
        : (1 - beta) / -StrictMath.expm1(images * StrictMath.log(beta));
  }

  /**
   * What is recorded with what was learnt: the weights of a file themselves, since it may change or
   * be gone when the run is resumed.
   *
   * @param weights as {@link #of(Dataset)} gives them
   */
  Object recorded(List<Double> weights) {
    return kind == Kind.FILE ? weights : text();
  }

  /** Returns a sentence on the smallest and the largest of weights; null if there are none. */
  static @Nullable String sentence(List<Double> weights, List<String> classNames) {
    if (weights.isEmpty()) {
      return null;
    }
    int least = weights.indexOf(Collections.min(weights));
    int most = weights.indexOf(Collections.max(weights));
    if (weights.get(least).equals(weights.get(most))) {
      return "class weights: all classes count alike";
    }
    return String.format(
        Locale.ROOT,
        "class weights: from %.3g (%s) to %.3g (%s)%s",
        weights.get(least),
        classNames.get(least),
        weights.get(most),
        classNames.get(most),
        weights.get(most) > NEARLY_NOTHING * weights.get(least)
            ? ": beside the largest, classes with the smallest count for nearly nothing"
            : "");
  }

  /** The weights that were recorded with a run's options; empty if none were. */
  static List<Double> recordedIn(Map<String, Object> configuration) {
    return configuration.get(KEY) instanceof List<?> recorded
        ? recorded.stream().map(weight -> ((Number) weight).doubleValue()).toList()
        : List.of();
  }

  /**
   * The weights of a run that has begun.
   *
   * @param begun what it began with
   * @param train as in {@link #of(Dataset)}
   */
  List<Double> of(Snapshot begun, Dataset train) {
    return kind == Kind.FILE ? begun.classWeights() : of(train);
  }
}
