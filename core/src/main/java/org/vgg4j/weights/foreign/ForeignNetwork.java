package org.vgg4j.weights.foreign;

import java.util.List;
import java.util.function.Predicate;
import org.vgg4j.model.Configuration;

/**
 * A network as a file has it.
 *
 * @param dialect whose names and order of axes it has
 * @param profile what that origin's images look like
 * @param layers those with weights, in order of execution
 * @param possible which networks of the family the file allows, apart from the layers' shapes
 * @param saysLrn whether an LRN is told by the file, not guessed from gaps between names
 */
record ForeignNetwork(
    String dialect,
    Profile profile,
    List<ForeignLayer> layers,
    Predicate<Configuration> possible,
    boolean saysLrn) {
  ForeignNetwork {
    layers = List.copyOf(layers);
  }

  /** How many batch normalisations it has. */
  int norms() {
    return (int) layers.stream().filter(layer -> layer.norm() != null).count();
  }
}
