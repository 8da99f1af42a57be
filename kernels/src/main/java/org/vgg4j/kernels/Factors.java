package org.vgg4j.kernels;

/**
 * The two factors of the gradient with respect to a fully connected layer's weights, {@code
 * outputGradient^T * input}. For a few images they are far smaller than their product: net D's fc6
 * has 117 KB of them per image, and gradients of 411 MB. (Xie et al., "Lighter-Communication
 * Distributed Machine Learning via Sufficient Factor Broadcasting", UAI 2016.)
 *
 * @param images N
 * @param input what the layer read, {@code [N][in]}; the array may be longer
 * @param outputGradient gradients of the loss with respect to the sums before ReLU, {@code
 *     [N][out]}; the array may be longer
 */
public record Factors(int images, float[] input, float[] outputGradient) {}
