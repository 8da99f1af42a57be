package org.vgg4j.network.cpu;

import java.util.List;
import org.vgg4j.model.ParameterShape;

/** A stage that can be trained: what training adds to the forward pass. */
interface TrainingStage extends Stage {
  /** The gradient of what nothing in training wants the gradient of: an image. */
  float[] NO_GRADIENT = {};

  /** The parameters that it reads. */
  default List<ParameterShape> parameters() {
    return List.of();
  }

  /** What its backward pass needs. */
  default BackwardNeeds backwardNeeds() {
    return BackwardNeeds.INPUT;
  }

  /**
   * Computes the output as training wants it, and leaves what the backward pass needs besides.
   *
   * @param saved where to leave that
   */
  default void forwardTraining(TrainingPass pass, float[] input, float[] output, Saved saved) {
    float[] prepared = pass.workspace().prepared();
    prepare(pass.parameters(), prepared);
    forward(pass.images(), input, pass.parameters(), prepared, output);
  }

  /**
   * Computes the gradients: hands those with respect to the parameters over, and returns that with
   * respect to the input. All that is read of the parameters is read before their gradients are
   * handed over.
   *
   * @param input what the forward pass read; overwritten, unless it is an image
   * @param outputGradient gradient with respect to the output; overwritten
   * @param saved what {@link #forwardTraining} left
   * @return the array that now holds the gradient with respect to the input: most often the input
   *     itself; {@link #NO_GRADIENT} if that is an image
   */
  float[] backward(
      TrainingPass pass, float[] input, float[] outputGradient, Saved saved, GradientSink sink);
}
