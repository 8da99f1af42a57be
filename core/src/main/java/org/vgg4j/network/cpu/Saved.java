package org.vgg4j.network.cpu;

/**
 * What the forward pass of a stage saves for its backward pass, besides input and output.
 *
 * @param argmax which pixels a pool took, a byte for each pooled value; empty without a pool
 * @param mean mean of each channel, as a batch norm used it; empty without one
 * @param variance variance of each channel, as a batch norm used it; empty without one
 */
record Saved(byte[] argmax, float[] mean, float[] variance) {}
