package org.vgg4j.descriptor;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.network.FeatureMaps;

/** Makes one number of each channel of a map, in double precision. */
final class Pooler {
  /** Consecutive regions of R-MAC share about this part of their width. */
  private static final double OVERLAP = 0.4;

  /** A square part of a map. */
  record Region(int row, int column, int side) {}

  private Pooler() {}

  /**
   * Pools the map of one image.
   *
   * @return {@code [channels]}
   */
  static double[] pool(Pooling pooling, FeatureMaps maps, int image) {
    return switch (pooling.kind()) {
      case AVERAGE -> average(maps, image);
      case MAX -> max(maps, image, 0, maps.height(), 0, maps.width());
      case GEM -> generalisedMean(maps, image, pooling.parameter());
      case RMAC -> regional(maps, image, (int) pooling.parameter());
    };
  }

  private static double[] average(FeatureMaps maps, int image) {
    int positions = maps.height() * maps.width();
    double[] result = new double[maps.channels()];
    for (int channel = 0; channel < result.length; channel++) {
      int at = maps.index(image, channel);
      double sum = 0;
      for (int i = at; i < at + positions; i++) {
        sum += maps.values()[i];
      }
      result[channel] = sum / positions;
    }
    return result;
  }

  /**
   * Values are divided by the largest first, since high powers of large or small ones have no
   * place.
   */
  private static double[] generalisedMean(FeatureMaps maps, int image, double exponent) {
    int positions = maps.height() * maps.width();
    double[] result = max(maps, image, 0, maps.height(), 0, maps.width());
    for (int channel = 0; channel < result.length; channel++) {
      double largest = result[channel];
      if (largest <= 0) {
        result[channel] = 0;
        continue;
      }
      int at = maps.index(image, channel);
      double sum = 0;
      for (int i = at; i < at + positions; i++) {
        sum += Math.pow(Math.max(0, maps.values()[i]) / largest, exponent);
      }
      result[channel] = largest * Math.pow(sum / positions, 1 / exponent);
    }
    return result;
  }

  private static double[] max(
      FeatureMaps maps, int image, int top, int bottom, int left, int right) {
    double[] result = new double[maps.channels()];
    for (int channel = 0; channel < result.length; channel++) {
      int at = maps.index(image, channel);
      float largest = Float.NEGATIVE_INFINITY;
      for (int row = top; row < bottom; row++) {
        for (int column = left; column < right; column++) {
          largest = Math.max(largest, maps.values()[at + row * maps.width() + column]);
        }
      }
      result[channel] = largest;
    }
    return result;
  }

  private static double[] regional(FeatureMaps maps, int image, int scales) {
    double[] sum = new double[maps.channels()];
    for (Region region : regions(maps.height(), maps.width(), scales)) {
      double[] one =
          max(
              maps,
              image,
              region.row(),
              region.row() + region.side(),
              region.column(),
              region.column() + region.side());
      normalise(one);
      for (int channel = 0; channel < sum.length; channel++) {
        sum[channel] += one[channel];
      }
    }
    return sum;
  }

  /**
   * The regions of R-MAC (Tolias et al., section 3.2). At scale l they are squares of {@code 2 *
   * min(height, width) / (l + 1)}, rounded down, l along the shorter side and {@code l + m - 1}
   * along the longer one, at equal distances. m is 1 for a square map, otherwise the number, from
   * 2, with which regions of scale 1 overlap most nearly by 40 %. Scales whose regions would be
   * smaller than a pixel have none.
   */
  static List<Region> regions(int height, int width, int scales) {
    int shorter = Math.min(height, width);
    int extra = along(Math.max(height, width), shorter) - 1;
    List<Region> regions = new ArrayList<>();
    for (int scale = 1; scale <= scales; scale++) {
      int side = 2 * shorter / (scale + 1);
      int down = scale + (height > width ? extra : 0);
      int across = scale + (width > height ? extra : 0);
      for (int i = 0; side > 0 && i < down; i++) {
        for (int j = 0; j < across; j++) {
          regions.add(
              new Region(offset(height, side, i, down), offset(width, side, j, across), side));
        }
      }
    }
    return regions;
  }

  private static int along(int longer, int side) {
    if (longer == side) {
      return 1;
    }
    int best = 2;
    double least = Double.POSITIVE_INFINITY;
    for (int count = 2; count <= longer; count++) {
      double step = (double) (longer - side) / (count - 1);
      double distance = Math.abs(1 - step / side - OVERLAP);
      if (distance < least) {
        least = distance;
        best = count;
      }
    }
    return best;
  }

  private static int offset(int length, int side, int index, int count) {
    return count == 1 ? 0 : (int) ((long) index * (length - side) / (count - 1));
  }

  /** Gives values unit length, unless all are 0. */
  static void normalise(double[] values) {
    double squares = 0;
    for (double value : values) {
      squares += value * value;
    }
    double length = Math.sqrt(squares);
    for (int i = 0; length > 0 && i < values.length; i++) {
      values[i] /= length;
    }
  }
}
