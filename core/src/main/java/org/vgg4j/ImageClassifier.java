package org.vgg4j;

import java.awt.image.BufferedImage;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Inference;
import org.vgg4j.views.HeatMap;
import org.vgg4j.views.HeatMapSheet;
import org.vgg4j.views.HeatMaps;
import org.vgg4j.views.Ranking;
import org.vgg4j.views.Temperature;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/**
 * Classifies images with a model file, and computes descriptors and heat maps. The network sees the
 * centre crop of each image, preprocessed as the model's weights require. The same call always
 * gives the same result, whatever the number of threads.
 *
 * <p>Thread-safe. Single-image calls run concurrently on their callers' threads, as many as there
 * are {@link ClassifierOptions#passes}; a call on its own uses all {@link
 * ClassifierOptions#threads}. Calls for several images, and heat maps, run one at a time. Weights
 * are held once; {@link #memoryNeeded} predicts the total memory.
 *
 * <p>Files, streams and bytes are read as {@code vgg classify} reads them: JPEG (CMYK, too), PNG,
 * BMP, GIF, TIFF and WebP, told apart by their content and turned upright where their EXIF data say
 * so. {@link javax.imageio.ImageIO} does not do that. {@link ImageDecoder} makes images of them for
 * the methods that take {@link RgbImage}.
 *
 * <p>The fast kernels need {@code --add-modules jdk.incubator.vector} on the java command line, or
 * in the environment variable {@code JDK_JAVA_OPTIONS}; without it the scalar kernels are used,
 * which are many times slower.
 *
 * <p>Probabilities are at the temperature of a model that {@code vgg calibrate} wrote.
 *
 * <p>Unusable arguments (a file that is not an image, an option out of range) throw an {@link
 * InputException}, whose message is a sentence for people; null throws a {@link
 * NullPointerException}.
 */
public final class ImageClassifier implements AutoCloseable {
  /** Default number of predictions for each image; what the command prints, too. */
  private static final int PREDICTIONS = 5;

  private final ModelFile model;
  private final Temperature temperature;
  private final Map<String, Double> roundingErrors;
  private final Passes passes;
  private final CenterCrops crops;

  private ImageClassifier(LoadedModel loaded, ClassifierOptions options) {
    this.model = loaded.model();
    this.temperature = new Temperature(model.temperature());
    this.roundingErrors = loaded.network().roundingErrors();
    int most = new PassPlan(model.architecture(), options, loaded.engine().memory()).passes();
    this.passes = new Passes(loaded.engine(), loaded.network(), most, options.batch());
    this.crops = new CenterCrops(new Preprocessor(model.preprocessing()), passes);
  }

  /**
   * Loads a model, to run on all processors.
   *
   * @param file a .safetensors file that vgg4j wrote; where vgg4j-formats is on the class path,
   *     also a file of PyTorch, Caffe, Keras or ONNX
   * @throws InputException if it is missing or broken
   */
  public static ImageClassifier load(Path file) {
    return load(file, ClassifierOptions.defaults());
  }

  /**
   * Loads a model.
   *
   * @param file as {@link #load(Path)} takes it
   * @param options how to use the machine. {@link FcWeights#BF16} halves the memory of the fully
   *     connected layers once they are loaded, and their time for single images; {@link
   *     #roundingErrors} says what it changed
   * @throws InputException if the file is missing or broken, finds boxes, the device cannot be
   *     used, or there is not enough memory for the passes
   */
  public static ImageClassifier load(Path file, ClassifierOptions options) {
    Objects.requireNonNull(file, LoadedModel.NO_FILE);
    return load(() -> Models.readClassifier(file), options);
  }

  /**
   * Loads a model from a stream, such as {@link Class#getResourceAsStream} gives, to run on all
   * processors.
   *
   * @param stream a .safetensors file that vgg4j wrote, from its first byte to its end; left open
   * @throws InputException if it cannot be read, or is broken
   */
  public static ImageClassifier load(InputStream stream) {
    return load(stream, ClassifierOptions.defaults());
  }

