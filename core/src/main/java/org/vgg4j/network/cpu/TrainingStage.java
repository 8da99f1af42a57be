package org.vgg4j.network.cpu;

import java.util.List;
import org.vgg4j.model.ParameterShape;

/** A stage that can be trained: adds what training needs to the forward pass. */
interface TrainingStage extends Stage {
  /** Returned in place of the gradient with respect to an image, which training does not need. */
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
   * Computes the output for training, and saves what else the backward pass needs.
   *
   * @param saved where to save that
   */
  default void forwardTraining(TrainingPass pass, float[] input, float[] output, Saved saved) {
    float[] prepared = pass.workspace().prepared();
    prepare(pass.parameters(), prepared);
    forward(pass.images(), input, pass.parameters(), prepared, output);
  }

  /**
   * Computes the gradients: hands over those with respect to the parameters, and returns that with
   * respect to the input. Parameters are read only before their gradients are handed over.
   *
   * @param input the input of the forward pass; overwritten, unless it is an image
   * @param outputGradient gradient with respect to the output; overwritten
   * @param saved what {@link #forwardTraining} saved
   * @return the array that now holds the gradient with respect to the input, usually the input
   *     itself; {@link #NO_GRADIENT} if the input is an image
   */
  float[] backward(
      TrainingPass pass, float[] input, float[] outputGradient, Saved saved, GradientSink sink);
}
