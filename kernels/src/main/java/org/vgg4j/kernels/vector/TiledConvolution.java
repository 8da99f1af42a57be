package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;

import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/**
 * The products of a tiled convolution and what becomes of them: {@code output = epilogue(scatter(
 * gather(input) * weights))}.
 *
 * <p>Each value is one sum over the depth, always in the same order, so results do not depend on
 * how tiles are grouped, and the grouping may depend on the number of threads.
 */
final class TiledConvolution {
  /**
   * Most floats of a shared panel: 10 MB, two chunks at 512 channels. The third-level cache must
   * also hold the filters, which every panel reads.
   */
  private static final int LONGEST_SHARED_PANEL = 5 << 19;

  private static final int MOST_PIXELS = 6 * 6 * Tiling.STRIP * LANES;

  /** Tiles per task that fills a shared panel. */
  private static final int PORTION = 12;

  private final Tiling tiling;
  private final int columns;
  private final int block;
  private final int chunk;

  /**
   * @param columns channels of the output
   */
  TiledConvolution(Tiling tiling, int columns) {
    this.tiling = tiling;
    this.columns = columns;
    this.block = Gemm.columnBlock(columns);
    this.chunk = chunk(tiling);
  }

  /**
   * Tiles that one thread processes at a time: few enough for their panel and products to fit the
   * second-level cache, many enough to use each weight often. A multiple of the micro-kernels'
   * rows.
   */
  private static int chunk(Tiling tiling) {
    if (tiling.positions == 1) {
      return 3 * Gemm.ROWS;
    }
    return (tiling.depth <= 128 ? 6 : tiling.depth <= 256 ? 10 : 12) * Gemm.ROWS;
  }

  /** Floats of scratch memory of one thread. */
  int scratchLength() {
    int rows = chunk * tiling.rowsPerTile;
    return tiling.positions * (panel(rows).plane() + productPlane(rows))
        + MOST_PIXELS
        + Tiling.SCRATCH;
  }

  /** Floats of memory that the threads share, for that many images. */
  int sharedLength(int images, int threads) {
    if (threads == 1) {
      return 0;
    }
    // a smaller batch, such as the last of an epoch, may need it too
    int tiles = (int) Math.min((long) images * tiling.tilesPerImage(), 8L * threads * chunk - 1);
    int rows = sharedTiles(tiles) * tiling.rowsPerTile;
    return tiling.positions * panel(rows).plane();
  }

  /** Floats of the products of that many images. */
  long multiplyAdds(int images) {
    long rows = (long) images * tiling.tilesPerImage() * tiling.rowsPerTile;
    return rows * tiling.positions * tiling.depth * columns;
  }

  private PanelLayout panel(int rows) {
    return PanelLayout.byRow(rows, tiling.depth);
  }

  private int productPlane(int rows) {
    return rows * block + LANES;
  }

  private boolean chunksSuffice(int tiles, int threads) {
    return threads == 1 || tiles >= 8L * threads * chunk;
  }

  private int sharedTiles(int tiles) {
    int perChunk = tiling.positions * panel(chunk * tiling.rowsPerTile).plane();
    int most = Math.max(1, LONGEST_SHARED_PANEL / perChunk) * chunk;
    return Math.min(most, tiles);
  }

  void run(int images, float[] input, float[] weights, Epilogue epilogue, Workers workers) {
    int tiles = images * tiling.tilesPerImage();
    if (chunksSuffice(tiles, workers.threads())) {
      runChunks(tiles, input, weights, epilogue, workers);
    } else {
      int step = sharedTiles(tiles);
      for (int first = 0; first < tiles; first += step) {
        runShared(first, Math.min(step, tiles - first), input, weights, epilogue, workers);
      }
    }
  }

