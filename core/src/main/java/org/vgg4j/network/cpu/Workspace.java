package org.vgg4j.network.cpu;

/**
 * Memory that all stages use, one after the other.
 *
 * @param prepared weights in the form of the kernel that runs; the forward pass uses it, too
 * @param beforePool gradients with respect to a pool's input
 * @param features gradients of fully connected layers
 * @param moreFeatures the same: one array is read while the other is written
 * @param weightGradient gradients with respect to weights until they are handed over; zero in
 *     between
 * @param biasGradient gradients with respect to biases until they are handed over; zero in between
 * @param dropoutMask which features of a layer stay; the forward pass uses it
 */
record Workspace(
    float[] prepared,
    float[] beforePool,
    float[] features,
    float[] moreFeatures,
    float[] weightGradient,
    float[] biasGradient,
    byte[] dropoutMask) {

  /** The other one of the two arrays of features. */
  float[] featuresBeside(float[] read) {
    return read == features ? moreFeatures : features;
  }
}
