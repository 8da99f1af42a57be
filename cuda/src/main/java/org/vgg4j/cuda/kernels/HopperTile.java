package org.vgg4j.cuda.kernels;

import java.util.Objects;

/**
 * A tile of a product on Hopper, see {@code convolution_hopper.cuh}, and what it costs: estimates
 * in clock cycles of an H200, good enough to choose by.
 */
enum HopperTile {
  /** Most layers. */
  WIDE("128x256", 128, 256, 64, 4, true, 1150, 3000),
  /** Layers of 64 outputs. */
  LONG("64x256", 64, 256, 64, 5, true, 590, 1500),
  /** Small maps, whose sums are divided. */
  SQUARE("128x128", 128, 128, 64, 6, false, 650, 3000),
  /** Fully connected layers of a few images. */
  NARROW("128x8", 128, 8, 64, 12, false, 450, 3000),
  /** Patches of an image. */
  IMAGE("image", 64, 256, 32, 10, true, 350, 1500);

  private static final int THREADS = 384;

  /** A launch more. */
  private static final int CYCLES_OF_FINISHING = 4000;

  /** Bytes of memory that are moved in a cycle. */
  private static final int BYTES_A_CYCLE = 2000;

  /** Steps that a slice has at least, and the most slices. */
  private static final int LEAST_STEPS = 4;

  private static final int MOST_SLICES = 64;

  private final String label;
  private final int outputs;
  private final int pixels;
  private final int channels;
  private final int stages;
  private final boolean direct;
  private final int cyclesOfAStep;
  private final int cyclesOfATile;

  /**
   * @param outputs rows of the tile
   * @param pixels of a box
   * @param channels of a step
   * @param stages of the pipeline
   * @param direct whether it can write maps; else its sums always go through {@code finish_slices}
   * @param cyclesOfATile beside its steps, where nothing else is done meanwhile
   */
  HopperTile(
      String label,
      int outputs,
      int pixels,
      int channels,
      int stages,
      boolean direct,
      int cyclesOfAStep,
      int cyclesOfATile) {
    this.label = label;
    this.outputs = outputs;
    this.pixels = pixels;
    this.channels = channels;
    this.stages = stages;
    this.direct = direct;
    this.cyclesOfAStep = cyclesOfAStep;
    this.cyclesOfATile = cyclesOfATile;
  }

  /**
   * How a product is computed.
   *
   * @param slices of the sum
   * @param partial whether {@code finish_slices} must add them
   * @param cycles estimated
   */
  record Choice(HopperTile tile, Boxes boxes, int tiles, int slices, boolean partial, long cycles) {
    /** Blocks that take the tiles one after another. */
    int blocks(int multiprocessors) {
      return Math.min(multiprocessors, Math.multiplyExact(tiles, slices));
    }
  }

  /** What becomes of the sums. */
  enum Epilogue {
    PLAIN(0),
    POOL(2500),
    MASK(4500);

    private final int cycles;

    /**
     * @param cycles more than a plain one takes, for a tile of both warpgroups
     */
    Epilogue(int cycles) {
      this.cycles = cycles;
    }
  }

  /** The fastest tile for a product. */
  static Choice choose(
      MapShape written, Epilogue epilogue, int channelsRead, int taps, int passes) {
    Choice best = null;
    for (HopperTile tile : values()) {
      if (tile.fits(channelsRead)) {
        Choice choice = tile.choose(written, epilogue, tile.steps(channelsRead, taps, passes));
        if (best == null || choice.cycles() < best.cycles()) {
          best = choice;
        }
      }
    }
    if (best == null) {
      throw new IllegalArgumentException("no tile for " + channelsRead + " channels");
    }
    return best;
  }

  /** Whether a step divides the channels that are read. */
  boolean fits(int channelsRead) {
    return channelsRead % 64 == 0 ? this != IMAGE : this == IMAGE && channelsRead % channels == 0;
  }

  int steps(int channelsRead, int taps, int passes) {
    return Math.multiplyExact(taps * passes, channelsRead / channels);
  }

  /** With the fastest number of slices. */
  Choice choose(MapShape written, Epilogue epilogue, int steps) {
    Boxes division = Boxes.of(written, pixels, epilogue == Epilogue.POOL);
    int rows = (written.channels() + outputs - 1) / outputs;
    int tiles = Math.multiplyExact(division.count(), rows);
    Choice best = null;
    for (int slices = 1; slices <= mostSlices(steps); slices++) {
      boolean partial = slices > 1 || !direct;
      long waves = parts((long) tiles * slices, Product.MULTIPROCESSORS);
      long cycles = waves * (parts(steps, slices) * cyclesOfAStep + cyclesOfATile(epilogue));
      if (partial) {
        cycles += CYCLES_OF_FINISHING + 8L * slices * written.values() / BYTES_A_CYCLE;
      }
      if (best == null || cycles < best.cycles()) {
        best = new Choice(this, division, tiles, slices, partial, cycles);
      }
    }
    return Objects.requireNonNull(best);
  }

  /** Where two warpgroups multiply in turn, one's epilogue costs nothing. */
  private boolean isInTurn() {
    return this == IMAGE || this == LONG;
  }

  private int cyclesOfATile(Epilogue epilogue) {
    return isInTurn() ? cyclesOfATile : cyclesOfATile + epilogue.cycles;
  }

  private int mostSlices(int steps) {
    return isInTurn() ? 1 : Math.max(1, Math.min(steps / LEAST_STEPS, MOST_SLICES));
  }

  private static long parts(long count, int each) {
    return (count + each - 1) / each;
  }

  String label() {
    return label;
  }

  int outputs() {
    return outputs;
  }

  int channels() {
    return channels;
  }

  int threads() {
    return THREADS;
  }

  /** The pipeline's, with room to begin at a multiple of 1024. */
  int sharedBytes() {
    int stage = 2 * channels * (outputs + pixels);
    return stages * (stage + 16) + 16 + 1024;
  }
}
