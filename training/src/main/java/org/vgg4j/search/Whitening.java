package org.vgg4j.search;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.network.HostThreads;

/**
 * Makes rows of descriptors: projects them on the first principal components of the descriptors it
 * was learnt from, each divided by its deviation (Jégou and Chum, ECCV 2012), so that directions in
 * which most images agree do not outweigh those that tell them apart. Immutable.
 */
final class Whitening {
  /** Descriptors to learn from: more would change little. */
  private static final int MOST_ROWS = 1 << 14;

  private final double[] mean;
  private final double[] axes; // [kept][described], divided by the deviations

  private Whitening(double[] mean, double[] axes) {
    this.mean = mean;
    this.axes = axes;
  }

  /**
   * Learns from descriptors; from every second, third and so on of very many.
   *
   * @param described length of each
   * @param kept number of components
   * @throws InputException if the descriptors have fewer independent directions
   */
  static Whitening learn(RowSource rows, int described, int kept, HostThreads threads) {
    int step = (rows.count() + MOST_ROWS - 1) / MOST_ROWS;
    requireEnough(rows.count(), described, kept);
    double[] mean = new double[described];
    float[] row = new float[described];
    int used = 0;
    for (int r = 0; r < rows.count(); r += step) {
      rows.read(r, row);
      for (int i = 0; i < described; i++) {
        mean[i] += row[i];
      }
      used++;
    }
    for (int i = 0; i < described; i++) {
      mean[i] /= used;
    }
    PrincipalAxes found =
        PrincipalAxes.of(
            Covariance.of(rows, step, mean, threads), described, Math.min(kept, used - 1), threads);
    double[] axes = new double[kept * described];
    for (int k = 0; k < kept; k++) {
      double variance = k < found.variances().length ? found.variances()[k] : 0;
      if (!(variance > found.variances()[0] * 1e-10)) {
        throw new InputException(
            "option pca is %d, but the descriptors of these images have only %d independent directions: take no more"
                .formatted(kept, k));
      }
      for (int i = 0; i < described; i++) {
        axes[k * described + i] = found.axes()[k][i] / Math.sqrt(variance);
      }
    }
    return new Whitening(mean, axes);
  }

  /**
   * Requires that so many descriptors can have so many independent directions.
   *
   * @throws InputException if they cannot
   */
  static void requireEnough(int images, int described, int kept) {
    if (kept > described || kept >= images) {
      throw new InputException(
          "option pca is %d, but %,d images with descriptors of %,d numbers have at most %,d directions: take fewer, or leave it out"
              .formatted(kept, images, described, Math.min(described, images - 1)));
    }
  }

  /** Length of a row. */
  int kept() {
    return axes.length / mean.length;
  }

  /** The row of a descriptor, not normalised. */
  double[] apply(float[] descriptor) {
    Kernels kernels = KernelLookup.get().kernels();
    float[] centred = new float[mean.length];
    for (int i = 0; i < centred.length; i++) {
      centred[i] = (float) (descriptor[i] - mean[i]);
    }
    double[] row = new double[kept()];
    for (int k = 0; k < row.length; k++) {
      row[k] = kernels.dot(centred.length, centred, 0, axes, k * centred.length);
    }
    return row;
  }

  /** Bytes of one in a file. */
  static long bytes(int described, int kept) {
    return Double.BYTES * (described + (long) described * kept);
  }

  byte[] toBytes() {
    ByteBuffer bytes =
        ByteBuffer.allocate((int) bytes(mean.length, kept())).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(mean).put(axes);
    return bytes.array();
  }

  static Whitening of(ByteBuffer bytes, int described, int kept) {
    double[] mean = new double[described];
    double[] axes = new double[described * kept];
    bytes.asDoubleBuffer().get(mean).get(axes);
    return new Whitening(mean, axes);
  }
}
