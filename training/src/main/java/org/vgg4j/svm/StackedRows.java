package org.vgg4j.svm;

import java.util.List;

/**
 * Several descriptors of the same images side by side: a row consists of the rows of all, one after
 * the other. Nothing is copied.
 */
public final class StackedRows implements Rows {
  private final List<Rows> blocks;
  private final int width;

  /**
   * @param blocks of the same images in the same order; at least one
   * @throws IllegalArgumentException if there is none, or their numbers of rows differ
   */
  public StackedRows(List<Rows> blocks) {
    if (blocks.isEmpty() || blocks.stream().mapToInt(Rows::count).distinct().count() != 1) {
      throw new IllegalArgumentException("descriptors of one number of images are needed");
    }
    this.blocks = List.copyOf(blocks);
    this.width = blocks.stream().mapToInt(Rows::width).reduce(0, Math::addExact);
  }

  @Override
  public int count() {
    return blocks.get(0).count();
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public Reader reader() {
    List<Reader> readers = blocks.stream().map(Rows::reader).toList();
    return new Reader() {
      @Override
      public double dot(int row, double[] weights, int from) {
        double sum = 0;
        int at = from;
        for (int b = 0; b < readers.size(); b++) {
          sum += readers.get(b).dot(row, weights, at);
          at += blocks.get(b).width();
        }
        return sum;
      }

      @Override
      public void addScaled(int row, double factor, double[] sums, int from) {
        int at = from;
        for (int b = 0; b < readers.size(); b++) {
          readers.get(b).addScaled(row, factor, sums, at);
          at += blocks.get(b).width();
        }
      }
    };
  }
}
