package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;

import java.util.Arrays;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/**
 * The gradient with respect to the filters of a tiled convolution: for each position, the
 * transposed panel times the gradients of the products, summed over all tiles.
 *
 * <p>Where the sums are few, the tiles are divided into slices with sums of their own, which are
 * added at the end, so that a thread works in its own caches. Where they are many, all threads
 * share a chunk of tiles and divide the sums. Chunks and slices, and with them the order of
 * summation, depend only on the shape and the number of images, not on the number of threads.
 */
final class FilterGradient {
  /** Most slices, and most floats in all of them. */
  private static final int MOST_SLICES = 16;

  private static final int LONGEST_SLICES = 4 << 20;
  private static final int FEWEST_SLICES = 6;

  /** Fewest tiles for which a slice is worth its sums. */
  private static final int TILES_PER_SLICE = 60;

  /**
   * Floats of panel and gradients in a slice's chunk, which shares the second-level cache with its
   * sums.
   */
  private static final int SLICE_CHUNK = 96 << 10;

  private static final int SMALLEST_SLICE_CHUNK = 30;

  /**
   * Floats of panel and gradients in a chunk that the threads share. It should stay in the caches,
   * but the sums are read and written once per chunk, so it should not be small compared with them.
   */
  private static final int LONGEST = 6 << 20;

  private static final int PER_SUM = 4;

  /** Tiles per gathering task. */
  private static final int PORTION = 15;

  private final Tiling tiling;
  private final GradientTiling gradients;
  private final MapLayout output;
  private final int columns;
  private final int block;
  private final int sums;

  /**
   * @param tiling of the convolution
   * @param output layout of its output
   */
  <T extends Tiling & GradientTiling> FilterGradient(T tiling, MapLayout output) {
    this.tiling = tiling;
    this.gradients = tiling;
    this.output = output;
    this.columns = output.channels();
    this.block = Gemm.columnBlock(columns);
    this.sums = Math.multiplyExact(tiling.positions * tiling.depth, columns);
  }

  /** Number of slices, or 0 if the sums are too many for slices. */
  private int slices(long tiles) {
    int most = Math.min(MOST_SLICES, LONGEST_SLICES / sums);
    if (most < FEWEST_SLICES) {
      return 0;
    }
    return (int) Math.max(1, Math.min(most, tiles * tiling.rowsPerTile / TILES_PER_SLICE));
  }

  private int floatsPerTile() {
    return tiling.positions * tiling.rowsPerTile * (tiling.depth + columns);
  }

  private int sliceChunk() {
    int most = Math.max(SMALLEST_SLICE_CHUNK, SLICE_CHUNK / floatsPerTile());
    return Math.max(1, most / tiling.rowsPerTile);
  }

  private int sharedChunk(long tiles) {
    int longest = Math.min(LONGEST, PER_SUM * sums);
    int most = Math.max(1, longest / floatsPerTile() / PORTION) * PORTION;
    long needed = (tiles + PORTION - 1) / PORTION * PORTION;
    return (int) Math.min(most, needed);
  }

  private PanelLayout panel(int rows) {
    return PanelLayout.byDepth(rows, tiling.depth);
  }

  /** Gradients of the products lie as {@code [position][columns/block][row][block]}. */
  private int gradientPlane(int rows) {
    return rows * columns + LANES;
  }

  /** The panel comes first, then the gradients of the products. */
  private int gradientsAt(int rows) {
    return tiling.positions * panel(rows).plane();
  }

  /** Sums lie as prepared filters do. */
  private int sumsAt(int position, int column) {
    return (column * tiling.positions + position * block) * tiling.depth;
  }

  private int chunkLength(int rows) {
    return Math.addExact(gradientsAt(rows), tiling.positions * gradientPlane(rows));
  }

  /** Floats of scratch memory of one thread. */
  int scratchLength() {
    int slice =
        LONGEST_SLICES / sums < FEWEST_SLICES ? 0 : chunkLength(sliceChunk() * tiling.rowsPerTile);
    return slice + Tiling.SCRATCH;
  }

  /** Floats of memory that the threads share, for that many images. */
  int sharedLength(int images) {
    long tiles = (long) images * tiling.tilesPerImage();
    int slices = slices(tiles);
    return slices > 0
        ? slices * sums
        : Math.addExact(chunkLength(sharedChunk(tiles) * tiling.rowsPerTile), sums);
  }