  /**
   * Loads a model from a stream. No temporary file is written; the heap holds the weights once, as
   * when they come from a file, plus a quarter of a megabyte. This is slower than loading a file,
   * which several threads read.
   *
   * @param stream a .safetensors file that vgg4j wrote, from its first byte to its end; left open
   * @param options see {@link #load(Path, ClassifierOptions)}
   * @throws InputException if it cannot be read, or is broken, or the heap is too small for the
   *     passes
   */
  public static ImageClassifier load(InputStream stream, ClassifierOptions options) {
    Objects.requireNonNull(stream, LoadedModel.NO_STREAM);
    return load(() -> ModelFile.read(stream).requireClassifier("the model"), options);
  }

  private static ImageClassifier load(Supplier<ModelFile> source, ClassifierOptions options) {
    return LoadedModel.load(source, options, ImageClassifier::new);
  }

  /**
   * Predicts, before loading, how much memory a classifier takes at most: the weights and all of
   * its passes; on the CPU that is heap. Images, and the descriptors and heat maps that are handed
   * out, come on top.
   *
   * @param file a .safetensors file that vgg4j wrote; only its header is read
   * @param options the options to load it with; with {@link ClassifierOptions#AUTO}, the prediction
   *     is for as many passes as the memory allows
   * @return bytes
   * @throws InputException if the file is missing or broken, or the device cannot be used
   */
  public static long memoryNeeded(Path file, ClassifierOptions options) {
    Objects.requireNonNull(file, LoadedModel.NO_FILE);
    Architecture architecture = ModelFile.readWithoutArrays(file).architecture();
    try (Engine engine = Engines.open(Device.of(options.device()), 1)) {
      PassPlan plan = new PassPlan(architecture, options, engine.memory());
      return plan.bytes(plan.passes());
    }
  }

  /** The network. */
  public Architecture architecture() {
    return model.architecture();
  }

  /**
   * The rounding error of each fully connected layer, by name: the root mean square of the error as
   * a fraction of that of the weights; empty for {@link FcWeights#FP32}.
   */
  public Map<String, Double> roundingErrors() {
    return roundingErrors;
  }

  /** How many single-image calls run concurrently. */
  public int passes() {
    return passes.most();
  }

  /** Names of the classes, in the order of their indices. */
  public List<String> classNames() {
    return model.classNames();
  }

  /** As {@link #classify(Path, int)}: the five best predictions. */
  public List<Prediction> classify(Path file) {
    return classify(file, PREDICTIONS);
  }

  /**
   * Classifies an image file.
   *
   * @param file at most 1 GiB; its content says what it is, not its name
   * @param top how many predictions, at least 1; all classes if there are fewer
   * @return the predictions, best first
   * @throws UnreadableImageException if it is empty, not an image, damaged, or has too many pixels
   * @throws InputException if it is missing or cannot be read, or top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(Path file, int top) {
    Objects.requireNonNull(file, "no image: the path is null");
    requireReady(top);
    return classify(ImageDecoder.decode(file), top);
  }

  /** As {@link #classify(InputStream, int)}: the five best predictions. */
  public List<Prediction> classify(InputStream stream) {
    return classify(stream, PREDICTIONS);
  }

  /**
   * Classifies an image file that comes as a stream.
   *
   * @param stream is read to its end, at most 1 GiB, and left open
   * @param top how many predictions, at least 1; all classes if there are fewer
   * @return the predictions, best first
   * @throws UnreadableImageException if it is empty, not an image, damaged, or has too many bytes
   *     or pixels
   * @throws InputException if it cannot be read, or top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(InputStream stream, int top) {
    Objects.requireNonNull(
        stream,
        "no image: the stream is null, as getResourceAsStream returns for what is not on the"
            + " class path");
    requireReady(top);
    return classify(ImageDecoder.decode(stream, "the image's stream"), top);
  }

  /** As {@link #classify(byte[], int)}: the five best predictions. */
  public List<Prediction> classify(byte[] content) {
    return classify(content, PREDICTIONS);
  }

