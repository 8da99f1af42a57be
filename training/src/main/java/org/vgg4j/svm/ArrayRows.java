package org.vgg4j.svm;

import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;

/** Rows in one array, which is not copied. */
public final class ArrayRows implements Rows {
  private final float[] values;
  private final int width;

  /**
   * @param values {@code [count][width]}
   * @param width length of a row, at least 1
   * @throws IllegalArgumentException if the array does not hold whole rows
   */
  public ArrayRows(float[] values, int width) {
    if (width < 1 || values.length % width != 0) {
      throw new IllegalArgumentException(
          values.length + " values are no whole rows of length " + width);
    }
    this.values = values;
    this.width = width;
  }

  @Override
  public int count() {
    return values.length / width;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public Reader reader() {
    Kernels kernels = KernelLookup.get().kernels();
    return new Reader() {
      @Override
      public double dot(int row, double[] weights, int from) {
        return kernels.dot(width, values, row * width, weights, from);
      }

      @Override
      public void addScaled(int row, double factor, double[] sums, int from) {
        kernels.addScaled(width, factor, values, row * width, sums, from);
      }
    };
  }
}
