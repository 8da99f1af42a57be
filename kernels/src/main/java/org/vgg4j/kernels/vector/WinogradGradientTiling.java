package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;

import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/** The tiles of a 3x3 convolution for the gradient with respect to its filters. */
final class WinogradGradientTiling extends WinogradTiling implements GradientTiling {
  private final DifferentiableFiltering filtering;

  /**
   * @param input layout of what the convolution reads
   * @param columns channels of what it writes
   */
  WinogradGradientTiling(MapLayout input, int columns, DifferentiableFiltering filtering) {
    super(input, columns, filtering);
    this.filtering = filtering;
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
      int rowLength,
      int plane,
      float[] scratch,
      int offset) {
    // zeros lie beyond the map, which is padded to whole tiles
    int n = filtering.inputs();
    int m = side;
    int row = tiles * m * LANES;
    filtering.outputGradient(
        tiles * m, gradient, from, rowStride, LANES, scratch, offset, row, LANES);
    for (int i = 0; i < tiles; i++) {
      int work = offset + i * m * LANES;
      filtering.outputGradient(
          n, scratch, work, LANES, row, products, to + i * rowLength, plane, n * plane);
    }
  }

  @Override
  public void addFilterGradient(float[] products, int at, float[] filterGradient, Workers workers) {
    int n = filtering.inputs();
    int block = Gemm.columnBlock(columns);
    workers.run(
        columns / LANES,
        (task, scratch) -> {
          float[] work = scratch.floats(PREPARE_SCRATCH);
          int plane = depth * block;
          int base = at + task * LANES / block * block * positions * depth + task * LANES % block;
          for (int d = 0; d < depth; d++) {
            int from = base + d * block;
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
