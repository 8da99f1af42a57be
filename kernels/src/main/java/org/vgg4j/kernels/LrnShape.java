package org.vgg4j.kernels;

/**
 * Local response normalisation, LRN (Krizhevsky et al. 2012, section 3.3): {@code b_c = a_c / (k +
 * alpha * sum a_j^2)^beta}, the sum over the {@code size} channels around c that exist.
 *
 * @param map layout of input and output
 * @param size channels in the sum, odd
 * @param k additive constant, positive
 * @param alpha factor of the sum, not divided by the size
 * @param beta exponent
 */
public record LrnShape(MapLayout map, int size, float k, float alpha, float beta) {}
