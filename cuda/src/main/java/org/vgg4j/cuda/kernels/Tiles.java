package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.kernels.Product.Tile;

/** Which tiles a product is cut into. */
public enum Tiles {
  /** Large ones where they are enough for the card that this is tuned for. */
  BY_SHAPE,
  /** 256 rows: a block has a multiprocessor for itself. */
  LARGE,
  /** 128 rows: two blocks share a multiprocessor. */
  SMALL;

  private static int width(int columns) {
    return columns % 128 == 0 || columns > 512 ? 128 : 64;
  }

  /** The product of {@code convolution.cu}. */
  Product product(int rows, int columns, int steps) {
    Tile large = new Tile(256, width(columns));
    boolean enough = large.count(rows, columns) >= Product.MULTIPROCESSORS;
    Tile tile = isLarge(enough) ? large : new Tile(128, width(columns));
    return Product.of(tile, rows, columns, steps);
  }

  private boolean isLarge(boolean enough) {
    return this == LARGE || this == BY_SHAPE && enough;
  }

  /** The product of {@code weight_gradient.cu}, with a row for each output. */
  Product weightProduct(int outputs, int length, int steps) {
    boolean large = isLarge(outputs % 256 == 0);
    Tile tile = new Tile(large ? 256 : width(outputs), 128);
    return Product.of(tile, outputs, length, steps);
  }
}
