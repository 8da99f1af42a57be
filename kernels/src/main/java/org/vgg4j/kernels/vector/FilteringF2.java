package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;
import org.vgg4j.kernels.MapLayout;

/** F(2x2, 3x3), with the points 0, 1, -1: 16 multiplications for 4 outputs. */
final class FilteringF2 implements DifferentiableFiltering {
  /** Vectors in the 16 lanes of a block. */
  private static final int PARTS = MapLayout.LANES / Width.LANES;

  @Override
  public int outputs() {
    return 2;
  }

  @Override
  public int inputs() {
    return 4;
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
      d0.sub(d2).intoArray(b, to + m);
      d1.add(d2).intoArray(b, to + toStride + m);
      d2.sub(d1).intoArray(b, to + 2 * toStride + m);
      d1.sub(d3).intoArray(b, to + 3 * toStride + m);
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
      m0.add(m1).add(m2).intoArray(b, to + m);
      m1.sub(m2).sub(m3).intoArray(b, to + toStride + m);
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
      y0.intoArray(b, to + m);
      y0.add(y1).intoArray(b, to + toStride + m);
      y0.sub(y1).intoArray(b, to + 2 * toStride + m);
      y1.neg().intoArray(b, to + 3 * toStride + m);
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
      g0.intoArray(b, to + m);
      ends.add(g1).mul(0.5f).intoArray(b, to + toStride + m);
      ends.sub(g1).mul(0.5f).intoArray(b, to + 2 * toStride + m);
      g2.intoArray(b, to + 3 * toStride + m);
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
      FloatVector sum = u1.add(u2).mul(0.5f);
      u0.add(sum).intoArray(b, to + m);
      u1.sub(u2).mul(0.5f).intoArray(b, to + toStride + m);
      sum.add(u3).intoArray(b, to + 2 * toStride + m);
    }
  }
}
