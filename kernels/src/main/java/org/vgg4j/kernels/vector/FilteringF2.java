package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;

/** F(2x2, 3x3), with the points 0, 1, -1: 16 multiplications for 4 outputs. */
final class FilteringF2 implements MinimalFiltering {
  @Override
  public int outputs() {
    return 2;
  }

  @Override
  public int inputs() {
    return 4;
  }

  @Override
  public void input(float[] a, int from, int fromStride, float[] b, int to, int toStride) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      FloatVector d0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector d1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector d2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector d3 = FloatVector.fromArray(SPECIES, a, from + 3 * fromStride + l);
      d0.sub(d2).intoArray(b, to + l);
      d1.add(d2).intoArray(b, to + toStride + l);
      d2.sub(d1).intoArray(b, to + 2 * toStride + l);
      d1.sub(d3).intoArray(b, to + 3 * toStride + l);
    }
  }

  @Override
  public void output(float[] a, int from, int fromStride, float[] b, int to, int toStride) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      FloatVector m0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector m1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector m2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector m3 = FloatVector.fromArray(SPECIES, a, from + 3 * fromStride + l);
      m0.add(m1).add(m2).intoArray(b, to + l);
      m1.sub(m2).sub(m3).intoArray(b, to + toStride + l);
    }
  }

  @Override
  public void outputGradient(float[] a, int from, int fromStride, float[] b, int to, int toStride) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector y1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      y0.intoArray(b, to + l);
      y0.add(y1).intoArray(b, to + toStride + l);
      y0.sub(y1).intoArray(b, to + 2 * toStride + l);
      y1.neg().intoArray(b, to + 3 * toStride + l);
    }
  }

  @Override
  public void filter(float[] a, int from, int fromStride, float[] b, int to, int toStride) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      FloatVector g0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector g1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector g2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector ends = g0.add(g2);
      g0.intoArray(b, to + l);
      ends.add(g1).mul(0.5f).intoArray(b, to + toStride + l);
      ends.sub(g1).mul(0.5f).intoArray(b, to + 2 * toStride + l);
      g2.intoArray(b, to + 3 * toStride + l);
    }
  }

  @Override
  public void filterGradient(float[] a, int from, int fromStride, float[] b, int to, int toStride) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      FloatVector u0 = FloatVector.fromArray(SPECIES, a, from + l);
      FloatVector u1 = FloatVector.fromArray(SPECIES, a, from + fromStride + l);
      FloatVector u2 = FloatVector.fromArray(SPECIES, a, from + 2 * fromStride + l);
      FloatVector u3 = FloatVector.fromArray(SPECIES, a, from + 3 * fromStride + l);
      FloatVector sum = u1.add(u2).mul(0.5f);
      u0.add(sum).intoArray(b, to + l);
      u1.sub(u2).mul(0.5f).intoArray(b, to + toStride + l);
      sum.add(u3).intoArray(b, to + 2 * toStride + l);
    }
  }
}
