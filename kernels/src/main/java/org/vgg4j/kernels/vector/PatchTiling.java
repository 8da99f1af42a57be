package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/**
 * Direct convolution as one product, where a row is the patch that an output pixel sees. For 1x1
 * and 5x5 filters, which minimal filtering does not cover. A tile is a square of pixels, one row
 * each, so that all pixels of a pooling window are in one tile.
 */
final class PatchTiling extends Tiling implements GradientTiling {
  private static final int PARTS = LANES / Width.LANES;

  private final MapLayout map;
  private final int columns;
  private final int kernel;

  /**
   * @param map layout of what is read
   * @param columns channels of what is written
   */
  PatchTiling(MapLayout map, int columns, int kernel) {
    super(
        map.height(),
        map.width(),
        side(map.height(), map.width()),
        1,
        side(map.height(), map.width()) * side(map.height(), map.width()),
        map.channels() * kernel * kernel);
    this.map = map;
    this.columns = columns;
    this.kernel = kernel;
  }

  /** Pixels of a tile in each dimension, no more than a small map has. */
  private static int side(int height, int width) {
    return Math.min(height, width) <= 2 ? 2 : 4;
  }

  @Override
  void gather(
      float[] input,
      int first,
      int count,
      float[] panel,
      PanelLayout layout,
      int row,
      float[] scratch,
      int offset) {
    for (int i = 0; i < count; i++) {
      gatherTile(input, first + i, panel, layout, row + i * rowsPerTile);
    }
  }

  private void gatherTile(float[] input, int tile, float[] panel, PanelLayout layout, int row) {
    int number = tile / tilesPerImage();
    int y = tile % tilesPerImage() / tilesAcross() * side;
    int x = tile % tilesAcross() * side;
    for (int pixel = 0; pixel < rowsPerTile; pixel++) {
      int to = layout.index(0, row + pixel, 0);
      int py = y + pixel / side;
      int px = x + pixel % side;
      gatherPatch(input, number, py, px, panel, to, layout.blockStride());
    }
  }

  /** A patch is laid out as [row][column][channel], with zeros beyond the map. */
  private void gatherPatch(
      float[] input, int number, int y, int x, float[] panel, int to, int blockStride) {
    int radius = kernel / 2;
    int at = to;
    for (int dy = y - radius; dy <= y + radius; dy++) {
      for (int dx = x - radius; dx <= x + radius; dx++) {
        boolean inside = y < height && x < width && dy >= 0 && dy < height && dx >= 0 && dx < width;
        for (int block = 0; block < map.blocks(); block++) {
          if (inside) {
            System.arraycopy(input, map.index(number, block, dy, dx), panel, at, LANES);
          } else {
            Arrays.fill(panel, at, at + LANES, 0f);
          }
          at += blockStride;
        }
      }
    }
  }

  @Override
  void scatter(
      int tiles,
      float[] products,
      int from,
      int productRow,
      int plane,
      float[] pixels,
      int to,
      float[] scratch,
      int offset) {
    for (int y = 0; y < side; y++) {
      for (int i = 0; i < tiles; i++) {
        int at = from + (i * rowsPerTile + y * side) * productRow;
        copyRows(side, products, at, productRow, pixels, to + (y * tiles + i) * side * LANES);
      }
    }
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
  public void gatherGradient(
      int tile,
      int tiles,
      float[] gradient,
      int from,
      int rowStride,
      float[] products,
      int to,
      int productRow,
      int plane,
      float[] scratch,
      int offset) {
    int rows = height - rowOf(tile);
    int columns = width - columnOf(tile);
    for (int i = 0; i < tiles * rowsPerTile; i++) {
      int at = to + i * productRow;
      int y = i % rowsPerTile / side;
      int x = i / rowsPerTile * side + i % side;
      if (y < rows && x < columns) {
        System.arraycopy(gradient, from + y * rowStride + x * LANES, products, at, LANES);
      } else {
        Arrays.fill(products, at, at + LANES, 0f);
      }
    }
  }

  @Override
  void prepare(float[] filters, boolean turned, float[] prepared, Workers workers) {
    int taps = kernel * kernel;
    int channels = map.channels();
    int block = Gemm.columnBlock(columns);
    workers.run(
        columns / block,
        (task, scratch) -> {
          int base = task * depth * block;
          for (int k = 0; k < block; k++) {
            int column = task * block + k;
            for (int c = 0; c < channels; c++) {
              int filter = turned ? c * columns + column : column * channels + c;
              for (int tap = 0; tap < taps; tap++) {
                int source = turned ? taps - 1 - tap : tap;
                prepared[base + (tap * channels + c) * block + k] = filters[filter * taps + source];
              }
            }
          }
        });
  }

  @Override
  public void addFilterGradient(float[] products, int at, float[] filterGradient, Workers workers) {
    int taps = kernel * kernel;
    int channels = map.channels();
    int block = Gemm.columnBlock(columns);
    workers.run(
        columns,
        (k, scratch) -> {
          int base = at + k / block * block * depth + k % block;
          for (int c = 0; c < channels; c++) {
            for (int tap = 0; tap < taps; tap++) {
              filterGradient[(k * channels + c) * taps + tap] +=
                  products[base + (tap * channels + c) * block];
            }
          }
        });
  }
}
