package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/** Gradients with respect to the biases of a convolution: sums over all pixels. */
final class BiasGradient {
  private BiasGradient() {}

  /**
   * Adds the gradients.
   *
   * @param output layout of the gradient
   * @param gradient with respect to the sums before ReLU
   * @param biasGradient {@code [K]}, added to
   */
  static void add(
      int images, MapLayout output, float[] gradient, float[] biasGradient, Workers workers) {
    workers.run(
        output.blocks(),
        (b, scratch) -> {
          double[] sums = new double[LANES];
          float[] row = scratch.floats(LANES);
          for (int image = 0; image < images; image++) {
            for (int y = 0; y < output.height(); y++) {
              sumRow(gradient, output.index(image, b, y, 0), output.width(), row);
              for (int l = 0; l < LANES; l++) {
                sums[l] += row[l];
              }
            }
          }
          for (int l = 0; l < LANES; l++) {
            biasGradient[b * LANES + l] += (float) sums[l];
          }
        });
  }

  private static void sumRow(float[] values, int from, int pixels, float[] sum) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      FloatVector s = FloatVector.zero(SPECIES);
      for (int i = 0; i < pixels; i++) {
        s = s.add(FloatVector.fromArray(SPECIES, values, from + i * LANES + l));
      }
      s.intoArray(sum, l);
    }
  }
}
