package org.vgg4j;

import java.awt.image.BufferedImage;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.views.Ranking;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/**
 * Classifies pictures with a model file. The middle of each picture is looked at, prepared as the
 * model's weights want it. The same picture has the same answer every time, whatever the number of
 * threads. Thread-safe: calls wait for each other, though files are decoded at once.
 *
 * <p>Files, streams and bytes are read as {@code vgg classify} reads them: JPEG (CMYK, too), PNG,
 * BMP, GIF, TIFF and WebP, told apart by their content and turned upright where their EXIF data say
 * so. {@link javax.imageio.ImageIO} does not do that.
 *
 * <p>The fast kernels need {@code --add-modules jdk.incubator.vector} on the java command line, or
 * in the environment variable {@code JDK_JAVA_OPTIONS}; without it the scalar kernels work, many
 * times slower.
 *
 * <p>A mistake in what is given (a file that is no picture, an option out of range) is an {@link
 * InputException}, whose message is a sentence for people; null is a {@link NullPointerException}.
 */
public final class ImageClassifier implements AutoCloseable {
  private static final int BATCH = 16;

  /** Guesses for each picture where nobody says how many; what the command prints, too. */
  private static final int GUESSES = 5;

  private static final String NO_MODEL_FILE = "no model: the path is null";
  private static final String NO_MODEL_STREAM =
      "no model: the stream is null, as getResourceAsStream returns for what is not on the class"
          + " path";

  private final ModelFile model;
  private final Engine engine;
  private final Map<String, Double> roundingErrors;
  private final Inference inference;
  private final Preprocessor preprocessor;
  private float[] images;
  private volatile boolean closed;

  private ImageClassifier(ModelFile model, Engine engine, Network network) {
    this.model = model;
    this.engine = engine;
    this.roundingErrors = network.roundingErrors();
    this.inference = network.inference(1, Set.of());
    this.preprocessor = new Preprocessor(model.preprocessing());
    this.images = ForwardPass.images(model.architecture(), 1);
  }

