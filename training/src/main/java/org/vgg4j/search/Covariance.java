package org.vgg4j.search;

import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.network.HostThreads;

/** The covariance of descriptors, in double precision. */
final class Covariance {
  /** Rows that are added at a time, so that they stay in a cache meanwhile. */
  private static final int ROWS = 64;

  private Covariance() {}

  /**
   * Returns {@code [described][described]}, as rows of the matrix.
   *
   * @param step every so many-th descriptor counts
   * @param mean of these
   */
  static double[][] of(RowSource rows, int step, double[] mean, HostThreads threads) {
    Kernels kernels = KernelLookup.get().kernels();
    int described = mean.length;
    double[][] sums = new double[described][described];
    float[][] some = new float[ROWS][described];
    int used = 0;
    for (int first = 0; first < rows.count(); first += ROWS * step) {
      int count = 0;
      for (int r = first; r < rows.count() && count < ROWS; r += step) {
        float[] row = some[count++];
        rows.read(r, row);
        for (int i = 0; i < described; i++) {
          row[i] = (float) (row[i] - mean[i]);
        }
      }
      int read = count;
      threads.parallel(
          described,
          i -> {
            for (int r = 0; r < read; r++) {
              if (some[r][i] != 0) {
                kernels.addScaled(described - i, some[r][i], some[r], i, sums[i], i);
              }
            }
          });
      used += count;
    }
    for (int i = 0; i < described; i++) {
      for (int j = i; j < described; j++) {
        sums[i][j] /= used - 1;
        sums[j][i] = sums[i][j];
      }
    }
    return sums;
  }
}
