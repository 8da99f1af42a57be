package org.vgg4j.weights;

/**
 * Weights that training may begin with.
 *
 * @param model the network; without a head, its fully connected layers and classes only stand for
 *     those that are missing, and nothing may be computed with them
 * @param hasHead whether it has fully connected layers, and not just convolutions
 */
public record Start(ModelFile model, boolean hasHead) {
  /** The same without the arrays of the model. */
  Start withoutArrays() {
    return new Start(model.withoutArrays(), hasHead);
  }
}
