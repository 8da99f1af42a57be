package org.vgg4j.svm;

/**
 * Descriptors: a matrix of floats, a row for each image, which stays where it is. Implementations
 * are immutable and thread-safe, as long as nobody writes to what they read from.
 */
public interface Rows {
  /** Returns the number of rows. */
  int count();

  /** Returns the length of a row, at least 1. */
  int width();

  /** Returns a reader for one thread. */
  Reader reader();

  /** What one thread computes with rows. Not thread-safe. */
  interface Reader {
    /**
     * Returns the dot product of a row with weights.
     *
     * @param row from 0 to count - 1
     * @param weights holds {@link Rows#width} weights
     * @param from index of the first weight
     */
    double dot(int row, double[] weights, int from);

    /**
     * Adds a multiple of a row to sums.
     *
     * @param row from 0 to count - 1
     * @param factor what each value is multiplied by
     * @param sums holds {@link Rows#width} sums, overwritten
     * @param from index of the first sum
     */
    void addScaled(int row, double factor, double[] sums, int from);
  }
}