  /**
   * Classifies an image file whose content is in memory.
   *
   * @param content the whole file, as uploaded; not pixels
   * @param top how many predictions, at least 1; all classes if there are fewer
   * @return the predictions, best first
   * @throws UnreadableImageException if it is empty, not an image, damaged, or has too many pixels
   * @throws InputException if top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(byte[] content, int top) {
    Objects.requireNonNull(content, "no image: the array is null");
    requireReady(top);
    return classify(ImageDecoder.decode(content, "the image"), top);
  }

  /** As {@link #classify(BufferedImage, int)}: the five best predictions. */
  public List<Prediction> classify(BufferedImage image) {
    return classify(image, PREDICTIONS);
  }

  /**
   * Classifies an image that is in memory already. It is used as it is: turning it upright and
   * converting its colours is up to the caller.
   *
   * @param image of any size and type; transparent parts are composed over white
   * @param top how many predictions, at least 1; all classes if there are fewer
   * @return the predictions, best first
   * @throws InputException if top is not positive
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(BufferedImage image, int top) {
    Objects.requireNonNull(
        image,
        "no image: the image is null, as ImageIO.read returns for a file that it cannot read");
    requireReady(top);
    return classify(RgbImage.of(image), top);
  }

  /**
   * Classifies an image.
   *
   * @param image of any size; see {@link ImageDecoder} for decoding files
   * @param top how many predictions, at least 1; all classes if there are fewer
   * @return the predictions, best first
   * @throws InputException if top is not positive, or the image is too elongated to be rescaled
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Prediction> classify(RgbImage image, int top) {
    Objects.requireNonNull(image, "no image: it is null");
    requireReady(top);
    return crops.one(image, classification(top));
  }

  /**
   * Classifies images of any sizes, {@link ClassifierOptions#batch} at a time, which is faster than
   * one by one. Probabilities may differ in the last digits from those computed one by one.
   *
   * @param images see {@link ImageDecoder} for decoding files
   * @param top how many predictions for each, at least 1; all classes if there are fewer
   * @return for each image its predictions, best first
   * @throws InputException if top is not positive, or an image is too elongated to be rescaled
   * @throws IllegalStateException if this classifier is closed
   */
  public List<List<Prediction>> classify(List<RgbImage> images, int top) {
    requireReady(top);
    requireNoNull(images);
    return crops.each(images, classification(top));
  }

  /**
   * The outputs of the network that {@link #describe} can return, from the image to the class
   * scores, each with its shape: {@code [channels, rows, columns]}, or {@code [features]} for fully
   * connected layers. {@code relu3_1} is the output of conv3_1 after its ReLU (and batch
   * normalisation), {@code fc7} that of fc7 after its ReLU, {@code fc8} (of the paper's networks)
   * the class scores before the soft-max, {@code gap} the means of the last map where the network
   * takes these, {@code [channels, 1, 1]}.
   */
  public Map<String, List<Integer>> taps() {
    Map<String, List<Integer>> taps = new LinkedHashMap<>();
    for (LayerShape shape : architecture().withoutBatchNorm().shapes()) {
      taps.put(
          shape.layer().tap(),
          shape.layer() instanceof Layer.FullyConnected
              ? List.of(shape.channels())
              : List.of(shape.channels(), shape.height(), shape.width()));
    }
    return taps;
  }

  /**
   * Computes a descriptor of an image: a layer's output for its centre crop.
   *
   * @param image of any size
   * @param tap one of {@link #taps}; {@code fc7} is customary for comparing images
   * @throws InputException if there is no such tap, or the image is too elongated to be rescaled
   * @throws IllegalStateException if this classifier is closed
   */
  public Descriptor describe(RgbImage image, String tap) {
    Objects.requireNonNull(image, "no image: it is null");
    List<Integer> shape = shape(tap);
    passes.requireOpen();
    return crops.one(image, description(tap, shape));
  }

