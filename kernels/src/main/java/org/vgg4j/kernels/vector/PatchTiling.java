package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.vgg4j.kernels.ConvolutionShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/**
 * Convolution by its definition as one product: a row is the patch that an output pixel sees. For
 * images, 1x1 and 5x5 filters, where minimal filtering does not apply. A tile is a square of
 * pixels, each a row, so that a pool finds its pixels together.
 */
final class PatchTiling extends Tiling {
  private static final int PARTS = LANES / Width.LANES;

  private final int channels;
  private final int columns;
  private final int kernel;
  private final boolean image;
  private final int imageLength;
  private final int blockLength;
  private final int rowLength;
  private final int origin;

  private PatchTiling(
      int height, int width, int channels, int columns, int kernel, boolean image, int[] layout) {
    super(
        height,
        width,
        side(height, width),
        1,
        side(height, width) * side(height, width),
        (channels * kernel * kernel + LANES - 1) / LANES * LANES);
    this.channels = channels;
    this.columns = columns;
    this.kernel = kernel;
    this.image = image;
    this.imageLength = layout[0];
    this.blockLength = layout[1];
    this.rowLength = layout[2];
    this.origin = layout[3];
  }

  /** Pixels of a tile in each dimension: no more than small maps have. */
  private static int side(int height, int width) {
    return Math.min(height, width) <= 2 ? 2 : 4;
  }

  /** Patches of an image {@code [N][3][H][W]}. */
  static PatchTiling ofImage(ConvolutionShape shape) {
    int plane = shape.height() * shape.width();
    int[] layout = {ConvolutionShape.IMAGE_CHANNELS * plane, plane, shape.width(), 0};
    return new PatchTiling(
        shape.height(),
        shape.width(),
        ConvolutionShape.IMAGE_CHANNELS,
        shape.outChannels(),
        shape.kernel(),
        true,
        layout);
  }

  /** Patches of maps in blocks. */
  static PatchTiling ofMaps(MapLayout map, int columns, int kernel) {
    int[] layout = {
      map.imageLength(), map.blockLength(), map.paddedWidth() * LANES, map.index(0, 0, 0, 0)
    };
    return new PatchTiling(
        map.height(), map.width(), map.channels(), columns, kernel, false, layout);
  }

  @Override
  void gather(
      float[] input,
      int first,
      int count,
      float[] panel,
      int row,
      int plane,
      float[] scratch,
      int offset) {
    for (int i = 0; i < count; i++) {
      gatherTile(input, first + i, panel, row + i * rowsPerTile);
    }
  }

  private void gatherTile(float[] input, int tile, float[] panel, int row) {
    int number = tile / tilesPerImage();
    int y = tile % tilesPerImage() / tilesAcross() * side;
    int x = tile % tilesAcross() * side;
    for (int pixel = 0; pixel < rowsPerTile; pixel++) {
      int to = (row + pixel) * panelRow;
      int py = y + pixel / side;
      int px = x + pixel % side;
      if (py >= height || px >= width) {
        Arrays.fill(panel, to, to + depth, 0f);
      } else if (image) {
        gatherFromImage(input, number, py, px, panel, to);
      } else {
        gatherFromMaps(input, number, py, px, panel, to);
      }
    }
  }

  /** The order in a patch is [channel][row][column], and zeros up to the depth. */
  private void gatherFromImage(float[] input, int number, int y, int x, float[] panel, int to) {
    int radius = kernel / 2;
    int at = to;
    if (kernel == 3 && y > 0 && y < height - 1 && x > 0 && x < width - 1) {
      for (int c = 0; c < channels; c++) {
        int from = number * imageLength + c * blockLength + (y - 1) * rowLength + x - 1;
        copyThree(input, from, panel, at);
        copyThree(input, from + rowLength, panel, at + 3);
        copyThree(input, from + 2 * rowLength, panel, at + 6);
        at += 9;
      }
      Arrays.fill(panel, at, to + depth, 0f);
      return;
    }
    for (int c = 0; c < channels; c++) {
      for (int dy = y - radius; dy <= y + radius; dy++) {
        int from = number * imageLength + c * blockLength + dy * rowLength;
        for (int dx = x - radius; dx <= x + radius; dx++) {
          boolean inside = dy >= 0 && dy < height && dx >= 0 && dx < width;
          panel[at++] = inside ? input[from + dx] : 0f;
        }
      }
    }
    Arrays.fill(panel, at, to + depth, 0f);
  }

