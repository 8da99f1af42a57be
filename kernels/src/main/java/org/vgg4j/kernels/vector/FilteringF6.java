package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;
import org.vgg4j.kernels.MapLayout;

/**
 * F(6x6, 3x3), with the points 0, 1, -1, 2, -2, 1/2, -1/2: 64 multiplications for 36 outputs, a
 * fifth fewer than {@link FilteringF4} where a map is large enough for its tiles.
 *
 * <p>Each transform is two loops over the same values: a single one is so large that in every other
 * run the JIT compiler of JDK 17 stops inlining and makes an object of every vector.
 */
final class FilteringF6 implements MinimalFiltering {
  /** Vectors in the 16 lanes of a block. */
  private static final int PARTS = MapLayout.LANES / Width.LANES;

  @Override
  public int outputs() {
    return 6;
  }

  @Override
  public int inputs() {
    return 8;
  }

  @Override
  public void input(
      int count,
      float[] a,
      int from,
      int fromStride,
      int fromStep,
      float[] b,
      int to,
      int toStride,
      int toStep) {
    inputAtOneAndTwo(count, a, from, fromStride, fromStep, b, to, toStride, toStep);
    inputAtOthers(count, a, from, fromStride, fromStep, b, to, toStride, toStep);
  }

  /** The values at 1, -1, 2 and -2. */
  private static void inputAtOneAndTwo(
      int count,
      float[] a,
      int from,
      int fromStride,
      int fromStep,
      float[] b,
      int to,
      int toStride,
      int toStep) {
    FloatVector a1 = FloatVector.broadcast(SPECIES, -17f / 4);
    FloatVector a2 = FloatVector.broadcast(SPECIES, 1f / 4);
    FloatVector a3 = FloatVector.broadcast(SPECIES, -5f / 4);
    FloatVector a4 = FloatVector.broadcast(SPECIES, -5f / 2);
    for (int i = 0; i < count * PARTS; i++) {
      int l = i / PARTS * fromStep + i % PARTS * Width.LANES;
      int m = i / PARTS * toStep + i % PARTS * Width.LANES;
      FloatVector d1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector d2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector d3 = FloatVector.fromArray(SPECIES, a, from + 3 * fromStride + l);
      FloatVector d4 = FloatVector.fromArray(SPECIES, a, from + 4 * fromStride + l);
      FloatVector d5 = FloatVector.fromArray(SPECIES, a, from + 5 * fromStride + l);
      FloatVector d6 = FloatVector.fromArray(SPECIES, a, from + 6 * fromStride + l);
      FloatVector even1 = d4.fma(a1, d2.add(d6));
      FloatVector odd1 = d3.fma(a1, d1.add(d5));
      even1.add(odd1).intoArray(b, to + toStride + m);
      even1.sub(odd1).intoArray(b, to + 2 * toStride + m);
      FloatVector even2 = d2.fma(a2, d4.fma(a3, d6));
      FloatVector odd2 = d3.fma(a4, d1.mul(1f / 2).add(d5.add(d5)));
      even2.add(odd2).intoArray(b, to + 3 * toStride + m);
      even2.sub(odd2).intoArray(b, to + 4 * toStride + m);
    }
  }

  /** The values at 0, 1/2, -1/2 and infinity. */
  private static void inputAtOthers(
      int count,
      float[] a,
      int from,
      int fromStride,
      int fromStep,
      float[] b,
      int to,
      int toStride,
      int toStep) {
    FloatVector a0 = FloatVector.broadcast(SPECIES, 21f / 4);
    FloatVector a1 = FloatVector.broadcast(SPECIES, 4f);
    FloatVector a2 = FloatVector.broadcast(SPECIES, -5f);
    FloatVector a3 = FloatVector.broadcast(SPECIES, -5f / 2);
    for (int i = 0; i < count * PARTS; i++) {
      int l = i / PARTS * fromStep + i % PARTS * Width.LANES;
      int m = i / PARTS * toStep + i % PARTS * Width.LANES;
      FloatVector d0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector d1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector d2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector d3 = FloatVector.fromArray(SPECIES, a, from + 3 * fromStride + l);
      FloatVector d4 = FloatVector.fromArray(SPECIES, a, from + 4 * fromStride + l);
      FloatVector d5 = FloatVector.fromArray(SPECIES, a, from + 5 * fromStride + l);
      FloatVector d6 = FloatVector.fromArray(SPECIES, a, from + 6 * fromStride + l);
      FloatVector d7 = FloatVector.fromArray(SPECIES, a, from + 7 * fromStride + l);
      d4.sub(d2).fma(a0, d0.sub(d6)).intoArray(b, to + m);
      FloatVector even = d2.fma(a1, d4.fma(a2, d6));
      FloatVector odd = d3.fma(a3, d1.add(d1).add(d5.mul(1f / 2)));
      even.add(odd).intoArray(b, to + 5 * toStride + m);
      even.sub(odd).intoArray(b, to + 6 * toStride + m);
      d3.sub(d5).fma(a0, d7.sub(d1)).intoArray(b, to + 7 * toStride + m);
    }
  }

  @Override
  public void output(
      int count,
      float[] a,
      int from,
      int fromStride,
      int fromStep,
      float[] b,
      int to,
      int toStride,
      int toStep) {
    evenOutputs(count, a, from, fromStride, fromStep, b, to, toStride, toStep);
    oddOutputs(count, a, from, fromStride, fromStep, b, to, toStride, toStep);
  }

