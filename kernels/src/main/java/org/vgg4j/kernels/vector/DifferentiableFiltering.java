package org.vgg4j.kernels.vector;

/**
 * Minimal filtering with the transposes of its transforms, which the gradient by the filters needs.
 * Stateless.
 */
interface DifferentiableFiltering extends MinimalFiltering {
  /** {@code A}: from gradients by the outputs to gradients by the products. */
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

  /** {@code Gt}: from gradients by the transformed filter to gradients by the filter. */
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
