package org.vgg4j.cuda.kernels;

/**
 * A tile of a gradient with respect to weights on Hopper, see {@code weight_gradient_hopper.cu}.
 */
enum HopperGradient {
  /** Where the outputs fill two warpgroups. */
  OF_128("128", 2, 64, 3, 5, 1),
  OF_64("64", 1, 64, 3, 3, 2),
  /** Patches of an image. */
  IMAGE("image", 1, 32, 1, 8, 2);

  /** Pixels of a box, the sum's step. */
  static final int PIXELS = 64;

  /** Outputs of a warpgroup. */
  private static final int OUTPUTS = 64;

  private static final int WARPGROUP = 128;

  /** For a column of 64 channels of a step, and for the beginning and the end of a block. */
  private static final int CYCLES_OF_A_COLUMN = 290;

  private static final int CYCLES_OF_A_BLOCK = 4000;
  private static final int BYTES_A_CYCLE = 2000;
  private static final int MOST_SLICES = 512;

  private final String label;
  private final int warpgroups;
  private final int channels;
  private final int columns;
  private final int stages;
  private final int blocksOfAMultiprocessor;

  /**
   * @param channels of a box
   * @param columns boxes of the map that is read in a tile
   * @param stages of the pipeline
   */
  HopperGradient(
      String label,
      int warpgroups,
      int channels,
      int columns,
      int stages,
      int blocksOfAMultiprocessor) {
    this.label = label;
    this.warpgroups = warpgroups;
    this.channels = channels;
    this.columns = columns;
    this.stages = stages;
    this.blocksOfAMultiprocessor = blocksOfAMultiprocessor;
  }

  /** The one for a layer. */
  static HopperGradient of(Products.Layer layer) {
    if (layer.input().channels() % 64 != 0) {
      return IMAGE;
    }
    return layer.output().channels() % (2 * OUTPUTS) == 0 ? OF_128 : OF_64;
  }

  /** Tiles of the product. */
  int tiles(Products.Layer layer) {
    int taps = layer.side() * layer.side();
    int across = parts(taps * (layer.input().channels() / channels), columns);
    return Math.multiplyExact(across, parts(layer.output().channels(), OUTPUTS * warpgroups));
  }

  /** Slices of the sum, the fastest number by estimate. */
  int slices(Products.Layer layer, Boxes boxes) {
    int steps = Math.multiplyExact(boxes.count(), layer.precision().products());
    int tiles = tiles(layer);
    int blocks = blocksOfAMultiprocessor * Product.MULTIPROCESSORS;
    long values = (long) layer.output().channels() * layer.rowLength();
    int best = 1;
    long least = Long.MAX_VALUE;
    for (int slices = 1; slices <= Math.min(steps, MOST_SLICES); slices++) {
      long waves = ((long) tiles * slices + blocks - 1) / blocks;
      long step = (long) CYCLES_OF_A_COLUMN * columns * blocksOfAMultiprocessor;
      long cycles =
          waves * (parts(steps, slices) * step + CYCLES_OF_A_BLOCK)
              + 8L * slices * values / BYTES_A_CYCLE;
      if (cycles < least) {
        least = cycles;
        best = slices;
      }
    }
    return best;
  }

  private static int parts(int count, int each) {
    return (count + each - 1) / each;
  }

  String label() {
    return label;
  }

  int channels() {
    return channels;
  }

  int threads() {
    return (warpgroups + 1) * WARPGROUP;
  }

  /** The pipeline's, with room to begin at a multiple of 1024. */
  int sharedBytes() {
    int stage = 2 * PIXELS * (warpgroups * OUTPUTS + columns * channels);
    return stages * (stage + 16) + 1024;
  }
}
