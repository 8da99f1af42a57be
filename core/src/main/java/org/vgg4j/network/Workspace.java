package org.vgg4j.network;

/**
 * Memory that the backward passes of all stages use, one after the other.
 *
 * @param prepared weights in the form of the kernel that runs; the forward pass uses it, too
 * @param beforePool gradients by what came before a pool
 * @param features gradients of fully connected layers
 * @param moreFeatures the same: one array is read while the other is written
 * @param weightGradient gradients by weights until they are handed over; zero between
 * @param biasGradient gradients by biases until they are handed over; zero between
 * @param normSums sums over each channel of a batch normalisation; zero between, as all that is
 *     handed over
 * @param normProducts more of them
 */
record Workspace(
    float[] prepared,
    float[] beforePool,
    float[] features,
    float[] moreFeatures,
    float[] weightGradient,
    float[] biasGradient,
    float[] normSums,
    float[] normProducts) {

  /** The array of features that is not this one. */
  float[] featuresBeside(float[] read) {
    return read == features ? moreFeatures : features;
  }
}
