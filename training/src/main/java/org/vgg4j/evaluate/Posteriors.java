package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Synsets;
import org.vgg4j.views.Protocol;
import org.vgg4j.views.Ranking;
import org.vgg4j.views.Temperature;
import org.vgg4j.views.ViewPlan;

/**
 * The posteriors of one or several networks for images: the basis of all results.
 *
 * @param about how they were made
 * @param classNames the classes, in the order of the columns
 * @param ids what to call the images
 * @param labels for each image the column of its class; {@link Dataset#UNKNOWN} for all of them
 *     where the classes are not known
 * @param values {@code [images][classes]}, each row sums to 1
 */
public record Posteriors(
    List<About> about, List<String> classNames, List<String> ids, int[] labels, float[] values) {

  /**
   * How the posteriors of one network were made.
   *
   * @param model file of the network
   * @param data name of the data set
   * @param protocol which views of an image were evaluated
   * @param mirrored whether mirror images were included
   * @param grid crops of a regular grid in each dimension; 0 without one
   * @param testScales Q, in pixels
   * @param crop side of the network's input window, in pixels
   * @param windowsPerImage windows evaluated per image, mean over the images
   * @param smallestMap rows x columns of the smallest class score map; 1 for crops
   * @param largestMap the same of the largest map
   * @param relativeCost multiply-adds, as a multiple of those of a centre crop
   * @param secondsPerImage wall time, reading the image included
   * @param unreadable the ids of images that were skipped because they cannot be read
   */
  public record About(
      String model,
      String data,
      Protocol protocol,
      boolean mirrored,
      int grid,
      List<Integer> testScales,
      int crop,
      double windowsPerImage,
      String smallestMap,
      String largestMap,
      double relativeCost,
      double secondsPerImage,
      List<String> unreadable) {

    /** Copies the lists. */
    public About {
      testScales = List.copyOf(testScales);
      unreadable = List.copyOf(unreadable);
    }

    /** The views of an image that were evaluated. */
    public ViewPlan plan() {
      return new ViewPlan(protocol, mirrored, grid);
    }
  }

  /** Copies the lists. */
  public Posteriors {
    about = List.copyOf(about);
    classNames = List.copyOf(classNames);
    ids = List.copyOf(ids);
  }

  /** Number of images. */
  public int images() {
    return labels.length;
  }

  /** Whether the classes of the images are known. */
  public boolean isLabelled() {
    return labels.length == 0 || labels[0] != Dataset.UNKNOWN;
  }

  /**
   * The evaluation of these posteriors.
   *
   * @throws IllegalStateException if the classes of the images are not known
   */
  public Evaluation evaluation() {
    requireLabels();
    int classes = classNames.size();
    int[][] confusion = new int[classes][classes];
    int[] top5Wrong = new int[classes];
    double loss = 0;
    for (int n = 0; n < labels.length; n++) {
      int offset = n * classes;
      confusion[labels[n]][predicted(n)]++;
      if (Ranking.rank(values, offset, classes, labels[n]) >= Evaluation.PREDICTIONS) {
        top5Wrong[labels[n]]++;
      }
      loss -= StrictMath.log(Math.max(values[offset + labels[n]], Float.MIN_NORMAL));
    }
    return new Evaluation(classNames, confusion, top5Wrong, loss / labels.length);
  }

  /** The same at a temperature: other probabilities, in the same order. */
  public Posteriors at(Temperature temperature) {
    if (temperature.equals(Temperature.NONE)) {
      return this; // large data sets need not be held twice
    }
    int classes = classNames.size();
    float[] others = new float[values.length];
    for (int n = 0; n < labels.length; n++) {
      System.arraycopy(
          temperature.apply(values, n * classes, classes), 0, others, n * classes, classes);
    }
    return new Posteriors(about, classNames, ids, labels, others);
  }

  /**
   * The same of a data set's images alone, in their order.
   *
   * @throws InputException if there is nothing of one of its images
   */
  public Posteriors of(Dataset dataset) {
    int[] rows = rows(dataset);
    if (rows.length == images() && IntStream.range(0, rows.length).allMatch(n -> rows[n] == n)) {
      return this; // large data sets need not be held twice
    }
    int classes = classNames.size();
    int[] theirs = new int[rows.length];
    float[] some = new float[rows.length * classes];
    for (int n = 0; n < rows.length; n++) {
      theirs[n] = labels[rows[n]];
      System.arraycopy(values, rows[n] * classes, some, n * classes, classes);
    }
    List<String> names = Arrays.stream(rows).mapToObj(ids::get).toList();
    return new Posteriors(about, classNames, names, theirs, some);
  }

  /**
   * The row of each image of a data set.
   *
   * @throws InputException if there is none of one of its images
   */
  int[] rows(Dataset dataset) {
    Map<String, Integer> rowOfId = new HashMap<>();
    for (int row = 0; row < images(); row++) {
      rowOfId.put(ids.get(row), row);
    }
    int[] rows = new int[dataset.size()];
    for (int index = 0; index < rows.length; index++) {
      Integer row = rowOfId.get(dataset.id(index));
      if (row == null) {
        throw new InputException(
            "the posteriors have nothing of image %s of %s: store them for the same images, with vgg evaluate --save-posteriors"
                .formatted(dataset.id(index), dataset.name()));
      }
      rows[index] = row;
    }
    return rows;
  }

  void requireLabels() {
    if (!isLabelled()) {
      throw new IllegalStateException("the classes of the images are not known");
    }
  }

  /** The top prediction for an image. */
  public int predicted(int image) {
    int classes = classNames.size();
    int best = 0;
    for (int k = 1; k < classes; k++) {
      if (values[image * classes + k] > values[image * classes + best]) {
        best = k;
      }
    }
    return best;
  }

  /**
   * The mean of the posteriors of several networks, or of one network by several protocols (the
   * paper, section 4.5).
   *
   * @param members of the same images and classes, in any order of the images
   * @throws InputException if they are of different images, labels or classes
   */
  public static Posteriors fused(List<Posteriors> members) {
    Posteriors first = members.get(0);
    if (members.size() == 1) {
      return first;
    }
    double[] sums = new double[first.values.length];
    List<About> about = new ArrayList<>();
    for (Posteriors member : members) {
      int[] order = first.orderOf(member);
      int classes = first.classNames.size();
      for (int n = 0; n < order.length; n++) {
        for (int k = 0; k < classes; k++) {
          sums[n * classes + k] += member.values[order[n] * classes + k];
        }
      }
      about.addAll(member.about);
    }
    float[] mean = new float[sums.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (sums[i] / members.size());
    }
    return new Posteriors(about, first.classNames, first.ids, first.labels, mean);
  }

  /**
   * The positions of these posteriors' images in others.
   *
   * @throws InputException if images, labels or classes differ
   */
  int[] orderOf(Posteriors other) {
    if (!Synsets.keys(classNames).equals(Synsets.keys(other.classNames))) {
      throw new InputException(
          "%s and %s have different classes, or the same in another order: give posteriors of the same classes"
              .formatted(name(), other.name()));
    }
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < other.ids.size(); i++) {
      places.put(other.ids.get(i), i);
    }
    int[] order = new int[labels.length];
    for (int n = 0; n < order.length; n++) {
      Integer place = places.remove(ids.get(n));
      if (place == null || other.labels[place] != labels[n]) {
        throw notTheSame(other, ids.get(n));
      }
      order[n] = place;
    }
    if (!places.isEmpty()) {
      throw notTheSame(other, places.keySet().iterator().next());
    }
    return order;
  }

  private InputException notTheSame(Posteriors other, String image) {
    return new InputException(
        "%s and %s are not of the same images (such as %s): evaluate both on the same data"
            .formatted(name(), other.name(), image));
  }

  private String name() {
    return about.isEmpty() ? "the posteriors" : about.get(0).model();
  }
}