  private static void copyThree(float[] from, int at, float[] to, int toAt) {
    to[toAt] = from[at];
    to[toAt + 1] = from[at + 1];
    to[toAt + 2] = from[at + 2];
  }

  /** The order in a patch is [row][column][channel]. */
  private void gatherFromMaps(float[] input, int number, int y, int x, float[] panel, int to) {
    int radius = kernel / 2;
    int at = to;
    for (int dy = y - radius; dy <= y + radius; dy++) {
      for (int dx = x - radius; dx <= x + radius; dx++) {
        boolean inside = dy >= 0 && dy < height && dx >= 0 && dx < width;
        int from = number * imageLength + origin + dy * rowLength + dx * LANES;
        for (int block = 0; block < channels / LANES; block++) {
          if (inside) {
            System.arraycopy(input, from + block * blockLength, panel, at, LANES);
          } else {
            Arrays.fill(panel, at, at + LANES, 0f);
          }
          at += LANES;
        }
      }
    }
  }

  @Override
  void scatter(
      float[] products,
      int from,
      int productRow,
      int plane,
      float[] pixels,
      int to,
      float[] scratch,
      int offset) {
    copyRows(rowsPerTile, products, from, productRow, pixels, to);
  }

  private static void copyRows(
      int rows, float[] from, int at, int rowLength, float[] to, int toAt) {
    for (int i = 0; i < rows * PARTS; i++) {
      int part = i % PARTS * Width.LANES;
      FloatVector.fromArray(SPECIES, from, at + i / PARTS * rowLength + part)
          .intoArray(to, toAt + i / PARTS * LANES + part);
    }
  }

  @Override
  void gatherGradient(
      float[] gradient,
      int from,
      int rowStride,
      int inside,
      float[] products,
      int to,
      int productRow,
      int plane,
      float[] scratch,
      int offset) {
    for (int pixel = 0; pixel < rowsPerTile; pixel++) {
      int at = to + pixel * productRow;
      if (pixel / side < inside / LANES && pixel % side < inside % LANES) {
        int source = from + pixel / side * rowStride + pixel % side * LANES;
        System.arraycopy(gradient, source, products, at, LANES);
      } else {
        Arrays.fill(products, at, at + LANES, 0f);
      }
    }
  }

  /** Where in the depth a channel's value at a place of the filter lies. */
  private int placeInDepth(int channel, int tap) {
    return image ? channel * kernel * kernel + tap : tap * channels + channel;
  }

  @Override
  void prepare(float[] filters, boolean turned, float[] prepared, Workers workers) {
    int taps = kernel * kernel;
    int block = Gemm.columnBlock(columns);
    workers.run(
        columns / block,
        (task, scratch) -> {
          int base = task * depth * block;
          Arrays.fill(prepared, base, base + depth * block, 0f); // beyond the patch
          for (int k = 0; k < block; k++) {
            int column = task * block + k;
            for (int c = 0; c < channels; c++) {
              int filter = turned ? c * columns + column : column * channels + c;
              for (int tap = 0; tap < taps; tap++) {
                int source = turned ? taps - 1 - tap : tap;
                prepared[base + placeInDepth(c, tap) * block + k] = filters[filter * taps + source];
              }
            }
          }
        });
  }

  @Override
  void addFilterGradient(float[] products, int at, float[] filterGradient, Workers workers) {
    int taps = kernel * kernel;
    workers.run(
        columns,
        (k, scratch) -> {
          for (int c = 0; c < channels; c++) {
            for (int tap = 0; tap < taps; tap++) {
              filterGradient[(k * channels + c) * taps + tap] +=
                  products[at + placeInDepth(c, tap) * columns + k];
            }
          }
        });
  }
}
