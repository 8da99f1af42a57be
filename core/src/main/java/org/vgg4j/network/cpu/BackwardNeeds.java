package org.vgg4j.network.cpu;

import java.util.stream.Stream;

/**
 * What the backward pass of a stage needs besides the gradient with respect to the output; in
 * floats unless noted.
 *
 * @param input whether it reads the input
 * @param argmax bytes for each image that record which pixels a pool took; 0 without a pool
 * @param statistics channels whose mean and variance over the batch the forward pass saves; such a
 *     batch cannot be split
 * @param prepared weights in the form of the backward kernel; 0 if it reads them as they are
 * @param beforePool for each image, gradient with respect to the input of a pool in the same stage
 * @param features for each image, the longer of input and output of a fully connected layer
 * @param mask bytes of a dropout mask for each image
 * @param weightGradient gradients with respect to weights that are held at a time
 * @param biasGradient gradients with respect to biases that are held at a time
 */
record BackwardNeeds(
    boolean input,
    int argmax,
    int statistics,
    int prepared,
    int beforePool,
    int features,
    int mask,
    int weightGradient,
    int biasGradient) {
  static final BackwardNeeds NOTHING = new BackwardNeeds(false, 0, 0, 0, 0, 0, 0, 0, 0);

  /** The input, and nothing else. */
  static final BackwardNeeds INPUT = new BackwardNeeds(true, 0, 0, 0, 0, 0, 0, 0, 0);

  BackwardNeeds withArgmax(int bytes) {
    return new BackwardNeeds(
        input,
        bytes,
        statistics,
        prepared,
        beforePool,
        features,
        mask,
        weightGradient,
        biasGradient);
  }

  BackwardNeeds withBeforePool(int length) {
    return new BackwardNeeds(
        input, argmax, statistics, prepared, length, features, mask, weightGradient, biasGradient);
  }

  BackwardNeeds withStatistics(int channels) {
    return new BackwardNeeds(
        input,
        argmax,
        channels,
        prepared,
        beforePool,
        features,
        mask,
        weightGradient,
        biasGradient);
  }

  BackwardNeeds withPrepared(int length) {
    return new BackwardNeeds(
        input,
        argmax,
        statistics,
        length,
        beforePool,
        features,
        mask,
        weightGradient,
        biasGradient);
  }

  BackwardNeeds withFeatures(int length, int maskBytes) {
    return new BackwardNeeds(
        input,
        argmax,
        statistics,
        prepared,
        beforePool,
        length,
        maskBytes,
        weightGradient,
        biasGradient);
  }

  BackwardNeeds withGradients(int weights, int biases) {
    return new BackwardNeeds(
        input, argmax, statistics, prepared, beforePool, features, mask, weights, biases);
  }

  /** The needs that cover each of the stages, one at a time. */
  static BackwardNeeds largest(Stream<TrainingStage> stages) {
    return stages.map(TrainingStage::backwardNeeds).reduce(NOTHING, BackwardNeeds::orLarger);
  }

  private BackwardNeeds orLarger(BackwardNeeds other) {
    return new BackwardNeeds(
        input || other.input,
        Math.max(argmax, other.argmax),
        Math.max(statistics, other.statistics),
        Math.max(prepared, other.prepared),
        Math.max(beforePool, other.beforePool),
        Math.max(features, other.features),
        Math.max(mask, other.mask),
        Math.max(weightGradient, other.weightGradient),
        Math.max(biasGradient, other.biasGradient));
  }
}
