package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;

import org.vgg4j.kernels.Workers;

/**
 * How a convolution becomes matrix products: the output is cut into square tiles, each tile makes
 * one or several rows of every product, and there is one product per position.
 *
 * <p>The left matrices lie as panels in a {@link PanelLayout}. Stateless, hence thread-safe.
 */
abstract class Tiling {
  /**
   * Adjacent tiles that are transformed together: what two neighbours both read is transformed
   * once, and the rows read are long enough for the prefetcher.
   */
  static final int STRIP = 8;

  /**
   * The same in 6x6 tiles, of about the same width, so that the rows stay in the first-level cache.
   */
  private static final int LARGE_STRIP = 5;

  /** Floats of scratch that {@link #gather}, {@link #scatter} and gradients need. */
  static final int SCRATCH = 8 * 8 * STRIP * LANES;

  final int height;
  final int width;
  final int side;
  final int positions;
  final int rowsPerTile;
  final int depth;

  /**
   * @param height rows of the map
   * @param width columns of the map
   * @param side output pixels of a tile in each dimension
   * @param positions number of products
   * @param rowsPerTile rows of each product for one tile
   * @param depth depth of the products, a multiple of 16
   */
  Tiling(int height, int width, int side, int positions, int rowsPerTile, int depth) {
    this.height = height;
    this.width = width;
    this.side = side;
    this.positions = positions;
    this.rowsPerTile = rowsPerTile;
    this.depth = depth;
  }

  /** Tiles in a row. */
  final int tilesAcross() {
    return (width + side - 1) / side;
  }

  /** Tiles of one image. */
  final int tilesPerImage() {
    return tilesAcross() * ((height + side - 1) / side);
  }

  /** Tiles in the strip that starts at a tile, which ends with its row. */
  final int strip(int tile, int left) {
    return Math.min(
        Math.min(side > 4 ? LARGE_STRIP : STRIP, left), tilesAcross() - tile % tilesAcross());
  }

  final int imageOf(int tile) {
    return tile / tilesPerImage();
  }

  /** Row of a tile's first pixel. */
  final int rowOf(int tile) {
    return tile % tilesPerImage() / tilesAcross() * side;
  }

  /** Column of a tile's first pixel. */
  final int columnOf(int tile) {
    return tile % tilesAcross() * side;
  }

  /** Floats of the prepared weights, for that many outputs. */
  final int weightsLength(int columns) {
    return Math.multiplyExact(Math.multiplyExact(positions, depth), columns);
  }

  /**
   * Writes the inputs of some tiles into the panels.
   *
   * @param input the maps, or images
   * @param first index of the first tile, over all images
   * @param count number of tiles
   * @param layout of the panels
   * @param row the first tile's first row in the panels
   * @param scratch at least {@link #SCRATCH} floats from the offset
   */
  abstract void gather(
      float[] input,
      int first,
      int count,
      float[] panel,
      PanelLayout layout,
      int row,
      float[] scratch,
      int offset);

  /**
   * Turns 16 columns of a strip's products into pixels.
   *
   * @param tiles of the strip
   * @param products {@code [position][row][columns]}, the strip's first row and column at the
   *     offset
   * @param columns floats between two rows
   * @param plane floats between two positions
   * @param pixels {@code [side][tiles * side][16]} from its offset
   * @param scratch at least {@link #SCRATCH} floats from its offset
   */
  abstract void scatter(
      int tiles,
      float[] products,
      int from,
      int columns,
      int plane,
      float[] pixels,
      int to,
      float[] scratch,
      int offset);

  /**
   * Brings filters into the form that the products read, {@code
   * [columns/block][position][depth][block]}.
   *
   * @param filters {@code [K][C][kernel][kernel]}
   * @param turned whether to rotate them by 180 degrees and swap inputs and outputs, for the
   *     gradient with respect to the input
   */
  abstract void prepare(float[] filters, boolean turned, float[] prepared, Workers workers);
}
