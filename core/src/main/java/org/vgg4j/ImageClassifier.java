package org.vgg4j;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.evaluate.Ranking;
import org.vgg4j.image.Preprocessor;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Engine;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;

/**
 * Classifies pictures with a model file. The middle of each picture is looked at, prepared as the
 * model's weights want it. Thread-safe: calls wait for each other.
 *
 * <p>The fast kernels need {@code --add-modules jdk.incubator.vector} on the java command line, or
 * in the environment variable {@code JDK_JAVA_OPTIONS}; without it the scalar kernels work, many
 * times slower.
 */
public final class ImageClassifier implements AutoCloseable {
  private static final int BATCH = 16;

  private final ModelFile model;
  private final Engine engine;
  private final Map<String, Double> roundingErrors;
  private final Inference inference;
  private final Preprocessor preprocessor;
  private float[] images;

  private ImageClassifier(ModelFile model, Engine engine, Parameters parameters) {
    this.model = model;
    this.engine = engine;
    this.roundingErrors = parameters.roundingErrors();
    this.inference = engine.inference(parameters, 1, Set.of());
    this.preprocessor = new Preprocessor(model.preprocessing());
    this.images = engine.images(model.architecture(), 1);
  }

  /**
   * Loads a model, to run on all processors.
   *
   * @param file a .safetensors file that vgg4j wrote
   * @throws InputException if it is missing or broken
   */
  public static ImageClassifier load(Path file) {
    return load(file, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Loads a model.
   *
   * @param file a .safetensors file that vgg4j wrote
   * @param threads number of threads to run on
   * @throws InputException if the file is missing or broken
   */
  public static ImageClassifier load(Path file, int threads) {
    return load(file, threads, FcWeights.FP32);
  }

  /**
   * Loads a model, with the weights of its fully connected layers in the given form. {@link
   * FcWeights#BF16} takes half of their memory once it is loaded, and half of their time for single
   * pictures; {@link #roundingErrors} says what it changed.
   *
   * @param file a .safetensors file that vgg4j wrote
   * @param threads number of threads to run on
   * @throws InputException if the file is missing or broken
   */
  public static ImageClassifier load(Path file, int threads, FcWeights form) {
    Engine engine = new Engine(threads);
    ModelFile model = engine.warmUpDuring(() -> ModelFile.read(file));
    Parameters parameters =
        engine.withFcWeights(new Parameters(model.architecture(), model.arrays()), form);
    model = model.withoutArrays(); // what was rounded is let go before more memory is asked for
    return new ImageClassifier(model, engine, parameters);
  }

  /** The network. */
  public Architecture architecture() {
    return model.architecture();
  }

  /**
   * What rounding changed in each fully connected layer, by its name, as a share of its weights
   * (see {@link Parameters#roundingErrors}); empty for {@link FcWeights#FP32}.
   */
  public Map<String, Double> roundingErrors() {
    return roundingErrors;
  }

  /** Names of the classes, in the order of their indices. */
  public List<String> classNames() {
    return model.classNames();
  }

  /**
   * Classifies a picture of any size and type.
   *
   * @param top how many guesses; all classes if there are fewer
   * @return the guesses, best first
   */
  public List<Prediction> classify(BufferedImage image, int top) {
    Objects.requireNonNull(image, "no image: ImageIO.read returns null for a file that is none");
    return classify(List.of(RgbImage.of(image)), top).get(0);
  }

  /**
   * Classifies pictures of any sizes.
   *
   * @param top how many guesses for each; all classes if there are fewer
   * @return for each picture its guesses, best first
   * @throws InputException if top is not positive
   */
  public synchronized List<List<Prediction>> classify(List<RgbImage> pictures, int top) {
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
    makeRoom(Math.min(BATCH, pictures.size()));
    List<List<Prediction>> predictions = new ArrayList<>();
    for (int first = 0; first < pictures.size(); first += BATCH) {
      int start = first;
      int count = Math.min(BATCH, pictures.size() - first);
      engine.parallel(
          count,
          n -> preprocessor.write(preprocessor.centerCrop(pictures.get(start + n)), images, n));
      float[] posteriors = inference.posteriors(images, count);
      for (int n = 0; n < count; n++) {
        predictions.add(best(posteriors, n * classNames().size(), top));
      }
    }
    return predictions;
  }

  /** Memory for a whole batch takes time to get, so whoever shows one picture does without it. */
  private void makeRoom(int count) {
    if (count > inference.capacity()) {
      engine.enlarge(inference, count);
      images = engine.images(architecture(), count);
    }
  }

  private List<Prediction> best(float[] posteriors, int offset, int top) {
    List<Prediction> best = new ArrayList<>();
    for (int index : Ranking.top(posteriors, offset, classNames().size(), top)) {
      best.add(new Prediction(classNames().get(index), index, posteriors[offset + index]));
    }
    return best;
  }

  /** Ends the threads. */
  @Override
  public void close() {
    engine.close();
  }
}
