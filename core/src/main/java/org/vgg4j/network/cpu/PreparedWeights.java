package org.vgg4j.network.cpu;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.kernels.Pass;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Parameters;

/**
 * A network's weights in the forms that kernels read. All passes over crops share one form, which
 * the first of them makes; passes over whole images share what they can of it. Thread-safe.
 */
final class PreparedWeights {
  private static final float[] AS_THEY_ARE = {};

  private final Architecture loaded;
  private final Parameters parameters;
  private final List<float[]> arrays = new ArrayList<>();

  /**
   * @param parameters the weights; must not change
   */
  PreparedWeights(Parameters parameters) {
    this.loaded = parameters.architecture();
    this.parameters = parameters.withoutBatchNorm();
  }

  /** The network as it was loaded, perhaps with batch normalisation. */
  Architecture loaded() {
    return loaded;
  }

  /** The weights, with batch normalisation folded into them. */
  Parameters parameters() {
    return parameters;
  }

  /**
   * Returns the weights of each stage of a pass over crops. Taps change how layers are grouped into
   * stages, but neither the form of the prepared weights nor their order.
   */
  synchronized List<float[]> of(List<? extends Stage> stages) {
    List<float[]> ofStages = new ArrayList<>();
    int number = 0;
    for (Stage stage : stages) {
      if (lengthFor(stage) == 0) {
        ofStages.add(AS_THEY_ARE);
        continue;
      }
      if (number == arrays.size()) {
        arrays.add(prepare(stage));
      }
      ofStages.add(arrays.get(number++));
    }
    return ofStages;
  }

  /**
   * Returns the weights of a stage of a pass over whole images: those of the passes over crops if
   * they have the same form, which their length tells, otherwise new ones.
   *
   * @param number number of the stage among those that do not read the weights as they are
   */
  synchronized float[] of(Stage stage, int number) {
    boolean shared = number < arrays.size() && arrays.get(number).length == lengthFor(stage);
    return shared ? arrays.get(number) : prepare(stage);
  }

  /** Length of a stage's prepared weights; 0 if it reads the weights as they are. */
  static int lengthFor(Stage stage) {
    return stage.memory(Pass.INFERENCE, 1, 1).prepared();
  }

  private float[] prepare(Stage stage) {
    float[] prepared = new float[lengthFor(stage)];
    stage.prepare(parameters, prepared);
    return prepared;
  }
}
