package org.vgg4j.svm;

/** Some rows of others, in a given order. Nothing is copied. */
public final class ChosenRows implements Rows {
  private final Rows whole;
  private final int[] indices;

  /**
   * @param whole the rows to choose from
   * @param indices which of them, in which order; copied
   * @throws IndexOutOfBoundsException if one is outside the whole
   */
  public ChosenRows(Rows whole, int[] indices) {
    this.whole = whole;
    this.indices = indices.clone();
    for (int index : this.indices) {
      if (index < 0 || index >= whole.count()) {
        throw new IndexOutOfBoundsException("row " + index + " of " + whole.count());
      }
    }
  }

  @Override
  public int count() {
    return indices.length;
  }

  @Override
  public int width() {
    return whole.width();
  }

  @Override
  public Reader reader() {
    Reader reader = whole.reader();
    return new Reader() {
      @Override
      public double dot(int row, double[] weights, int from) {
        return reader.dot(indices[row], weights, from);
      }

      @Override
      public void addScaled(int row, double factor, double[] sums, int from) {
        reader.addScaled(indices[row], factor, sums, from);
      }
    };
  }
}
