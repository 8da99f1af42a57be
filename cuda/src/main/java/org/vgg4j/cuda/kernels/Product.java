package org.vgg4j.cuda.kernels;

/**
 * How a matrix product is divided among blocks: into tiles, and each tile's sum into slices, so
 * that there are blocks enough for all multiprocessors. Chosen from shapes alone: a result must not
 * depend on the card.
 *
 * @param tile what a block computes
 * @param tiles of the product
 * @param slices of the sum
 */
record Product(Tile tile, int tiles, int slices) {
  private static final int STEP = 32;

  /** Multiprocessors of the card that this is tuned for, an H100. */
  static final int MULTIPROCESSORS = 132;

  /** Blocks that share a multiprocessor, if their tiles are small. */
  private static final int SMALL_BLOCKS = 2;

  /** What a block costs beside its steps, to fill the pipeline and to write. */
  private static final int STEPS_OF_A_BLOCK = 8;

  /** Tiles whose partial sums are written and read in the time of one step. */
  private static final int TILES_A_STEP = 20;

  /** Steps that a slice has at least. */
  private static final int LEAST_STEPS = 8;

  /**
   * The tile of a block.
   *
   * @param rows 64, 128 or 256
   * @param columns 64 or 128
   */
  record Tile(int rows, int columns) {
    private static final int STEP_BYTES = 64;
    private static final int STAGES = 4;
    private static final int PART = 128; // rows of the result that are in shared memory at once

    int count(int ofRows, int ofColumns) {
      long tiles = (long) ((ofRows + rows - 1) / rows) * ((ofColumns + columns - 1) / columns);
      return Math.toIntExact(tiles);
    }

    boolean isLarge() {
      return rows > PART;
    }

    /** The buffers of the pipeline, or what of the result passes through. */
    int sharedBytes() {
      return Math.max(
          STAGES * (rows + columns) * STEP_BYTES, Math.min(rows, PART) * columns * Float.BYTES);
    }

    @Override
    public String toString() {
      return rows + "x" + columns;
    }
  }

  int sharedBytes() {
    return tile.sharedBytes();
  }

  /** Steps of a sum of that length. */
  static int steps(int length) {
    return (length + STEP - 1) / STEP;
  }

  /** With the number of slices that has the least estimated time. */
  static Product of(Tile tile, int rows, int columns, int steps) {
    int tiles = tile.count(rows, columns);
    int blocks = tile.isLarge() ? MULTIPROCESSORS : SMALL_BLOCKS * MULTIPROCESSORS;
    int best = 1;
    long least = Long.MAX_VALUE;
    for (int slices = 1; slices <= Math.max(1, Math.min(steps / LEAST_STEPS, 1024)); slices++) {
      long waves = ((long) tiles * slices + blocks - 1) / blocks;
      long each = (steps + slices - 1) / slices + STEPS_OF_A_BLOCK;
      long moved = slices == 1 ? 0 : (long) tiles * slices;
      long cost = waves * each * TILES_A_STEP + moved;
      if (cost < least) {
        least = cost;
        best = slices;
      }
    }
    return new Product(tile, tiles, best);
  }
}