  /**
   * Loads a model, to run on all processors.
   *
   * @param file a .safetensors file that vgg4j wrote; where vgg4j-formats is on the class path,
   *     also a file of PyTorch, Caffe, Keras or ONNX
   * @throws InputException if it is missing or broken
   */
  public static ImageClassifier load(Path file) {
    return load(file, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Loads a model.
   *
   * @param file as {@link #load(Path)} takes it
   * @param threads number of threads to run on, at least 1
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
   * @param file as {@link #load(Path)} takes it
   * @param threads number of threads to run on, at least 1
   * @throws InputException if the file is missing or broken
   */
  public static ImageClassifier load(Path file, int threads, FcWeights form) {
    return load(file, Device.CPU.text(), threads, form);
  }

  /**
   * Loads a model to a device.
   *
   * @param file as {@link #load(Path)} takes it
   * @param device as {@code --device} takes it: auto, cpu, or one for which vgg4j's module is there
   * @param threads number of threads that prepare pictures, and compute where that is the
   *     processors' part, at least 1
   * @param form see {@link #load(Path, int, FcWeights)}
   * @throws InputException if the file is missing or broken, or the device cannot be used
   */
  public static ImageClassifier load(Path file, String device, int threads, FcWeights form) {
    Objects.requireNonNull(file, NO_MODEL_FILE);
    Objects.requireNonNull(device, "no device: auto takes the best that can be used");
    return load(() -> Models.read(file), Device.of(device), threads, form);
  }

  /**
   * Loads a model from a stream, such as {@link Class#getResourceAsStream} gives, to run on all
   * processors.
   *
   * @param stream a .safetensors file that vgg4j wrote, from its first byte to its end; left open
   * @throws InputException if it cannot be read, or is broken
   */
  public static ImageClassifier load(InputStream stream) {
    return load(stream, Runtime.getRuntime().availableProcessors(), FcWeights.FP32);
  }

  /**
   * Loads a model from a stream. No temporary file is written; the heap takes the weights once, as
   * from a file, and a quarter of a megabyte more. It takes longer than from a file, which several
   * threads read.
   *
   * @param stream a .safetensors file that vgg4j wrote, from its first byte to its end; left open
   * @param threads number of threads to run on, at least 1
   * @param form see {@link #load(Path, int, FcWeights)}
   * @throws InputException if it cannot be read, or is broken
   */
  public static ImageClassifier load(InputStream stream, int threads, FcWeights form) {
    Objects.requireNonNull(stream, NO_MODEL_STREAM);
    return load(() -> ModelFile.read(stream), Device.CPU, threads, form);
  }

  private static ImageClassifier load(
      Supplier<ModelFile> source, Device device, int threads, FcWeights form) {
    Objects.requireNonNull(form, "no form of the weights: FcWeights.FP32 leaves them as they are");
    Engine engine = Engines.open(device, threads);
    try {
      ModelFile model = engine.warmUpDuring(source);
      Network network = engine.load(new Parameters(model.architecture(), model.arrays()), form);
      model = model.withoutArrays(); // what was rounded is let go before more memory is asked for
      return new ImageClassifier(model, engine, network);
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
  }

  /** The network. */
  public Architecture architecture() {
    return model.architecture();
  }

  /**
   * What rounding changed in each fully connected layer, by its name: the root mean square of the
   * change as a share of that of the weights; empty for {@link FcWeights#FP32}.
   */
  public Map<String, Double> roundingErrors() {
    return roundingErrors;
  }

  /** Names of the classes, in the order of their indices. */
  public List<String> classNames() {
    return model.classNames();
  }

  /** As {@link #classify(Path, int)}: the five best guesses. */
  public List<Prediction> classify(Path file) {
    return classify(file, GUESSES);
  }

  /**
   * Classifies an image file.
   *
   * @param file at most 1 GiB; its content says what it is, not its name
   * @param top how many guesses, at least 1; all classes if there are fewer
   * @return the guesses, best first
   * @throws UnreadableImageException if it is empty, no image, damaged, or of too many pixels
   * @throws InputException if it is missing or cannot be read, or top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(Path file, int top) {
    Objects.requireNonNull(file, "no picture: the path is null");
    requireReady(top);
    return classify(List.of(ImageDecoder.decode(file)), top).get(0);
  }

  /** As {@link #classify(InputStream, int)}: the five best guesses. */
  public List<Prediction> classify(InputStream stream) {
    return classify(stream, GUESSES);
  }

  /**
   * Classifies an image file that comes as a stream.
   *
   * @param stream is read to its end, at most 1 GiB, and left open
   * @param top how many guesses, at least 1; all classes if there are fewer
   * @return the guesses, best first
   * @throws UnreadableImageException if it is empty, no image, damaged, or of too many bytes or
   *     pixels
   * @throws InputException if it cannot be read, or top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(InputStream stream, int top) {
    Objects.requireNonNull(
        stream,
        "no picture: the stream is null, as getResourceAsStream returns for what is not on the"
            + " class path");
    requireReady(top);
    return classify(List.of(ImageDecoder.decode(stream, "the picture's stream")), top).get(0);
  }

  /** As {@link #classify(byte[], int)}: the five best guesses. */
  public List<Prediction> classify(byte[] content) {
    return classify(content, GUESSES);
  }

  /**
   * Classifies an image file whose content is in memory.
   *
   * @param content the whole file, as an upload brings it; not pixels
   * @param top how many guesses, at least 1; all classes if there are fewer
   * @return the guesses, best first
   * @throws UnreadableImageException if it is empty, no image, damaged, or of too many pixels
   * @throws InputException if top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(byte[] content, int top) {
    Objects.requireNonNull(content, "no picture: the array is null");
    requireReady(top);
    return classify(List.of(ImageDecoder.decode(content, "the picture")), top).get(0);
  }

  /** As {@link #classify(BufferedImage, int)}: the five best guesses. */
  public List<Prediction> classify(BufferedImage image) {
    return classify(image, GUESSES);
  }

  /**
   * Classifies a picture that is in memory already. It is taken as it is: who read it has to turn
   * it upright and to convert its colours.
   *
   * @param image of any size and type; transparent parts are taken for white
   * @param top how many guesses, at least 1; all classes if there are fewer
   * @return the guesses, best first
   * @throws InputException if top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(BufferedImage image, int top) {
    Objects.requireNonNull(
        image,
        "no picture: the image is null, as ImageIO.read returns for a file that it cannot read");
    requireReady(top);
    return classify(List.of(RgbImage.of(image)), top).get(0);
  }

  /**
   * Classifies pictures of any sizes, 16 at a time, which takes less time for each than one by one.
   *
   * @param pictures see {@link ImageDecoder} for how files become such
   * @param top how many guesses for each, at least 1; all classes if there are fewer
   * @return for each picture its guesses, best first
   * @throws InputException if top is not positive, or a picture is too elongated to be rescaled
   * @throws IllegalStateException if this classifier is closed
   */
  public synchronized List<List<Prediction>> classify(List<RgbImage> pictures, int top) {
    requireReady(top);
    pictures.forEach(picture -> Objects.requireNonNull(picture, "one of the pictures is null"));
    makeRoom(Math.min(BATCH, pictures.size()));
    List<List<Prediction>> predictions = new ArrayList<>();
    for (int first = 0; first < pictures.size(); first += BATCH) {
      int start = first;
      int count = Math.min(BATCH, pictures.size() - first);
      engine
          .hostThreads()
          .parallel(
              count,
              n -> preprocessor.write(preprocessor.centerCrop(pictures.get(start + n)), images, n));
      float[] posteriors = inference.posteriors(images, count);
      for (int n = 0; n < count; n++) {
        predictions.add(best(posteriors, n * classNames().size(), top));
      }
    }
    return predictions;
  }

  /** Before a picture is decoded, and again once it is this call's turn. */
  private void requireReady(int top) {
    if (closed) {
      throw new IllegalStateException("this classifier was closed: load the model again");
    }
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
  }

  /** Memory for a whole batch takes time to get, so whoever shows one picture does without it. */
  private void makeRoom(int count) {
    if (count > inference.capacity()) {
      inference.enlarge(count);
      images = ForwardPass.images(architecture(), count);
    }
  }

  private List<Prediction> best(float[] posteriors, int offset, int top) {
    List<Prediction> best = new ArrayList<>();
    for (int index : Ranking.top(posteriors, offset, classNames().size(), top)) {
      best.add(new Prediction(classNames().get(index), index, posteriors[offset + index]));
    }
    return best;
  }

  /**
   * Ends the threads, after a call that is going on. What the model is can still be asked, but
   * nothing be classified. A second time does nothing.
   */
  @Override
  public synchronized void close() {
    closed = true;
    engine.close();
  }
}
