package org.vgg4j.network.cpu;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.kernels.Pass;
import org.vgg4j.network.Parameters;

/**
 * A network's weights in the form in which the kernels of a pass over crops read them, which all
 * such passes share. They are made for the first of them. Thread-safe.
 */
final class PreparedWeights {
  private static final float[] AS_THEY_ARE = {};

  private final Parameters parameters;
  private final List<float[]> arrays = new ArrayList<>();

  /**
   * @param parameters without batch normalisation; must not change
   */
  PreparedWeights(Parameters parameters) {
    this.parameters = parameters;
  }

  Parameters parameters() {
    return parameters;
  }

  /**
   * Returns the weights of each stage. Taps divide layers among other stages, but leave the
   * kernels' form of their weights, and their order, as they are.
   */
  synchronized List<float[]> of(List<? extends Stage> stages) {
    List<float[]> ofStages = new ArrayList<>();
    int number = 0;
    for (Stage stage : stages) {
      int length = stage.memory(Pass.INFERENCE, 1, 1).prepared();
      if (length == 0) {
        ofStages.add(AS_THEY_ARE);
        continue;
      }
      if (number == arrays.size()) {
        float[] prepared = new float[length];
        stage.prepare(parameters, prepared);
        arrays.add(prepared);
      }
      ofStages.add(arrays.get(number++));
    }
    return ofStages;
  }
}
