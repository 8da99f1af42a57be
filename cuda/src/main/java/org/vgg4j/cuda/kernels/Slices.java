package org.vgg4j.cuda.kernels;

/**
 * Into how many slices the sums of a product are divided, so that there are blocks enough for all
 * multiprocessors. Chosen from shapes alone: a result must not depend on the card.
 */
final class Slices {
  /** Blocks that run at once on the card that this is tuned for: two on each of an H100's 132. */
  private static final int BLOCKS = 264;

  /** What a block costs beside its steps, to fill the pipeline and to write. */
  private static final int STEPS_OF_A_BLOCK = 8;

  /** Tiles whose partial sums are written and read in the time of one step. */
  private static final int TILES_A_STEP = 20;

  private Slices() {}

  /**
   * The number with the least estimated time.
   *
   * @param tiles of the product
   * @param steps of the sum
   * @param most that the caller has use for
   */
  static int choose(long tiles, int steps, int most) {
    int best = 1;
    long least = Long.MAX_VALUE;
    for (int slices = 1; slices <= Math.min(Math.min(steps, most), 4 * BLOCKS); slices++) {
      long waves = (tiles * slices + BLOCKS - 1) / BLOCKS;
      long each = (steps + slices - 1) / slices + STEPS_OF_A_BLOCK;
      long moved = slices == 1 ? 0 : tiles * slices;
      long cost = waves * each * TILES_A_STEP + moved;
      if (cost < least) {
        least = cost;
        best = slices;
      }
    }
    return best;
  }
}
