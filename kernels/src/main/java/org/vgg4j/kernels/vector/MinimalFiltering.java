package org.vgg4j.kernels.vector;

/**
 * Winograd's minimal filtering F(m x m, 3x3) (Lavin and Gray 2016, doi:10.1109/CVPR.2016.435): m x
 * m outputs of a 3x3 convolution from (m+2)^2 multiplications, {@code Y = At [(G g Gt) * (Bt d B)]
 * A}.
 *
 * <p>Each transform here is one-dimensional and works on 16 lanes at once: it reads vectors at
 * {@code from + i * fromStride} and writes vectors at {@code to + j * toStride}. Two dimensions
 * take two passes over a scratch array; one unrolled method for both would be too large for the JIT
 * compiler. Stateless.
 */
interface MinimalFiltering {
  /** m: outputs of one dimension. */
  int outputs();

  /** m + 2: inputs, and products, of one dimension. */
  int inputs();

  /** {@code Bt}: transforms the inputs. */
  void input(
      int count,
      float[] a,
      int from,
      int fromStride,
      int fromStep,
      float[] b,
      int to,
      int toStride,
      int toStep);

  /** {@code At}: from products to outputs. */
  void output(
      int count,
      float[] a,
      int from,
      int fromStride,
      int fromStep,
      float[] b,
      int to,
      int toStride,
      int toStep);

  /** {@code G}: transforms the filter, three values. */
  void filter(
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
