package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;

import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/** 3x3 convolution by minimal filtering: one row per tile, one product per transformed pixel. */
final class WinogradTiling extends Tiling {
  private static final int KERNEL = 3;
  private static final int TAPS = KERNEL * KERNEL;

  /** Floats of scratch that {@link #prepare} and {@link #addFilterGradient} need. */
  static final int PREPARE_SCRATCH = SCRATCH + TAPS * LANES;

  private final MapLayout input;
  private final int columns;
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
      int row,
      int plane,
      float[] scratch,
      int offset) {
    int n = filtering.inputs();
    int rowStride = input.paddedWidth() * LANES;
    int rowOfScratch = n * LANES;
    // one block after the other: few streams through memory at a time, which the processor foresees
    for (int block = 0; block < input.blocks(); block++) {
      for (int i = 0; i < count; i++) {
        int tile = first + i;
        int image = tile / tilesPerImage();
        int y = tile % tilesPerImage() / tilesAcross() * side;
        int x = tile % tilesAcross() * side;
        // the halo puts the tile's upper left neighbour at (y, x) of the padded map
        int from = input.index(image, block, y - 1, x - 1);
        int to = (row + i) * panelRow + block * LANES;
        filtering.input(n, maps, from, rowStride, LANES, scratch, offset, rowOfScratch, LANES);
        filtering.input(n, scratch, offset, LANES, rowOfScratch, panel, to, plane, n * plane);
      }
    }
  }

  @Override
  void scatter(
      float[] products,
      int from,
      int rowLength,
      int plane,
      float[] pixels,
      int to,
      float[] scratch,
      int offset) {
    int n = filtering.inputs();
    int m = filtering.outputs();
    int rowOfScratch = n * LANES;
    filtering.output(n, products, from, n * plane, plane, scratch, offset, rowOfScratch, LANES);
    filtering.output(m, scratch, offset, LANES, rowOfScratch, pixels, to, LANES, m * LANES);
  }

  @Override
  void gatherGradient(
      float[] gradient,
      int from,
      int rowStride,
      int inside,
      float[] products,
      int to,
      int rowLength,
      int plane,
      float[] scratch,
      int offset) {
    // what lies beyond the map is zero: the padded map holds whole tiles
    int n = filtering.inputs();
    int m = filtering.outputs();
    int rowOfScratch = m * LANES;
    filtering.outputGradient(
        m, gradient, from, rowStride, LANES, scratch, offset, rowOfScratch, LANES);
    filtering.outputGradient(
        n, scratch, offset, LANES, rowOfScratch, products, to, plane, n * plane);
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
      // outer index times inner count plus inner index, as the filters lie: [K][C][3][3]
      int filter = turned ? d * columns + first + lane : (first + lane) * depth + d;
      for (int tap = 0; tap < TAPS; tap++) {
        int source = turned ? TAPS - 1 - tap : tap;
        to[offset + tap * LANES + lane] = filters[filter * TAPS + source];
      }
    }
  }

  @Override
  void addFilterGradient(float[] products, int at, float[] filterGradient, Workers workers) {
    int n = filtering.inputs();
    workers.run(
        columns / LANES,
        (task, scratch) -> {
          float[] work = scratch.floats(PREPARE_SCRATCH);
          int plane = depth * columns;
          for (int d = 0; d < depth; d++) {
            int from = at + d * columns + task * LANES;
            int rowOfWork = n * LANES;
            filtering.filterGradient(
                n, products, from, n * plane, plane, work, 0, rowOfWork, LANES);
            filtering.filterGradient(
                KERNEL, work, 0, LANES, rowOfWork, work, SCRATCH, LANES, KERNEL * LANES);
            for (int lane = 0; lane < LANES; lane++) {
              int to = ((task * LANES + lane) * depth + d) * TAPS;
              for (int tap = 0; tap < TAPS; tap++) {
                filterGradient[to + tap] += work[SCRATCH + tap * LANES + lane];
              }
            }
          }
        });
  }
}
