package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.TensorMap;

/**
 * How a map is divided into boxes of pixels, see {@code tile_hopper.cuh}.
 *
 * @param images of a box, as a power of two
 * @param lines of a box, as a power of two
 * @param columns of a box, as a power of two
 * @param count boxes that there are
 */
record Boxes(int images, int lines, int columns, int count) {
  /** Longer rows than these bring nothing. */
  private static final int LONG_ROW = 4;

  /** What a pool can have: see {@code PoolEpilogue}. */
  private static final int MOST_COLUMNS_OF_POOL = 3;

  /**
   * The division that wastes the fewest pixels, with long rows.
   *
   * @param pixels of a box, a power of two
   * @param pooled whether 2x2 windows must lie in one box
   */
  static Boxes of(MapShape map, int pixels, boolean pooled) {
    int bits = Integer.numberOfTrailingZeros(pixels);
    int height = pooled ? map.height() / 2 * 2 : map.height();
    int width = pooled ? map.width() / 2 * 2 : map.width();
    Boxes best = null;
    for (int columns = pooled ? 1 : 0; columns <= bits; columns++) {
      if (pooled && columns > MOST_COLUMNS_OF_POOL) {
        break;
      }
      for (int lines = pooled ? 1 : 0; lines <= bits - columns; lines++) {
        int images = bits - lines - columns;
        long count = parts(map.images(), images) * parts(height, lines) * parts(width, columns);
        Boxes boxes = new Boxes(images, lines, columns, Math.toIntExact(count));
        if (best == null || boxes.isBetterThan(best)) {
          best = boxes;
        }
      }
    }
    if (best == null) {
      throw new IllegalArgumentException("no boxes of " + pixels + " pixels");
    }
    return best;
  }

  private static long parts(int length, int bits) {
    return (length + (1L << bits) - 1) >> bits;
  }

  private boolean isBetterThan(Boxes other) {
    if (count != other.count) {
      return count < other.count;
    }
    int row = Math.min(columns, LONG_ROW);
    int rowOfOther = Math.min(other.columns, LONG_ROW);
    return row != rowOfOther ? row > rowOfOther : lines > other.lines;
  }

  /**
   * How boxes of a map are copied that may be shifted.
   *
   * @param map its shape
   * @param planes where it lies
   * @param channels of a box, 32 or 64
   */
  TensorMap tensorMap(Context context, MapShape map, Planes planes, int channels) {
    long pixel = 2L * map.channels();
    long line = pixel * map.width();
    long image = line * map.height();
    return TensorMap.of(
        context,
        planes.high(),
        new long[] {map.channels(), map.width(), map.height(), map.images(), planes(planes)},
        new long[] {pixel, line, image, distance(planes, image * map.images())},
        new int[] {channels, 1 << columns, 1 << lines, 1 << images, 1},
        swizzle(channels));
  }

  /**
   * How boxes of weights are copied.
   *
   * @param rows outputs that there are
   * @param length of a row, values
   * @param channels of a box, 32 or 64
   * @param rowsOfBox at most 256
   */
  static TensorMap ofWeights(
      Context context, Planes planes, int rows, int length, int channels, int rowsOfBox) {
    return TensorMap.of(
        context,
        planes.high(),
        new long[] {length, rows, planes(planes)},
        new long[] {2L * length, distance(planes, 2L * length * rows)},
        new int[] {channels, rowsOfBox, 1},
        swizzle(channels));
  }

  private static int planes(Planes planes) {
    return planes.low() == 0 ? 1 : 2;
  }

  private static long distance(Planes planes, long ifThereIsOne) {
    long distance = planes.low() == 0 ? ifThereIsOne : planes.low() - planes.high();
    if (distance <= 0) {
      throw new IllegalArgumentException("the low plane lies before the high one");
    }
    return distance;
  }

  private static TensorMap.Swizzle swizzle(int channels) {
    return channels == 64 ? TensorMap.Swizzle.BYTES_128 : TensorMap.Swizzle.BYTES_64;
  }
}
