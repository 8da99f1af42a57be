package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.Bfloat16Weights.BLOCK;
import static org.vgg4j.kernels.Bfloat16Weights.DEPTH;
import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.vgg4j.kernels.Bfloat16Weights;

/**
 * Rows times {@link Bfloat16Weights}. For each output, fused multiply-adds sum {@link
 * Bfloat16Weights#DEPTH} inputs at a time, in order, and these sums are added up: the same bits
 * whatever the vector width and the number of rows.
 */
final class Bfloat16Product {
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, SPECIES.vectorShape());

  /** Vectors for the ints of one input and a block of outputs. */
  private static final int PARTS = Bfloat16Weights.LANES / LANES;

  /** Blocks per kernel call: four vectors of ints. */
  private static final int BLOCKS = 4 / PARTS;

  /** Outputs per task. */
  static final int OUTPUTS = BLOCKS * BLOCK;

  /** Rows that share the weights in the caches. */
  private static final int GROUP = 64;

  /** Two rows need sixteen registers for their sums. */
  private static final boolean TWO_ROWS = Width.REGISTERS >= 32;

  private static final int UPPER = 0xFFFF0000;

  private Bfloat16Product() {}

  /** Floats of scratch that {@link #products} needs. */
  static int scratchLength(int rows) {
    return Math.min(rows, GROUP) * OUTPUTS;
  }

  /**
   * {@code c[n][o] = sum of x[n][i] * w[o][i]} for all n and o from first to end - 1.
   *
   * @param x {@code [rows][in]}
   * @param first a multiple of {@link #OUTPUTS}
   * @param end first + {@link #OUTPUTS}, or fewer if there are no more
   * @param c {@code [rows][out]}
   * @param sums scratch
   */
  static void products(
      float[] x, int rows, Bfloat16Weights weights, int first, int end, float[] c, float[] sums) {
    int in = weights.in();
    for (int row = 0; row < rows; row += GROUP) {
      int group = Math.min(GROUP, rows - row);
      Arrays.fill(sums, 0, group * OUTPUTS, 0f);
      for (int from = 0; from < in; from += DEPTH) {
        int depth = Math.min(DEPTH, in - from);
        int at = (first / BLOCK * in + from) * Bfloat16Weights.LANES;
        int x0 = row * in + from;
        if (end - first > OUTPUTS - BLOCK) {
          addFull(x, x0, group, in, depth, weights.pairs(), at, sums);
        } else {
          addRest(x, x0, group, in, depth, weights.pairs(), at, end - first, sums);
        }
      }
      for (int n = 0; n < group; n++) {
        System.arraycopy(sums, n * OUTPUTS, c, (row + n) * weights.out() + first, end - first);
      }
    }
  }

  /** Adds the products of some inputs of a group of rows and all blocks of the task. */
  private static void addFull(
      float[] x, int x0, int group, int in, int depth, int[] pairs, int at, float[] sums) {
    int block = in * Bfloat16Weights.LANES;
    int n = 0;
    for (; TWO_ROWS && n + 2 <= group; n += 2) {
      two(x, x0 + n * in, in, depth, pairs, at, block, sums, n * OUTPUTS);
    }
    for (; n < group; n++) {
      one(x, x0 + n * in, depth, pairs, at, block, sums, n * OUTPUTS);
    }
  }

  /** The same with fewer blocks, for the last task. */
  private static void addRest(
      float[] x,
      int x0,
      int group,
      int in,
      int depth,
      int[] pairs,
      int at,
      int outputs,
      float[] sums) {
    for (int block = 0; block * BLOCK < outputs; block++) {
      for (int lane = 0; lane < Bfloat16Weights.LANES; lane += LANES) {
        int from = at + block * in * Bfloat16Weights.LANES + lane;
        for (int n = 0; n < group; n++) {
          vector(x, x0 + n * in, depth, pairs, from, sums, n * OUTPUTS + block * BLOCK + lane);
        }
      }
    }
  }

  /** One row and one vector of ints. */
  private static void vector(
      float[] x, int x0, int depth, int[] pairs, int from, float[] sums, int s) {
    FloatVector low = FloatVector.zero(SPECIES);
    FloatVector high = FloatVector.zero(SPECIES);
    int at = from;
    for (int i = x0; i < x0 + depth; i++) {
      FloatVector a = FloatVector.broadcast(SPECIES, x[i]);
      IntVector pair = IntVector.fromArray(INTS, pairs, at);
      low = a.fma(pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), low);
      high = a.fma(pair.and(UPPER).reinterpretAsFloats(), high);
      at += Bfloat16Weights.LANES;
    }
    low.add(FloatVector.fromArray(SPECIES, sums, s)).intoArray(sums, s);
    int h = s + Bfloat16Weights.LANES;
    high.add(FloatVector.fromArray(SPECIES, sums, h)).intoArray(sums, h);
  }

  /** One row and four vectors of ints. */
  private static void one(
      float[] x, int x0, int depth, int[] pairs, int from, int block, float[] sums, int s) {
    FloatVector l0 = FloatVector.zero(SPECIES);
    FloatVector h0 = FloatVector.zero(SPECIES);
    FloatVector l1 = FloatVector.zero(SPECIES);
    FloatVector h1 = FloatVector.zero(SPECIES);
    FloatVector l2 = FloatVector.zero(SPECIES);
    FloatVector h2 = FloatVector.zero(SPECIES);
    FloatVector l3 = FloatVector.zero(SPECIES);
    FloatVector h3 = FloatVector.zero(SPECIES);
    int p1 = 1 / PARTS * block + 1 % PARTS * LANES;
    int p2 = 2 / PARTS * block + 2 % PARTS * LANES;
    int p3 = 3 / PARTS * block + 3 % PARTS * LANES;
    int at = from;
    for (int i = x0; i < x0 + depth; i++) {
      FloatVector a = FloatVector.broadcast(SPECIES, x[i]);
      IntVector pair = IntVector.fromArray(INTS, pairs, at);
      l0 = a.fma(pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), l0);
      h0 = a.fma(pair.and(UPPER).reinterpretAsFloats(), h0);
      pair = IntVector.fromArray(INTS, pairs, at + p1);
      l1 = a.fma(pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), l1);
      h1 = a.fma(pair.and(UPPER).reinterpretAsFloats(), h1);
      pair = IntVector.fromArray(INTS, pairs, at + p2);
      l2 = a.fma(pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), l2);
      h2 = a.fma(pair.and(UPPER).reinterpretAsFloats(), h2);
      pair = IntVector.fromArray(INTS, pairs, at + p3);
      l3 = a.fma(pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), l3);
      h3 = a.fma(pair.and(UPPER).reinterpretAsFloats(), h3);
      at += Bfloat16Weights.LANES;
    }
    int to = s;
    l0.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h0.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to = s + 1 / PARTS * BLOCK + 1 % PARTS * LANES;
    l1.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h1.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to = s + 2 / PARTS * BLOCK + 2 % PARTS * LANES;
    l2.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h2.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to = s + 3 / PARTS * BLOCK + 3 % PARTS * LANES;
    l3.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h3.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
  }

  /** Two rows and four vectors of ints. */
  private static void two(
      float[] x,
      int x0,
      int xRow,
      int depth,
      int[] pairs,
      int from,
      int block,
      float[] sums,
      int s) {
    FloatVector l00 = FloatVector.zero(SPECIES);
    FloatVector h00 = FloatVector.zero(SPECIES);
    FloatVector l01 = FloatVector.zero(SPECIES);
    FloatVector h01 = FloatVector.zero(SPECIES);
    FloatVector l02 = FloatVector.zero(SPECIES);
    FloatVector h02 = FloatVector.zero(SPECIES);
    FloatVector l03 = FloatVector.zero(SPECIES);
    FloatVector h03 = FloatVector.zero(SPECIES);
    FloatVector l10 = FloatVector.zero(SPECIES);
    FloatVector h10 = FloatVector.zero(SPECIES);
    FloatVector l11 = FloatVector.zero(SPECIES);
    FloatVector h11 = FloatVector.zero(SPECIES);
    FloatVector l12 = FloatVector.zero(SPECIES);
    FloatVector h12 = FloatVector.zero(SPECIES);
    FloatVector l13 = FloatVector.zero(SPECIES);
    FloatVector h13 = FloatVector.zero(SPECIES);
    int p1 = 1 / PARTS * block + 1 % PARTS * LANES;
    int p2 = 2 / PARTS * block + 2 % PARTS * LANES;
    int p3 = 3 / PARTS * block + 3 % PARTS * LANES;
    int at = from;
    for (int i = x0; i < x0 + depth; i++) {
      FloatVector a = FloatVector.broadcast(SPECIES, x[i]);
      FloatVector b = FloatVector.broadcast(SPECIES, x[i + xRow]);
      IntVector pair = IntVector.fromArray(INTS, pairs, at);
      FloatVector w = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      l00 = a.fma(w, l00);
      l10 = b.fma(w, l10);
      w = pair.and(UPPER).reinterpretAsFloats();
      h00 = a.fma(w, h00);
      h10 = b.fma(w, h10);
      pair = IntVector.fromArray(INTS, pairs, at + p1);
      w = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      l01 = a.fma(w, l01);
      l11 = b.fma(w, l11);
      w = pair.and(UPPER).reinterpretAsFloats();
      h01 = a.fma(w, h01);
      h11 = b.fma(w, h11);
      pair = IntVector.fromArray(INTS, pairs, at + p2);
      w = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      l02 = a.fma(w, l02);
      l12 = b.fma(w, l12);
      w = pair.and(UPPER).reinterpretAsFloats();
      h02 = a.fma(w, h02);
      h12 = b.fma(w, h12);
      pair = IntVector.fromArray(INTS, pairs, at + p3);
      w = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      l03 = a.fma(w, l03);
      l13 = b.fma(w, l13);
      w = pair.and(UPPER).reinterpretAsFloats();
      h03 = a.fma(w, h03);
      h13 = b.fma(w, h13);
      at += Bfloat16Weights.LANES;
    }
    int to = s;
    l00.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h00.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to = s + 1 / PARTS * BLOCK + 1 % PARTS * LANES;
    l01.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h01.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to = s + 2 / PARTS * BLOCK + 2 % PARTS * LANES;
    l02.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h02.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to = s + 3 / PARTS * BLOCK + 3 % PARTS * LANES;
    l03.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h03.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to = s + OUTPUTS;
    l10.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h10.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to = s + OUTPUTS + 1 / PARTS * BLOCK + 1 % PARTS * LANES;
    l11.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h11.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to = s + OUTPUTS + 2 / PARTS * BLOCK + 2 % PARTS * LANES;
    l12.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h12.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to = s + OUTPUTS + 3 / PARTS * BLOCK + 3 % PARTS * LANES;
    l13.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
    to += Bfloat16Weights.LANES;
    h13.add(FloatVector.fromArray(SPECIES, sums, to)).intoArray(sums, to);
  }
}
