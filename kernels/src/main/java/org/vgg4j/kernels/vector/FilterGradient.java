package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/**
 * The gradient by the filters of a tiled convolution: for each position the product of the panel,
 * turned, with the gradients of the products, summed over all tiles.
 *
 * <p>Tiles are taken in chunks whose size depends on the shape only, and each value of the sum is
 * owned by one task, so that the order of summation is always the same.
 */
final class FilterGradient {
  /**
   * Floats of panel and gradients of a chunk of tiles. A chunk wants to stay in the caches; but the
   * sums are read and written once per chunk, so it should not be small beside them.
   */
  private static final int SHORTEST = 1 << 19;

  private static final int LONGEST = 6 << 20;
  private static final int PER_SUM = 4;

  private static final int SMALLEST_CHUNK = 12;

  private final Tiling tiling;
  private final MapLayout output;
  private final int columns;
  private final int block;

  FilterGradient(Tiling tiling, MapLayout output) {
    this.tiling = tiling;
    this.output = output;
    this.columns = output.channels();
    this.block = Gemm.columnBlock(columns);
  }

  private int chunk(int tiles) {
    int perTile = tiling.positions * tiling.rowsPerTile * (tiling.depth + columns);
    int sums = tiling.positions * tiling.depth * columns;
    int longest = Math.max(SHORTEST, Math.min(LONGEST, PER_SUM * sums));
    int most = Math.max(1, longest / perTile / SMALLEST_CHUNK) * SMALLEST_CHUNK;
    int needed = (tiles + SMALLEST_CHUNK - 1) / SMALLEST_CHUNK * SMALLEST_CHUNK;
    return Math.min(most, needed);
  }

  private int gradientPlane(int rows) {
    return rows * columns + LANES;
  }

  /** Floats of memory that the threads share, for that many images. */
  int sharedLength(int images) {
    int rows = chunk(images * tiling.tilesPerImage()) * tiling.rowsPerTile;
    return Math.addExact(sumsAt(rows), tiling.positions * tiling.depth * columns);
  }

  /** The shared memory holds the panel, then the gradients of the products, then the sums. */
  private int gradientsAt(int rows) {
    return tiling.positions * tiling.panelPlane(rows);
  }

  private int sumsAt(int rows) {
    return gradientsAt(rows) + tiling.positions * gradientPlane(rows);
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
    int chunk = chunk(tiles);
    int rows = chunk * tiling.rowsPerTile;
    float[] shared = workers.shared(sharedLength(images));
    for (int first = 0; first < tiles; first += chunk) {
      int count = Math.min(chunk, tiles - first);
      gather(first, count, rows, input, gradient, shared, workers);
      multiply(count * tiling.rowsPerTile, rows, shared, first == 0, workers);
    }
    tiling.addFilterGradient(shared, sumsAt(rows), weightGradient, workers);
    addBias(images, gradient, biasGradient, workers);
  }

  private void gather(
      int first,
      int count,
      int rows,
      float[] input,
      float[] gradient,
      float[] shared,
      Workers workers) {
    int portion = 12;
    int panelPlane = tiling.panelPlane(rows);
    int gradientPlane = gradientPlane(rows);
    workers.run(
        (count + portion - 1) / portion,
        (task, scratch) -> {
          float[] work = scratch.floats(Tiling.SCRATCH);
          int from = task * portion;
          int portionTiles = Math.min(portion, count - from);
          int row = from * tiling.rowsPerTile;
          tiling.gather(input, first + from, portionTiles, shared, row, panelPlane, work, 0);
          for (int b = 0; b < output.blocks(); b++) {
            for (int i = 0; i < portionTiles; i++) {
              int at = gradientsAt(rows) + (row + i * tiling.rowsPerTile) * columns + b * LANES;
              gatherGradient(first + from + i, b, gradient, shared, at, gradientPlane, work);
            }
          }
        });
  }

  private void gatherGradient(
      int tile, int b, float[] gradient, float[] shared, int to, int plane, float[] work) {
    int image = tile / tiling.tilesPerImage();
    int y = tile % tiling.tilesPerImage() / tiling.tilesAcross() * tiling.side;
    int x = tile % tiling.tilesAcross() * tiling.side;
    int rowsInside = Math.min(tiling.side, tiling.height - y);
    int columnsInside = Math.min(tiling.side, tiling.width - x);
    tiling.gatherGradient(
        gradient,
        output.index(image, b, y, x),
        output.paddedWidth() * LANES,
        rowsInside * LANES + columnsInside,
        shared,
        to,
        columns,
        plane,
        work,
        0);
  }

  private void multiply(int used, int rows, float[] shared, boolean first, Workers workers) {
    int depthBlocks = tiling.depth / LANES;
    int panelPlane = tiling.panelPlane(rows);
    int gradientPlane = gradientPlane(rows);
    workers.run(
        tiling.positions * depthBlocks,
        (task, scratch) -> {
          int position = task / depthBlocks;
          int d = task % depthBlocks * LANES;
          float[] work = scratch.floats(Gemm.WORK);
          int to = sumsAt(rows) + (position * tiling.depth + d) * columns;
          if (first) {
            Arrays.fill(shared, to, to + LANES * columns, 0f);
          }
          for (int column = 0; column < columns; column += block) {
            Gemm.add(
                LANES,
                block,
                shared,
                position * panelPlane + d,
                1,
                tiling.panelRow,
                used,
                shared,
                gradientsAt(rows) + position * gradientPlane + column,
                columns,
                shared,
                to + column,
                columns,
                work,
                0);
          }
        });
  }

  private void addBias(int images, float[] gradient, float[] biasGradient, Workers workers) {
    workers.run(
        output.blocks(),
        (b, scratch) -> {
          double[] sums = new double[LANES];
          float[] row = scratch.floats(LANES);
          for (int image = 0; image < images; image++) {
            for (int y = 0; y < output.height(); y++) {
              sumRow(gradient, output.index(image, b, y, 0), output.width(), row);
              for (int l = 0; l < LANES; l++) {
                sums[l] += row[l];
              }
            }
          }
          for (int l = 0; l < LANES; l++) {
            biasGradient[b * LANES + l] += (float) sums[l];
          }
        });
  }

  private static void sumRow(float[] values, int from, int pixels, float[] sum) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      FloatVector s = FloatVector.zero(SPECIES);
      for (int i = 0; i < pixels; i++) {
        s = s.add(FloatVector.fromArray(SPECIES, values, from + i * LANES + l));
      }
      s.intoArray(sum, l);
    }
  }
}
