package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;
import org.vgg4j.kernels.MapLayout;

/** F(4x4, 3x3), with the points 0, 1, -1, 2, -2: 36 multiplications for 16 outputs. */
final class FilteringF4 implements DifferentiableFiltering {
  /** Vectors in the 16 lanes of a block. */
  private static final int PARTS = MapLayout.LANES / Width.LANES;

  @Override
  public int outputs() {
    return 4;
  }

  @Override
  public int inputs() {
    return 6;
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
    for (int i = 0; i < count * PARTS; i++) {
      int l = i / PARTS * fromStep + i % PARTS * Width.LANES;
      int m = i / PARTS * toStep + i % PARTS * Width.LANES;
      FloatVector d0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector d1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector d2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector d3 = FloatVector.fromArray(SPECIES, a, from + 3 * fromStride + l);
      FloatVector d4 = FloatVector.fromArray(SPECIES, a, from + 4 * fromStride + l);
      FloatVector d5 = FloatVector.fromArray(SPECIES, a, from + 5 * fromStride + l);
      FloatVector even = d4.sub(d2.mul(4f));
      FloatVector odd = d3.sub(d1.mul(4f));
      FloatVector even2 = d4.sub(d2);
      FloatVector odd2 = d3.sub(d1).mul(2f);
      d0.mul(4f).sub(d2.mul(5f)).add(d4).intoArray(b, to + m);
      even.add(odd).intoArray(b, to + toStride + m);
      even.sub(odd).intoArray(b, to + 2 * toStride + m);
      even2.add(odd2).intoArray(b, to + 3 * toStride + m);
      even2.sub(odd2).intoArray(b, to + 4 * toStride + m);
      d1.mul(4f).sub(d3.mul(5f)).add(d5).intoArray(b, to + 5 * toStride + m);
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
    for (int i = 0; i < count * PARTS; i++) {
      int l = i / PARTS * fromStep + i % PARTS * Width.LANES;
      int m = i / PARTS * toStep + i % PARTS * Width.LANES;
      FloatVector m0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector m1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector m2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector m3 = FloatVector.fromArray(SPECIES, a, from + 3 * fromStride + l);
      FloatVector m4 = FloatVector.fromArray(SPECIES, a, from + 4 * fromStride + l);
      FloatVector m5 = FloatVector.fromArray(SPECIES, a, from + 5 * fromStride + l);
      FloatVector sum1 = m1.add(m2);
      FloatVector difference1 = m1.sub(m2);
      FloatVector sum2 = m3.add(m4);
      FloatVector difference2 = m3.sub(m4);
      m0.add(sum1).add(sum2).intoArray(b, to + m);
      difference2.mul(2f).add(difference1).intoArray(b, to + toStride + m);
      sum2.mul(4f).add(sum1).intoArray(b, to + 2 * toStride + m);
      difference2.mul(8f).add(difference1).add(m5).intoArray(b, to + 3 * toStride + m);
    }
  }

  @Override
  public void outputGradient(
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
      FloatVector y0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector y1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector y2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector y3 = FloatVector.fromArray(SPECIES, a, from + 3 * fromStride + l);
      FloatVector even = y0.add(y2);
      FloatVector odd = y1.add(y3);
      FloatVector even2 = y2.mul(4f).add(y0);
      FloatVector odd2 = y3.mul(4f).add(y1).mul(2f);
      y0.intoArray(b, to + m);
      even.add(odd).intoArray(b, to + toStride + m);
      even.sub(odd).intoArray(b, to + 2 * toStride + m);
      even2.add(odd2).intoArray(b, to + 3 * toStride + m);
      even2.sub(odd2).intoArray(b, to + 4 * toStride + m);
      y3.intoArray(b, to + 5 * toStride + m);
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
      g0.mul(1f / 4).intoArray(b, to + m);
      ends.add(g1).mul(-1f / 6).intoArray(b, to + toStride + m);
      ends.sub(g1).mul(-1f / 6).intoArray(b, to + 2 * toStride + m);
      ends2.add(middle2).mul(1f / 24).intoArray(b, to + 3 * toStride + m);
      ends2.sub(middle2).mul(1f / 24).intoArray(b, to + 4 * toStride + m);
      g2.intoArray(b, to + 5 * toStride + m);
    }
  }

  @Override
  public void filterGradient(
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
      FloatVector u0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector u1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector u2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector u3 = FloatVector.fromArray(SPECIES, a, from + 3 * fromStride + l);
      FloatVector u4 = FloatVector.fromArray(SPECIES, a, from + 4 * fromStride + l);
      FloatVector u5 = FloatVector.fromArray(SPECIES, a, from + 5 * fromStride + l);
      FloatVector sum1 = u1.add(u2).mul(-1f / 6);
      FloatVector sum2 = u3.add(u4).mul(1f / 24);
      FloatVector difference1 = u2.sub(u1).mul(1f / 6);
      FloatVector difference2 = u3.sub(u4).mul(1f / 12);
      u0.mul(1f / 4).add(sum1).add(sum2).intoArray(b, to + m);
      difference1.add(difference2).intoArray(b, to + toStride + m);
      sum2.mul(4f).add(sum1).add(u5).intoArray(b, to + 2 * toStride + m);
    }
  }
}
