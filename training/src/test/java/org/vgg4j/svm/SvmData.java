package org.vgg4j.svm;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.vgg4j.data.MultiLabels;

/**
 * Descriptors and labels made for tests.
 *
 * @param values {@code [count][width]}
 */
record SvmData(String name, float[] values, int width, MultiLabels labels) {
  /** Five data sets of different shape. */
  static List<SvmData> shapes() {
    return List.of(
        wide(),
        single("tall", 1500, 6, new double[] {1, 1, 1}, 0.8, 2),
        single("separable", 240, 40, new double[] {1, 1, 1, 1}, 6, 3),
        single("noisy", 400, 30, new double[] {1, 1}, 0.3, 4),
        single("unbalanced", 600, 25, new double[] {40, 8, 1}, 1.5, 5));
  }

  /** More features than images, mostly zero, of unit length, and several classes an image. */
  private static SvmData wide() {
    Random random = new Random(1);
    int count = 120;
    int width = 700;
    int classes = 5;
    byte[] states = new byte[count * classes];
    float[] values = new float[count * width];
    float[][] directions = new float[classes][width];
    for (float[] direction : directions) {
      for (int i = 0; i < width; i++) {
        direction[i] = (float) random.nextGaussian();
      }
    }
    for (int n = 0; n < count; n++) {
      for (int i = 0; i < width; i++) {
        values[n * width + i] = (float) (3 * random.nextGaussian());
      }
      for (int k = 0; k < classes; k++) {
        states[n * classes + k] = (byte) (random.nextInt(6) - 4 > 0 ? 1 : -1);
        if (random.nextInt(12) == 0) {
          states[n * classes + k] = MultiLabels.IGNORED;
        }
        for (int i = 0; i < width; i++) {
          values[n * width + i] += states[n * classes + k] * directions[k][i];
        }
      }
      normalise(values, n, width);
    }
    return new SvmData("wide", values, width, new MultiLabels(names(classes), states));
  }

  private static void normalise(float[] values, int row, int width) {
    double squares = 0;
    for (int i = row * width; i < (row + 1) * width; i++) {
      values[i] = Math.max(0, values[i]);
      squares += values[i] * values[i];
    }
    for (int i = row * width; i < (row + 1) * width; i++) {
      values[i] /= (float) Math.sqrt(squares);
    }
  }

  /** Normally distributed around a centre for each class. */
  static SvmData single(
      String name, int count, int width, double[] shares, double distance, long seed) {
    Random random = new Random(seed);
    int classes = shares.length;
    double[][] centres = new double[classes][width];
    for (double[] centre : centres) {
      for (int i = 0; i < width; i++) {
        centre[i] = random.nextGaussian() * distance / Math.sqrt(width);
      }
    }
    double total = Arrays.stream(shares).sum();
    int[] labels = new int[count];
    float[] values = new float[count * width];
    for (int n = 0; n < count; n++) {
      double draw = random.nextDouble() * total;
      int label = 0;
      while (draw >= shares[label] && label < classes - 1) {
        draw -= shares[label++];
      }
      labels[n] = n < classes ? n : label;
      for (int i = 0; i < width; i++) {
        values[n * width + i] =
            (float) (centres[labels[n]][i] + random.nextGaussian() / Math.sqrt(width));
      }
    }
    return new SvmData(name, values, width, MultiLabels.ofSingle(names(classes), labels));
  }

  static List<String> names(int classes) {
    return IntStream.range(0, classes).mapToObj(k -> "class" + k).toList();
  }

  ArrayRows rows() {
    return new ArrayRows(values, width);
  }

  @Override
  public String toString() {
    return name;
  }
}
