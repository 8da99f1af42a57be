package org.vgg4j.kernels;

/**
 * The weights of one fully connected layer, rounded to bfloat16: the upper half of a 32-bit float,
 * with its sign, its exponent and 7 bits of its fraction. They take half the memory, and half the
 * time where reading them is the bottleneck; products and sums stay 32-bit floats.
 *
 * <p>Two weights share an int, so that one shift and one mask turn a vector of ints into floats;
 * outputs are contiguous, so that an input is multiplied by a whole vector of weights: {@code
 * [ceil(out/32)][in][16]}, where int (b, i, l) holds the weights of input i to the outputs {@code
 * 32b + l}, in its lower half, and {@code 32b + 16 + l}, in its upper. Weights of outputs beyond
 * the last are zero. Immutable.
 */
public final class Bfloat16Weights {
  /** Contiguous ints: half as many as the outputs of a block. */
  public static final int LANES = 16;

  /** Outputs of a block. */
  public static final int BLOCK = 2 * LANES;

  /**
   * Inputs whose products form a sum of their own before it is added to the rest, in all kernels:
   * short sums lose less to rounding.
   */
  public static final int DEPTH = 512;

  private static final int UPPER = 0xFFFF0000;
  private static final int QUIET = 0x40;

  private final int in;
  private final int out;
  private final int[] pairs;
  private final double relativeError;

  private Bfloat16Weights(int in, int out, int[] pairs, double relativeError) {
    this.in = in;
    this.out = out;
    this.pairs = pairs;
    this.relativeError = relativeError;
  }

  /**
   * Rounds weights to the nearest bfloat16, ties to even. NaN stays NaN, infinities stay, and what
   * is nearer to 2^128 than to the largest bfloat16 becomes infinite.
   *
   * @param weights {@code [out][in]}; not kept
   */
  public static Bfloat16Weights round(int in, int out, float[] weights, Workers workers) {
    if (weights.length != (long) in * out) {
      throw new IllegalArgumentException(
          weights.length + " weights, but the layer has " + in + " x " + out);
    }
    int blocks = blocks(out);
    int[] pairs = new int[length(in, out)];
    double[] squares = new double[blocks];
    double[] errors = new double[blocks];
    workers.run(
        blocks,
        (block, scratch) -> {
          int last = Math.min(BLOCK, out - block * BLOCK) - 1;
          for (int i = 0; i < in; i++) {
            for (int j = 0; j <= last; j++) {
              float weight = weights[(block * BLOCK + j) * in + i];
              int half = round(weight);
              pairs[(block * in + i) * LANES + j % LANES] |= j < LANES ? half : half << 16;
              double error = (double) Float.intBitsToFloat(half << 16) - weight;
              squares[block] += (double) weight * weight;
              errors[block] += error * error;
            }
          }
        });
    double square = 0;
    double error = 0;
    for (int block = 0; block < blocks; block++) {
      square += squares[block];
      error += errors[block];
    }
    return new Bfloat16Weights(in, out, pairs, square == 0 ? 0 : Math.sqrt(error / square));
  }

  /** The bfloat16 nearest to a float, in the lower 16 bits. */
  static int round(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return bits >>> 16
          | QUIET; // the upper half of its payload might be zero, which would mean infinity
    }
    int odd = bits >>> 16 & 1;
    return bits + 0x7FFF + odd >>> 16;
  }

  /** The weight in the lower half of an int, as a float. */
  public static float lower(int pair) {
    return Float.intBitsToFloat(pair << 16);
  }

  /** The weight in the upper half of an int, as a float. */
  public static float upper(int pair) {
    return Float.intBitsToFloat(pair & UPPER);
  }

  /** Blocks of outputs; the last may be partly empty. */
  public static int blocks(int out) {
    return (out + BLOCK - 1) / BLOCK;
  }

  /**
   * Number of ints for a layer.
   *
   * @throws ArithmeticException if that is more than a Java array can hold
   */
  public static int length(int in, int out) {
    return Math.multiplyExact(blocks(out), Math.multiplyExact(in, LANES));
  }

  /** Inputs of the layer. */
  public int in() {
    return in;
  }

  /** Outputs of the layer. */
  public int out() {
    return out;
  }

  /** The ints themselves, not a copy; not to be written to. */
  public int[] pairs() {
    return pairs;
  }

  /**
   * The weights as floats, which hold them exactly.
   *
   * @return {@code [out][in]}, a new array
   */
  public float[] values() {
    float[] values = new float[Math.multiplyExact(out, in)];
    for (int o = 0; o < out; o++) {
      int lane = o % BLOCK;
      int first = o / BLOCK * in * LANES + lane % LANES;
      for (int i = 0; i < in; i++) {
        int pair = pairs[first + i * LANES];
        values[o * in + i] = lane < LANES ? lower(pair) : upper(pair);
      }
    }
    return values;
  }

  /**
   * What rounding changed: the norm of its errors relative to the norm of the weights. NaN if a
   * weight is not finite.
   */
  public double relativeError() {
    return relativeError;
  }
}
