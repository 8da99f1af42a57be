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
      float[] maps, int tile, float[] panel, int row, int plane, float[] scratch, int offset) {
    int n = filtering.inputs();
    int image = tile / tilesPerImage();
    int y = tile % tilesPerImage() / tilesAcross() * side;
    int x = tile % tilesAcross() * side;
    int rowStride = input.paddedWidth() * LANES;
    for (int block = 0; block < input.blocks(); block++) {
      // the halo puts the tile's upper left neighbour at (y, x) of the padded map
      int from = input.index(image, block, y - 1, x - 1);
      int to = row * panelRow + block * LANES;
      for (int j = 0; j < n; j++) {
        filtering.input(maps, from + j * LANES, rowStride, scratch, offset + j * LANES, n * LANES);
      }
      for (int i = 0; i < n; i++) {
        filtering.input(scratch, offset + i * n * LANES, LANES, panel, to + i * n * plane, plane);
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
    for (int j = 0; j < n; j++) {
      filtering.output(
          products, from + j * plane, n * plane, scratch, offset + j * LANES, n * LANES);
    }
    for (int i = 0; i < m; i++) {
      filtering.output(scratch, offset + i * n * LANES, LANES, pixels, to + i * m * LANES, LANES);
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
      int rowLength,
      int plane,
      float[] scratch,
      int offset) {
    // what lies beyond the map is zero: the padded map holds whole tiles
    int n = filtering.inputs();
    int m = filtering.outputs();
    for (int j = 0; j < m; j++) {
      filtering.outputGradient(
          gradient, from + j * LANES, rowStride, scratch, offset + j * LANES, m * LANES);
    }
    for (int i = 0; i < n; i++) {
      filtering.outputGradient(
          scratch, offset + i * m * LANES, LANES, products, to + i * n * plane, plane);
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
            for (int j = 0; j < KERNEL; j++) {
              filtering.filter(
                  work, SCRATCH + j * LANES, KERNEL * LANES, work, j * LANES, KERNEL * LANES);
            }
            int to = base + d * block;
            int plane = depth * block;
            for (int i = 0; i < n; i++) {
              filtering.filter(
                  work, i * KERNEL * LANES, LANES, prepared, to + i * n * plane, plane);
            }
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
            for (int j = 0; j < n; j++) {
              filtering.filterGradient(
                  products, from + j * plane, n * plane, work, j * LANES, n * LANES);
            }
            for (int i = 0; i < KERNEL; i++) {
              filtering.filterGradient(
                  work, i * n * LANES, LANES, work, SCRATCH + i * KERNEL * LANES, LANES);
            }
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
