package org.vgg4j;

import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;

/**
 * A model whose weights are where they are computed with.
 *
 * @param model without its weights
 * @param engine computes
 * @param network has the weights
 */
record LoadedModel(ModelFile model, Engine engine, Network network) {
  static final String NO_FILE = "no model: the path is null";
  static final String NO_STREAM =
      "no model: the stream is null, as getResourceAsStream returns for what is not on the class"
          + " path";

  /**
   * Loads a model and makes what uses it.
   *
   * @param source reads it
   * @param maker gets the loaded model, whose engine it closes in the end; if it fails, the engine
   *     is closed here
   * @throws org.vgg4j.base.InputException if the source throws it, the device cannot be used, or
   *     there is not enough memory
   */
  static <T> T load(
      Supplier<ModelFile> source,
      ClassifierOptions options,
      BiFunction<LoadedModel, ClassifierOptions, T> maker) {
    Objects.requireNonNull(options, "no options: ClassifierOptions.defaults() has all processors");
    Engine engine = Engines.open(Device.of(options.device()), options.threads());
    try {
      ModelFile model = engine.warmUpDuring(source);
      Network network =
          engine.load(new Parameters(model.architecture(), model.arrays()), options.fcWeights());
      model = model.withoutArrays(); // releases what was rounded before more memory is allocated
      return maker.apply(new LoadedModel(model, engine, network), options);
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
  }
}