  /** Each thread takes its tiles through all steps. */
  private void runChunks(
      int tiles, float[] input, float[] weights, Epilogue epilogue, Workers workers) {
    int rows = chunk * tiling.rowsPerTile;
    PanelLayout layout = panel(rows);
    int products = tiling.positions * layout.plane();
    workers.run(
        (tiles + chunk - 1) / chunk,
        (task, scratch) -> {
          float[] floats = scratch.floats(scratchLength());
          int first = task * chunk;
          int count = Math.min(chunk, tiles - first);
          tiling.gather(input, first, count, floats, layout, 0, floats, products);
          for (int column = 0; column < columns; column += block) {
            multiply(floats, layout, 0, count, weights, column, floats, products);
            applyEpilogue(first, count, column, floats, products, epilogue);
          }
        });
  }

  /** All threads share the panel and divide the columns, so that each weight is read once. */
  private void runShared(
      int first, int count, float[] input, float[] weights, Epilogue epilogue, Workers workers) {
    PanelLayout layout = panel(count * tiling.rowsPerTile);
    float[] panel = workers.shared(tiling.positions * layout.plane());
    workers.run(
        (count + PORTION - 1) / PORTION,
        (task, scratch) -> {
          int from = task * PORTION;
          float[] work = scratch.floats(scratchLength());
          int tiles = Math.min(PORTION, count - from);
          int row = from * tiling.rowsPerTile;
          tiling.gather(input, first + from, tiles, panel, layout, row, work, 0);
        });
    int parts = (count + chunk - 1) / chunk;
    workers.run(
        columns / block * parts,
        (task, scratch) -> {
          float[] floats = scratch.floats(scratchLength());
          int column = task / parts * block;
          int from = task % parts * chunk;
          int tiles = Math.min(chunk, count - from);
          multiply(panel, layout, from, tiles, weights, column, floats, 0);
          applyEpilogue(first + from, tiles, column, floats, 0, epilogue);
        });
  }

  /**
   * Multiplies some tiles by one block of columns.
   *
   * @param first the first tile's index in the panel
   */
  private void multiply(
      float[] panel,
      PanelLayout layout,
      int first,
      int tiles,
      float[] weights,
      int column,
      float[] products,
      int productsAt) {
    int rows = tiles * tiling.rowsPerTile;
    int plane = productPlane(chunk * tiling.rowsPerTile);
    int weightsAt = column * tiling.positions * tiling.depth;
    for (int position = 0; position < tiling.positions; position++) {
      for (int row = 0; row < rows; row += Gemm.ROWS) {
        Gemm.run(
            Math.min(Gemm.ROWS, rows - row),
            block,
            true,
            panel,
            layout.index(position, first * tiling.rowsPerTile + row, 0),
            layout.rowStride(),
            1,
            tiling.depth,
            weights,
            weightsAt + position * tiling.depth * block,
            block,
            products,
            productsAt + position * plane + row * block,
            block);
      }
    }
  }

  private void applyEpilogue(
      int first, int count, int column, float[] floats, int productsAt, Epilogue epilogue) {
    int plane = productPlane(chunk * tiling.rowsPerTile);
    int pixels = productsAt + tiling.positions * plane;
    int work = pixels + MOST_PIXELS;
    for (int c = 0; c < block; c += LANES) {
      for (int i = 0; i < count; ) {
        int tile = first + i;
        int strip = tiling.strip(tile, count - i);
        int from = productsAt + i * tiling.rowsPerTile * block + c;
        tiling.scatter(strip, floats, from, block, plane, floats, pixels, floats, work);
        epilogue.take(
            floats,
            pixels,
            tiling.side,
            strip * tiling.side,
            tiling.imageOf(tile),
            (column + c) / LANES,
            tiling.rowOf(tile),
            tiling.columnOf(tile));
        i += strip;
      }
    }
  }

  /** Zeros the halo of maps that are about to be written. */
  static void clearHalo(int images, MapLayout map, float[] maps, Workers workers) {
    workers.run(
        images,
        (image, scratch) -> {
          for (int b = 0; b < map.blocks(); b++) {
            map.clearHalo(maps, image, b);
          }
        });
  }
}
