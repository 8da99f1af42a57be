package org.vgg4j.network;

import java.util.List;

/**
 * Lengths of the memory that the stages of a training pass share, in floats.
 *
 * @param preparedForward of the weights in the forward kernels' form
 * @param preparedBackward of the weights in the backward kernels' form
 * @param gradient of the gradient between two stages, per image
 * @param beforePool of the gradient before a pool, per image
 */
record TrainingMemory(int preparedForward, int preparedBackward, int gradient, int beforePool) {
  static TrainingMemory of(List<Stage> stages) {
    int preparedForward = 0;
    int preparedBackward = 0;
    int gradient = 0;
    int beforePool = 0;
    for (Stage stage : stages) {
      preparedForward = Math.max(preparedForward, stage.preparedForwardLength());
      preparedBackward = Math.max(preparedBackward, stage.preparedBackwardLength());
      gradient = Math.max(gradient, stage.outputLength());
      beforePool = Math.max(beforePool, stage.beforePoolLength());
    }
    return new TrainingMemory(preparedForward, preparedBackward, gradient, beforePool);
  }
}
