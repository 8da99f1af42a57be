package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;

import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/** 3x3 convolution by minimal filtering: one row per tile, one product per transformed pixel. */
class WinogradTiling extends Tiling {
  static final int KERNEL = 3;
  static final int TAPS = KERNEL * KERNEL;

  /** Floats of scratch for {@link #prepare} and its reverse for gradients. */
  static final int PREPARE_SCRATCH = SCRATCH + TAPS * LANES;

  private final MapLayout input;
  final int columns;
  private final MinimalFiltering filtering;

  /**
   * @param input layout of what is read
   * @param columns channels of what is written
   */
  WinogradTiling(MapLayout input, int columns, MinimalFiltering filtering) {
    super(
        input.height(),
        input.width(),
        filtering.outputs(),
        filtering.inputs() * filtering.inputs(),
        1,
        input.channels());
    this.input = input;
    this.columns = columns;
    this.filtering = filtering;
  }

  @Override
  void gather(
      float[] maps,
      int first,
      int count,
      float[] panel,
      PanelLayout layout,
      int row,
      float[] scratch,
      int offset) {
    // one block after the other: few streams through memory at a time, which the prefetcher follows
    for (int block = 0; block < input.blocks(); block++) {
      for (int i = 0; i < count; ) {
        int tile = first + i;
        int tiles = strip(tile, count - i);
        // with the halo, the tile's upper left neighbour is at (y, x) of the padded map
        int from = input.index(imageOf(tile), block, rowOf(tile) - 1, columnOf(tile) - 1);
        int to = layout.index(0, row + i, block);
        gatherStrip(tiles, maps, from, panel, to, layout, scratch, offset);
        i += tiles;
      }
    }
  }

  private void gatherStrip(
      int tiles,
      float[] maps,
      int from,
      float[] panel,
      int to,
      PanelLayout layout,
      float[] scratch,
      int offset) {
    int n = filtering.inputs();
    int plane = layout.plane();
    int rowStride = input.paddedWidth() * LANES;
    int columns = tiles * side + n - side;
    int row = columns * LANES;
    filtering.input(columns, maps, from, rowStride, LANES, scratch, offset, row, LANES);
    for (int i = 0; i < tiles; i++) {
      int at = offset + i * side * LANES;
      filtering.input(
          n, scratch, at, LANES, row, panel, to + i * layout.rowStride(), plane, n * plane);
    }
  }

  @Override
  void scatter(
      int tiles,
      float[] products,
      int from,
      int rowLength,
      int plane,
      float[] pixels,
      int to,
      float[] scratch,
      int offset) {
    int n = filtering.inputs();
    int m = side;
    int row = tiles * n * LANES;
    for (int i = 0; i < tiles; i++) {
      int at = from + i * rowLength;
      int work = offset + i * n * LANES;
      filtering.output(n, products, at, n * plane, plane, scratch, work, row, LANES);
    }
    for (int i = 0; i < tiles; i++) {
      int work = offset + i * n * LANES;
      int pixel = to + i * m * LANES;
      filtering.output(m, scratch, work, LANES, row, pixels, pixel, LANES, tiles * m * LANES);
    }
  }

  @Override
  void prepare(float[] filters, boolean turned, float[] prepared, Workers workers) {
    int n = filtering.inputs();
    int block = Gemm.columnBlock(columns);
    workers.run(
        columns / LANES,
        (task, scratch) -> {
          int first = task * LANES;
          float[] work = scratch.floats(PREPARE_SCRATCH);
          int base = first / block * block * positions * depth + first % block;
          for (int d = 0; d < depth; d++) {
            gatherFilters(filters, turned, first, d, work, SCRATCH);
            int rowOfWork = KERNEL * LANES;
            int to = base + d * block;
            int plane = depth * block;
            filtering.filter(KERNEL, work, SCRATCH, rowOfWork, LANES, work, 0, rowOfWork, LANES);
            filtering.filter(n, work, 0, LANES, rowOfWork, prepared, to, plane, n * plane);
          }
        });
  }

  /** The filters from one input to 16 outputs, {@code [3][3][16]}. */
  private void gatherFilters(
      float[] filters, boolean turned, int first, int d, float[] to, int offset) {
    for (int lane = 0; lane < LANES; lane++) {
      // outer index times inner count plus inner index, as filters are [K][C][3][3]
      int filter = turned ? d * columns + first + lane : (first + lane) * depth + d;
      for (int tap = 0; tap < TAPS; tap++) {
        int source = turned ? TAPS - 1 - tap : tap;
        to[offset + tap * LANES + lane] = filters[filter * TAPS + source];
      }
    }
  }
}
