package org.vgg4j.network.cpu;

import org.vgg4j.network.Parameters;

/**
 * A stage with its memory for training.
 *
 * @param output its output, over which the backward pass of the next stage writes the gradient
 * @param saved what else its backward pass needs
 */
record Placed(TrainingStage stage, float[] output, Saved saved) {
  /** Computes the output for training. */
  void forwardTraining(TrainingPass pass, float[] input) {
    stage.forwardTraining(pass, input, output, saved);
  }

  /** Computes the output as in inference. */
  void forward(int images, float[] input, Parameters parameters, Workspace workspace) {
    stage.prepare(parameters, workspace.prepared());
    stage.forward(images, input, parameters, workspace.prepared(), output);
  }

  /** Computes the gradients; see {@link TrainingStage#backward}. */
  float[] backward(TrainingPass pass, float[] input, float[] outputGradient, GradientSink sink) {
    return stage.backward(pass, input, outputGradient, saved, sink);
  }
}
