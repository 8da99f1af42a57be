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
 * @param gradCam of the network
 */
record LoadedModel(ModelFile model, Engine engine, Network network, LazyGradCam gradCam) {
  static final String NO_FILE = "no model: the path is null";
  static final String NO_STREAM =
      "no model: the stream is null, as getResourceAsStream returns for what is not on the class"
          + " path";

  /**
   * Loads a model and makes what uses it.
   *
   * @param source reads it
   * @param explained whether Grad-CAM will be asked for
   * @param maker gets the loaded model, whose engine it closes in the end; if it fails, the engine
   *     is closed here
   * @throws org.vgg4j.base.InputException if the source throws it, the device cannot be used, or
   *     there is not enough memory
   */
  static <T> T load(
      Supplier<ModelFile> source,
      ClassifierOptions options,
      boolean explained,
      BiFunction<LoadedModel, ClassifierOptions, T> maker) {
    Objects.requireNonNull(options, "no options: ClassifierOptions.defaults() has all processors");
    Engine engine = Engines.open(Device.of(options.device()), options.threads());
    try {
      return maker.apply(load(source, engine, options, explained), options);
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
  }

  /** Once this has returned, what was rounded is released: the maker allocates more memory. */
  private static LoadedModel load(
      Supplier<ModelFile> source, Engine engine, ClassifierOptions options, boolean explained) {
    ModelFile model = engine.warmUpDuring(source);
    Parameters parameters = new Parameters(model.architecture(), model.arrays());
    Network network = engine.load(parameters, options.fcWeights());
    LazyGradCam gradCam = new LazyGradCam(network);
    if (explained) {
      gradCam.takeFrom(parameters);
    }
    return new LoadedModel(model.withoutArrays(), engine, network, gradCam);
  }
}
