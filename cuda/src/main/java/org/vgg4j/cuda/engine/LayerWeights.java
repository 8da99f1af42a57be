package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.kernels.Planes;

/**
 * What a convolution or a fully connected layer multiplies by, on the GPU.
 *
 * @param weight in the layout of {@link WeightLayouts}, rounded as the precision has it
 * @param bias address of floats {@code [outputs]}, padded with zeros
 */
record LayerWeights(Planes weight, long bias) {}
