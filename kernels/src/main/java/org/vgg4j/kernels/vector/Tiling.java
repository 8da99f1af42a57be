package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;

import org.vgg4j.kernels.Workers;

/**
 * How a convolution becomes matrix products. The output is cut into square tiles; each tile is one
 * or several rows of a product, and there is one product for each position.
 *
 * <p>The left matrices lie as panels {@code [position][row][depth]}. Stateless, hence thread-safe.
 */
abstract class Tiling {
  /** Floats of scratch that {@link #gather}, {@link #scatter} and {@link #gatherGradient} need. */
  static final int SCRATCH = 6 * 6 * LANES;

  final int height;
  final int width;
  final int side;
  final int positions;
  final int rowsPerTile;
  final int depth;

  /** Floats between two rows of a panel; 16 more than needed, against cache conflicts. */
  final int panelRow;

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
    this.panelRow = depth + LANES;
  }

  /** Tiles of one row of tiles. */
  final int tilesAcross() {
    return (width + side - 1) / side;
  }

  /** Tiles of one image. */
  final int tilesPerImage() {
    return tilesAcross() * ((height + side - 1) / side);
  }

  /** Floats of the weights as the products read them, for that many outputs. */
  final int weightsLength(int columns) {
    return Math.multiplyExact(Math.multiplyExact(positions, depth), columns);
  }

  /** Floats between two positions of a panel, whose rows are whole groups of the micro-kernel's. */
  final int panelPlane(int rows) {
    return (rows + Gemm.ROWS - 1) / Gemm.ROWS * Gemm.ROWS * panelRow + LANES;
  }

  /**
   * Writes what some tiles read into the panels.
   *
   * @param input the maps, or images
   * @param first index of the first tile, over all images
   * @param count number of tiles
   * @param row the first tile's first row in the panels
   * @param plane floats between two positions
   * @param scratch at least {@link #SCRATCH} floats from the offset
   */
  abstract void gather(
      float[] input,
      int first,
      int count,
      float[] panel,
      int row,
      int plane,
      float[] scratch,
      int offset);

  /**
   * Turns a tile's 16 columns of the products into its pixels.
   *
   * @param products {@code [position][row][columns]}, the tile's first row and column at the offset
   * @param columns floats between two rows
   * @param plane floats between two positions
   * @param pixels {@code [side][side][16]} from its offset
   * @param scratch at least {@link #SCRATCH} floats from its offset
   */
  abstract void scatter(
      float[] products,
      int from,
      int columns,
      int plane,
      float[] pixels,
      int to,
      float[] scratch,
      int offset);

  /**
   * The reverse of {@link #scatter} for gradients: turns the gradients of a tile's pixels, 16 lanes
   * of them, into those of the products.
   *
   * @param gradient a map in blocks
   * @param from where the tile's first pixel lies
   * @param rowStride floats between two rows of the map
   * @param inside how many columns and rows of the tile lie in the map, row count * 16 + columns
   * @param products {@code [position][row][columns]}, the tile's first row and column at the offset
   */
  abstract void gatherGradient(
      float[] gradient,
      int from,
      int rowStride,
      int inside,
      float[] products,
      int to,
      int columns,
      int plane,
      float[] scratch,
      int offset);

  /**
   * Brings filters into the form of the products, {@code [columns/block][position][depth][block]}.
   *
   * @param filters {@code [K][C][kernel][kernel]}
   * @param turned whether they are turned by half a circle and inputs and outputs change places, as
   *     for the gradient by the input
   */
  abstract void prepare(float[] filters, boolean turned, float[] prepared, Workers workers);

  /**
   * Adds the gradients by the filters.
   *
   * @param products gradients by the prepared filters, {@code [position][depth][K]} from their
   *     offset
   * @param filterGradient {@code [K][C][kernel][kernel]}, added to
   */
  abstract void addFilterGradient(
      float[] products, int at, float[] filterGradient, Workers workers);
}