  /**
   * Computes descriptors of images, {@link ClassifierOptions#batch} at a time, which is faster than
   * one by one. Values may differ in the last digits from those computed one by one.
   *
   * @param images of any sizes
   * @param tap as for a single image
   * @return a descriptor for each image
   * @throws InputException if there is no such tap, or an image is too elongated to be rescaled
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Descriptor> describe(List<RgbImage> images, String tap) {
    List<Integer> shape = shape(tap);
    passes.requireOpen();
    requireNoNull(images);
    return crops.each(images, description(tap, shape));
  }

  private List<Integer> shape(String tap) {
    Objects.requireNonNull(tap, "no tap: it is null");
    Map<String, List<Integer>> taps = taps();
    List<Integer> shape = taps.get(tap);
    if (shape == null) {
      throw new InputException(
          "network %s has no output '%s': choose from %s"
              .formatted(architecture(), tap, String.join(", ", taps.keySet())));
    }
    return shape;
  }

  /**
   * Maps where in an image the network sees classes: the drop in a class's probability when each
   * part of the centre crop in turn is covered with the mean colour. Takes 82 times as long as
   * classifying the image.
   *
   * @param image of any size
   * @param classes indices of classes; none: the most probable one
   * @return a map for each class
   * @throws InputException if there is no such class, or the image is too elongated to be rescaled
   * @throws IllegalStateException if this classifier is closed
   */
  public List<HeatMap> heatMaps(RgbImage image, int... classes) {
    Objects.requireNonNull(image, "no image: it is null");
    passes.requireOpen();
    for (int index : classes) {
      if (index < 0 || index >= classNames().size()) {
        throw new InputException(
            "there is no class %d: give indices from 0 to %d"
                .formatted(index, classNames().size() - 1));
      }
    }
    return passes.withBatches(
        pass -> {
          pass.reserve(passes.batch());
          HeatMaps maps =
              new HeatMaps(
                  pass.threads(),
                  pass.network(),
                  pass.inference(Set.of()),
                  passes.batch(),
                  model.preprocessing(),
                  temperature,
                  image);
          int[] best = Ranking.top(maps.posteriors(), 0, classNames().size(), 1);
          return maps.occlusion(classes.length == 0 ? best : classes);
        });
  }

  /**
   * Draws heat maps: the image, and beside it a panel for each map, with the name of the class and
   * its probability.
   *
   * @param image the image that the maps are of
   * @param maps heat maps of that image, at least one, as returned by {@link #heatMaps}
   * @param title what to call the image
   * @throws InputException if there are too many maps for one drawing
   */
  public RgbImage draw(RgbImage image, List<HeatMap> maps, String title) {
    return HeatMapSheet.draw(image, title, classNames(), List.of(maps));
  }

  private static void requireNoNull(List<RgbImage> images) {
    images.forEach(image -> Objects.requireNonNull(image, "one of the images is null"));
  }

  /** Called before an image is decoded, and again once it is this call's turn. */
  private void requireReady(int top) {
    passes.requireOpen();
    if (top < 1) {
      throw new InputException("option top is " + top + " but must be at least 1");
    }
  }

  private CenterCrops.Work<List<Prediction>> classification(int top) {
    return (pass, input, count) -> {
      float[] posteriors = pass.inference(Set.of()).posteriors(input, count);
      int classes = classNames().size();
      return IntStream.range(0, count)
          .mapToObj(n -> predictions(posteriors, n * classes, top))
          .toList();
    };
  }

  private List<Prediction> predictions(float[] posteriors, int offset, int top) {
    List<Prediction> best = new ArrayList<>();
    float[] own = temperature.apply(posteriors, offset, classNames().size());
    for (int index : Ranking.top(own, 0, own.length, top)) {
      best.add(new Prediction(classNames().get(index), index, own[index]));
    }
    return best;
  }

  private static CenterCrops.Work<Descriptor> description(String tap, List<Integer> shape) {
    int length = shape.stream().reduce(1, Math::multiplyExact);
    return (pass, input, count) -> {
      Inference network = pass.inference(Set.of(tap));
      network.outputs(input, count);
      float[] values = network.tap(tap);
      return IntStream.range(0, count)
          .mapToObj(n -> Arrays.copyOfRange(values, n * length, (n + 1) * length))
          .map(own -> new Descriptor(tap, shape, own))
          .toList();
    };
  }

  /**
   * Closes the classifier: waits for running calls, and refuses waiting and later ones with an
   * {@link IllegalStateException}. Properties of the model can still be read. Closing again does
   * nothing.
   */
  @Override
  public void close() {
    passes.close();
  }
}
