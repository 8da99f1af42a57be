package org.vgg4j.kernels;

/**
 * Of what the gradients by a fully connected layer's weights are the product: {@code
 * outputGradient^T * input}. For some images that is far less than the gradients themselves: in net
 * D's fc6 117 KB an image, where the gradients are 411 MB (sufficient factors, as Xie et al. call
 * them: "Lighter-Communication Distributed Machine Learning via Sufficient Factor Broadcasting",
 * UAI 2016).
 *
 * @param images N
 * @param input what the layer read, {@code [N][in]}, may be longer
 * @param outputGradient gradients of the loss by the sums before ReLU, {@code [N][out]}, may be
 *     longer
 */
public record Factors(int images, float[] input, float[] outputGradient) {}
