package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.vgg4j.kernels.MapLayout.LANES;

import java.util.Arrays;
import java.util.Random;

/**
 * Between plain {@code [N][C][H][W]} arrays and the kernels' layout; seeded values; comparisons.
 */
final class Maps {
  /** Extra images beyond those of a call, which it must leave alone. */
  static final int SPARE = 1;

  private Maps() {}

  /** Normally distributed values. */
  static float[] gaussian(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Values as a ReLU leaves them: about half of them zero. */
  static float[] rectified(Random random, int length) {
    float[] values = gaussian(random, length);
    for (int i = 0; i < length; i++) {
      values[i] = Math.max(0f, values[i]);
    }
    return values;
  }

  /** An array full of NaN: whatever a kernel forgets to write, or wrongly reads, will show. */
  static float[] garbage(int length) {
    float[] values = new float[length];
    Arrays.fill(values, Float.NaN);
    return values;
  }

  /** Memory for the maps of some images and of spare ones, full of garbage. */
  static float[] garbage(MapLayout map, int images) {
    return garbage((images + SPARE) * map.imageLength());
  }

  static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  static float[] floats(byte[] bytes) {
    float[] floats = new float[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      floats[i] = bytes[i];
    }
    return floats;
  }

  static byte[] bytes(float[] floats) {
    byte[] bytes = new byte[floats.length];
    for (int i = 0; i < floats.length; i++) {
      bytes[i] = (byte) floats[i];
    }
    return bytes;
  }

  /** Lays plain values out with a zero halo. */
  static float[] layOut(MapLayout map, int images, float[] plain) {
    float[] maps = new float[images * map.imageLength()];
    int from = 0;
    for (int n = 0; n < images; n++) {
      for (int c = 0; c < map.channels(); c++) {
        for (int y = 0; y < map.height(); y++) {
          for (int x = 0; x < map.width(); x++) {
            maps[map.index(n, c / LANES, y, x) + c % LANES] = plain[from++];
          }
        }
      }
    }
    return maps;
  }

  /**
   * Reads maps as plain values, and checks that their halo is zero and that the spare images behind
   * them are still garbage.
   */
  static float[] readWritten(MapLayout map, int images, float[] maps) {
    float[] plain = new float[images * map.channels() * map.height() * map.width()];
    float[] rest = maps.clone();
    int to = 0;
    for (int n = 0; n < images; n++) {
      for (int c = 0; c < map.channels(); c++) {
        for (int y = 0; y < map.height(); y++) {
          for (int x = 0; x < map.width(); x++) {
            int at = map.index(n, c / LANES, y, x) + c % LANES;
            plain[to++] = maps[at];
            rest[at] = 0f;
          }
        }
      }
    }
    int end = images * map.imageLength();
    assertAll("halo", rest, 0, end, 0f);
    assertAll("images beyond the batch", rest, end, rest.length, Float.NaN);
    return plain;
  }

  /** A loop, since AssertJ's takes seconds for the large maps. */
  private static void assertAll(String what, float[] values, int from, int to, float expected) {
    for (int i = from; i < to; i++) {
      if (Float.compare(Math.abs(values[i]), expected) != 0) { // -0 is as good as 0
        throw new AssertionError(what + " [" + i + "] is " + values[i] + ", not " + expected);
      }
    }
  }

  /** Reads the argmax bytes that belong to plain values. */
  static int[] readArgmax(MapLayout pooled, int images, byte[] argmax) {
    int[] plain = new int[images * pooled.channels() * pooled.height() * pooled.width()];
    int to = 0;
    for (int n = 0; n < images; n++) {
      for (int c = 0; c < pooled.channels(); c++) {
        for (int y = 0; y < pooled.height(); y++) {
          for (int x = 0; x < pooled.width(); x++) {
            plain[to++] = argmax[pooled.index(n, c / LANES, y, x) + c % LANES];
          }
        }
      }
    }
    return plain;
  }

  /** Checks that no value differs from the expected one by more than a share of the largest. */
  static void assertClose(String what, float[] actual, double[] expected, double tolerance) {
    assertThat(actual).as(what).hasSize(expected.length);
    double largest = 0;
    for (double value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    double allowed = tolerance * largest;
    for (int i = 0; i < actual.length; i++) {
      if (!(Math.abs(actual[i] - expected[i]) <= allowed)) { // so that NaN fails
        throw new AssertionError(
            String.format(
                "%s[%d] is %s, expected %s within %.3g", what, i, actual[i], expected[i], allowed));
      }
    }
  }

  /** The length of the difference of two vectors, as a share of the length of the second. */
  static double distance(float[] actual, float[] expected) {
    assertThat(actual).hasSize(expected.length);
    double difference = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      double d = (double) actual[i] - expected[i];
      difference += d * d;
      length += (double) expected[i] * expected[i];
    }
    return Math.sqrt(difference / length);
  }
}