  /**
   * Adds the gradients.
   *
   * @param weightGradient {@code [K][C][kernel][kernel]}, added to
   * @param biasGradient {@code [K]}, added to
   */
  void add(
      int images,
      float[] input,
      float[] gradient,
      float[] weightGradient,
      float[] biasGradient,
      Workers workers) {
    int tiles = images * tiling.tilesPerImage();
    int slices = slices(tiles);
    float[] shared = workers.shared(sharedLength(images));
    int sumsAt = 0;
    if (slices > 0) {
      sumSlices(tiles, slices, input, gradient, shared, workers);
    } else {
      sumsAt = sumTogether(tiles, input, gradient, shared, workers);
    }
    gradients.addFilterGradient(shared, sumsAt, weightGradient, workers);
    BiasGradient.add(images, output, gradient, biasGradient, workers);
  }

  private void sumSlices(
      int tiles, int slices, float[] input, float[] gradient, float[] shared, Workers workers) {
    int chunk = sliceChunk();
    int rows = chunk * tiling.rowsPerTile;
    int work = chunkLength(rows);
    workers.run(
        slices,
        (slice, scratch) -> {
          float[] floats = scratch.floats(scratchLength());
          int to = slice * sums;
          Arrays.fill(shared, to, to + sums, 0f);
          int end = Slices.first(tiles, slices, slice + 1);
          for (int first = Slices.first(tiles, slices, slice); first < end; first += chunk) {
            int count = Math.min(chunk, end - first);
            gather(first, 0, count, rows, input, gradient, floats, floats, work);
            for (int position = 0; position < tiling.positions; position++) {
              for (int column = 0; column < columns; column += block) {
                multiply(position, column, count * tiling.rowsPerTile, rows, floats, shared, to);
              }
            }
          }
        });
    Slices.reduce(shared, sums, slices, workers);
  }

  /** Returns the offset of the sums. */
  private int sumTogether(
      int tiles, float[] input, float[] gradient, float[] shared, Workers workers) {
    int chunk = sharedChunk(tiles);
    int rows = chunk * tiling.rowsPerTile;
    int sumsAt = chunkLength(rows);
    int blocks = columns / block;
    for (int first = 0; first < tiles; first += chunk) {
      int start = first;
      int count = Math.min(chunk, tiles - first);
      workers.run(
          (count + PORTION - 1) / PORTION,
          (task, scratch) -> {
            float[] work = scratch.floats(scratchLength());
            int from = task * PORTION;
            int portion = Math.min(PORTION, count - from);
            gather(start + from, from, portion, rows, input, gradient, shared, work, 0);
          });
      workers.run(
          tiling.positions * blocks,
          (task, scratch) -> {
            int position = task / blocks;
            int column = task % blocks * block;
            if (start == 0) {
              int to = sumsAt + sumsAt(position, column);
              Arrays.fill(shared, to, to + tiling.depth * block, 0f);
            }
            multiply(position, column, count * tiling.rowsPerTile, rows, shared, shared, sumsAt);
          });
    }
    return sumsAt;
  }

  /**
   * Writes the panel and the gradients of the products of some tiles.
   *
   * @param first index of the first tile, over all images
   * @param at its index in the chunk
   * @param rows of a whole chunk
   */
  private void gather(
      int first,
      int at,
      int count,
      int rows,
      float[] input,
      float[] gradient,
      float[] chunk,
      float[] work,
      int workAt) {
    int row = at * tiling.rowsPerTile;
    tiling.gather(input, first, count, chunk, panel(rows), row, work, workAt);
    int rowStride = output.paddedWidth() * LANES;
    int plane = gradientPlane(rows);
    int columnsAt = gradientsAt(rows);
    for (int b = 0; b < output.blocks(); b++) {
      for (int i = 0; i < count; ) {
        int tile = first + i;
        int strip = tiling.strip(tile, count - i);
        int image = tiling.imageOf(tile);
        int from = output.index(image, b, tiling.rowOf(tile), tiling.columnOf(tile));
        int column = b * LANES / block * block;
        int to = columnsAt + column * rows + (row + i * tiling.rowsPerTile) * block;
        to += b * LANES - column;
        gradients.gatherGradient(
            tile, strip, gradient, from, rowStride, chunk, to, block, plane, work, workAt);
        i += strip;
      }
    }
  }

  /** Adds to the sums of one position and one block of columns. */
  private void multiply(
      int position, int column, int used, int rows, float[] chunk, float[] to, int sumsAt) {
    PanelLayout panel = panel(rows);
    int from = gradientsAt(rows) + position * gradientPlane(rows) + column * rows;
    int sums = sumsAt + sumsAt(position, column);
    for (int d = 0; d < tiling.depth; d += LANES) {
      Gemm.add(
          LANES,
          block,
          chunk,
          panel.index(position, 0, d / LANES),
          1,
          panel.rowStride(),
          used,
          chunk,
          from,
          block,
          to,
          sums + d * block,
          block);
    }
  }
}
