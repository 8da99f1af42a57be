package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.kernels.Product.Tile;

/** Which tiles the products of convolutions are cut into. */
public enum Tiles {
  /** What was fastest on an H200, by the kernels of the GPU's family. */
  BY_SHAPE,
  /**
   * Ampere's kernels, 256x128 wherever a row of tiles has as many columns: a block has a
   * multiprocessor for itself.
   */
  LARGE,
  /** Ampere's kernels, 128 rows: two blocks share a multiprocessor. */
  SMALL,
  /** Hopper's kernels, 128 outputs and 256 pixels. */
  HOPPER_WIDE,
  /** Hopper's kernels, 64 outputs and 256 pixels. */
  HOPPER_LONG;

  private static final Tile LARGE_TILE = new Tile(256, 128);

  /** Rows from which on a large tile that is not full costs little. */
  private static final int MANY_ROWS = 1024;

  /** Steps of a sum from which on a block's beginning and end cost little. */
  private static final int MANY_STEPS = 32;

  /** The family that has these, of a GPU's. */
  Family family(Family best) {
    return switch (this) {
      case BY_SHAPE -> best;
      case LARGE, SMALL -> Family.AMPERE;
      case HOPPER_WIDE, HOPPER_LONG -> Family.HOPPER;
    };
  }

  /** Whether a GPU with the kernels of that family can use these. */
  public boolean runOn(Family best) {
    return best == Family.HOPPER || family(best) == Family.AMPERE;
  }

  /** A layer's products. */
  Products products(Products.Layer layer) {
    if (family(layer.library().family()) == Family.AMPERE) {
      return new AmpereProducts(layer, this);
    }
    return switch (this) {
      case HOPPER_WIDE -> new HopperProducts(layer, HopperTile.WIDE);
      case HOPPER_LONG -> new HopperProducts(layer, HopperTile.LONG);
      default -> new HopperProducts(layer, null);
    };
  }

  private static int width(int columns) {
    return columns % 128 == 0 || columns > 512 ? 128 : 64;
  }

  /** The product of a forward pass, or of a gradient with respect to the input. */
  Product maps(int rows, int columns, int length, Precision precision) {
    int steps = Product.steps(length);
    boolean fits =
        rows >= MANY_ROWS
            && steps >= MANY_STEPS
            && LARGE_TILE.count(rows, columns) >= Product.MULTIPROCESSORS;
    boolean large = width(columns) == 128 && (this == LARGE || this == BY_SHAPE && fits);
    Tile tile = large ? LARGE_TILE : new Tile(128, width(columns));
    return Product.of(tile, rows, columns, steps * precision.products());
  }

  /** The product of a gradient with respect to weights, with a row for each output. */
  static Product weights(int outputs, int length, int pixels, Precision precision) {
    int steps = Product.steps(pixels) * precision.products();
    return Product.of(new Tile(width(outputs), 128), outputs, length, steps);
  }
}
