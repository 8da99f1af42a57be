package org.vgg4j.kernels.vector;

/**
 * Minimal filtering with the transposes of its transforms, for the gradient with respect to the
 * filters. Stateless.
 */
interface DifferentiableFiltering extends MinimalFiltering {
  /**
   * {@code A}: from gradients with respect to the outputs to gradients with respect to the
   * products.
   */
  void outputGradient(
      int count,
      float[] a,
      int from,
      int fromStride,
      int fromStep,
      float[] b,
      int to,
      int toStride,
      int toStep);

  /**
   * {@code Gt}: from gradients with respect to the transformed filter to those with respect to the
   * filter.
   */
  void filterGradient(
      int count,
      float[] a,
      int from,
      int fromStride,
      int fromStep,
      float[] b,
      int to,
      int toStride,
      int toStep);
}