  /** The outputs 0, 2 and 4. */
  private static void evenOutputs(
      int count,
      float[] a,
      int from,
      int fromStride,
      int fromStep,
      float[] b,
      int to,
      int toStride,
      int toStep) {
    FloatVector four = FloatVector.broadcast(SPECIES, 4f);
    FloatVector quarter = FloatVector.broadcast(SPECIES, 1f / 4);
    FloatVector sixteen = FloatVector.broadcast(SPECIES, 16f);
    FloatVector sixteenth = FloatVector.broadcast(SPECIES, 1f / 16);
    for (int i = 0; i < count * PARTS; i++) {
      int l = i / PARTS * fromStep + i % PARTS * Width.LANES;
      int m = i / PARTS * toStep + i % PARTS * Width.LANES;
      FloatVector p0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector p1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector p2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector p3 = FloatVector.fromArray(SPECIES, a, from + 3 * fromStride + l);
      FloatVector p4 = FloatVector.fromArray(SPECIES, a, from + 4 * fromStride + l);
      FloatVector p5 = FloatVector.fromArray(SPECIES, a, from + 5 * fromStride + l);
      FloatVector p6 = FloatVector.fromArray(SPECIES, a, from + 6 * fromStride + l);
      FloatVector sum1 = p1.add(p2);
      FloatVector sum2 = p3.add(p4);
      FloatVector sum3 = p5.add(p6);
      sum1.add(sum2).add(sum3).add(p0).intoArray(b, to + m);
      sum2.fma(four, sum3.fma(quarter, sum1)).intoArray(b, to + 2 * toStride + m);
      sum2.fma(sixteen, sum3.fma(sixteenth, sum1)).intoArray(b, to + 4 * toStride + m);
    }
  }

  /** The outputs 1, 3 and 5. */
  private static void oddOutputs(
      int count,
      float[] a,
      int from,
      int fromStride,
      int fromStep,
      float[] b,
      int to,
      int toStride,
      int toStep) {
    FloatVector two = FloatVector.broadcast(SPECIES, 2f);
    FloatVector half = FloatVector.broadcast(SPECIES, 1f / 2);
    FloatVector eight = FloatVector.broadcast(SPECIES, 8f);
    FloatVector eighth = FloatVector.broadcast(SPECIES, 1f / 8);
    FloatVector large = FloatVector.broadcast(SPECIES, 32f);
    FloatVector small = FloatVector.broadcast(SPECIES, 1f / 32);
    for (int i = 0; i < count * PARTS; i++) {
      int l = i / PARTS * fromStep + i % PARTS * Width.LANES;
      int m = i / PARTS * toStep + i % PARTS * Width.LANES;
      FloatVector p1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector p2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector p3 = FloatVector.fromArray(SPECIES, a, from + 3 * fromStride + l);
      FloatVector p4 = FloatVector.fromArray(SPECIES, a, from + 4 * fromStride + l);
      FloatVector p5 = FloatVector.fromArray(SPECIES, a, from + 5 * fromStride + l);
      FloatVector p6 = FloatVector.fromArray(SPECIES, a, from + 6 * fromStride + l);
      FloatVector p7 = FloatVector.fromArray(SPECIES, a, from + 7 * fromStride + l);
      FloatVector difference1 = p1.sub(p2);
      FloatVector difference2 = p3.sub(p4);
      FloatVector difference3 = p5.sub(p6);
      difference2.fma(two, difference3.fma(half, difference1)).intoArray(b, to + toStride + m);
      difference2
          .fma(eight, difference3.fma(eighth, difference1))
          .intoArray(b, to + 3 * toStride + m);
      difference2
          .fma(large, difference3.fma(small, difference1.add(p7)))
          .intoArray(b, to + 5 * toStride + m);
    }
  }

  @Override
  public void filter(
      int count,
      float[] a,
      int from,
      int fromStride,
      int fromStep,
      float[] b,
      int to,
      int toStride,
      int toStep) {
    for (int i = 0; i < count * PARTS; i++) {
      int l = i / PARTS * fromStep + i % PARTS * Width.LANES;
      int m = i / PARTS * toStep + i % PARTS * Width.LANES;
      FloatVector g0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector g1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector g2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector ends = g0.add(g2);
      FloatVector ends2 = g2.mul(4f).add(g0);
      FloatVector middle2 = g1.mul(2f);
      FloatVector ends3 = g0.mul(4f).add(g2);
      g0.intoArray(b, to + m);
      ends.add(g1).mul(-2f / 9).intoArray(b, to + toStride + m);
      ends.sub(g1).mul(-2f / 9).intoArray(b, to + 2 * toStride + m);
      ends2.add(middle2).mul(1f / 90).intoArray(b, to + 3 * toStride + m);
      ends2.sub(middle2).mul(1f / 90).intoArray(b, to + 4 * toStride + m);
      ends3.add(middle2).mul(8f / 45).intoArray(b, to + 5 * toStride + m);
      ends3.sub(middle2).mul(8f / 45).intoArray(b, to + 6 * toStride + m);
      g2.intoArray(b, to + 7 * toStride + m);
    }
  }
}
