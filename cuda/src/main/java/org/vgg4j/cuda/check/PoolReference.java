package org.vgg4j.cuda.check;

import org.vgg4j.cuda.kernels.MapShape;

/**
 * A pool by its definition: the largest of each window, or NaN if there is one, and which it was.
 */
record PoolReference(double[] values, int[] argmax) {
  static PoolReference of(MapShape shape, double[] map) {
    MapShape half = shape.pooled();
    double[] values = new double[Math.toIntExact(half.values())];
    int[] argmax = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Double.NEGATIVE_INFINITY;
      for (int which = 0; which < 4; which++) {
        double value = map[index(shape, half, i, which)];
        if (value > values[i] || Double.isNaN(value)) {
          values[i] = value;
          argmax[i] = which;
        }
      }
    }
    return new PoolReference(values, argmax);
  }

  /** Each gradient at the pixel that its value came from. */
  static double[] backward(MapShape shape, double[] gradient, int[] argmax) {
    double[] result = new double[Math.toIntExact(shape.values())];
    for (int i = 0; i < gradient.length; i++) {
      result[index(shape, shape.pooled(), i, argmax[i])] = gradient[i];
    }
    return result;
  }

  private static int index(MapShape shape, MapShape half, int pooled, int which) {
    int channel = pooled % half.channels();
    int pixel = pooled / half.channels();
    int x = pixel % half.width() * 2 + which % 2;
    int y = pixel / half.width() % half.height() * 2 + which / 2;
    int image = pixel / half.width() / half.height();
    return ((image * shape.height() + y) * shape.width() + x) * shape.channels() + channel;
  }
}
