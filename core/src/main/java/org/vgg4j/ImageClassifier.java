package org.vgg4j;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.views.HeatMap;
import org.vgg4j.views.HeatMapSheet;
import org.vgg4j.views.MeanPosteriors;
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
 * ClassifierOptions#threads}. Calls for several images, and {@link #heatMaps}, run one at a time.
 * Weights are held once, also with an {@link #embedder}; {@link #memoryNeeded} predicts the total
 * memory.
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
 * <p>Of a model whose images may show several classes ({@code vgg train --multi-label}, {@link
 * org.vgg4j.model.Task#LABELS} of {@link #architecture}), each class has a probability of its own,
 * that the image shows it: they do not sum to 1, and those of 0.5 and more are usually taken.
 *
 * <p>Probabilities are at the temperature of a model that {@code vgg calibrate} wrote.
 *
 * <p>Unusable arguments (a file that is not an image, an option out of range) throw an {@link
 * InputException}, whose message is a sentence for people; null throws a {@link
 * NullPointerException}.
 */
public final class ImageClassifier extends ImageForms implements AutoCloseable {
  private final ModelFile model;
  private final Temperature temperature;
  private final Map<String, Double> roundingErrors;
  private final Passes passes;
  private final CenterCrops crops;
  private final ClassMaps maps;

  private ImageClassifier(LoadedModel loaded, ClassifierOptions options) {
    this.model = loaded.model();
    this.temperature = new Temperature(model.temperature());
    this.roundingErrors = loaded.network().roundingErrors();
    int batch = loaded.network().capacity(options.batch());
    ClassifierOptions planned =
        options.passes() == ClassifierOptions.AUTO ? options.withBatch(batch) : options;
    int most = new PassPlan(model.architecture(), planned, loaded.engine().memory()).passes();
    this.passes = new Passes(loaded.engine(), loaded.network(), most, batch);
    this.crops = new CenterCrops(model.architecture(), model.preprocessing(), passes);
    this.maps = new ClassMaps(model, passes, loaded.gradCam());
  }

  /**
   * Loads a model, to run on all processors.
   *
   * @param file a .safetensors file that vgg4j wrote; where vgg4j-formats is on the class path,
   *     also a file of PyTorch, Caffe, Keras or ONNX
   * @throws InputException if it is missing or broken
   * @throws org.vgg4j.base.AbortedException if the thread is interrupted meanwhile
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
    return LoadedModel.load(source, options, true, ImageClassifier::new);
  }

  /**
   * Predicts, before loading, how much memory a classifier takes at most: the weights and all of
   * its passes; on the CPU that is heap. Images, and what is handed out, come on top, as do {@link
   * #gradCam} and each {@link #embedder}, with what they say there.
   *
   * @param file as {@link #load(Path)} takes it; of a file that vgg4j wrote only the header is read
   * @param options the options to load it with; with {@link ClassifierOptions#AUTO}, the prediction
   *     is for as many passes as the memory allows
   * @return bytes
   * @throws InputException if the file is missing or broken, or the device cannot be used
   */
  public static long memoryNeeded(Path file, ClassifierOptions options) {
    return memoryNeeded(file, options, 0);
  }

  /**
   * As {@link #memoryNeeded(Path, ClassifierOptions)}, with what the caller holds meanwhile.
   *
   * @param prepared how many images that {@link #prepare} has prepared are held at a time
   * @return bytes
   * @throws InputException as there
   */
  public static long memoryNeeded(Path file, ClassifierOptions options, int prepared) {
    Objects.requireNonNull(file, LoadedModel.NO_FILE);
    Architecture architecture = Models.readWithoutArrays(file).architecture();
    try (Engine engine = Engines.open(Device.of(options.device()), 1)) {
      PassPlan plan = new PassPlan(architecture, options, engine.memory());
      return plan.bytes(plan.passes())
          + (long) Float.BYTES * ForwardPass.length(architecture) * prepared;
    }
  }

  /** The network. */
  public Architecture architecture() {
    return model.architecture();
  }

  /** What the weights expect of an image: scale, crop, mean and so on. */
  public Preprocessing preprocessing() {
    return model.preprocessing();
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

  /**
   * Classifies an image.
   *
   * @param image of any size; see {@link ImageDecoder} for decoding files
   * @param top how many predictions, at least 1; all classes if there are fewer
   * @return the predictions, best first
   * @throws InputException if top is not positive, or the image is too elongated to be rescaled
   * @throws IllegalStateException if this classifier is closed
   */
  @Override
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
   * Prepares an image: its centre crop, as the network takes it. Runs on the caller's thread alone,
   * however many call at once, and takes none of the passes.
   *
   * @param image of any size
   * @return {@code [3][crop][crop]}, red, green and blue or as the {@link #preprocessing} has it;
   *     for {@link #posteriors} and {@link #scores}
   * @throws InputException if the image is too elongated to be rescaled
   * @throws IllegalStateException if this classifier is closed
   */
  public float[] prepare(RgbImage image) {
    Objects.requireNonNull(image, "no image: it is null");
    passes.requireOpen();
    return crops.prepare(image);
  }

  /**
   * Computes the probability of every class for prepared images: {@link ClassifierOptions#batch} at
   * a time, as {@link #classify(List, int)} does it, or a single one as {@link #classify(RgbImage,
   * int)}.
   *
   * @param prepared each as {@link #prepare} gives it; not changed
   * @return {@code [images][classes]}, in the order of the images and {@link #classNames}
   * @throws InputException if one has another length, which the message names; or a probability is
   *     not a number, by the fault of a prepared image or of the model, as the message says
   * @throws IllegalStateException if this classifier is closed
   */
  public float[][] posteriors(List<float[]> prepared) {
    passes.requireOpen();
    return crops
        .eachPrepared(
            prepared,
            (pass, input, count) -> {
              float[] all = pass.inference(Set.of()).posteriors(input, count);
              int classes = classNames().size();
              List<float[]> each =
                  IntStream.range(0, count)
                      .mapToObj(n -> temperature.apply(all, n * classes, classes))
                      .toList();
              return crops.requireNumbers(each, input);
            })
        .toArray(float[][]::new);
  }

  /**
   * Computes the class scores, before the soft-max and at no temperature, otherwise as {@link
   * #posteriors} does.
   *
   * @param prepared each as {@link #prepare} gives it; not changed
   * @return {@code [images][classes]}
   * @throws InputException as there
   * @throws IllegalStateException if this classifier is closed
   */
  public float[][] scores(List<float[]> prepared) {
    passes.requireOpen();
    return crops
        .eachPrepared(
            prepared,
            (pass, input, count) ->
                crops.requireNumbers(
                    rows(
                        pass.inference(Set.of()).outputs(input, count), count, classNames().size()),
                    input))
        .toArray(float[][]::new);
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
    return TapDescription.shapes(architecture());
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
    TapDescription description = TapDescription.of(architecture(), tap);
    passes.requireOpen();
    return crops.one(image, description);
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
    TapDescription description = TapDescription.of(architecture(), tap);
    passes.requireOpen();
    requireNoNull(images);
    return crops.each(images, description);
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
    return maps.occlusion(image, classes);
  }

  /**
   * Maps where in an image the network sees classes, by Grad-CAM over the whole image at the
   * model's own scale, as {@code vgg heatmap --grad-cam} does: one pass for all classes, a few
   * times as long as classifying the image. Runs beside other calls; several of this one take
   * turns.
   *
   * <p>Beside what {@link #memoryNeeded} predicts, it takes memory for a pass over the whole image,
   * which is released at the end of each call, and from the first call on {@code 4 x features of
   * fc6 x channels} bytes: 8 MiB at full width. On a GPU, 88 MiB of heap are taken on loading.
   *
   * @param image of any size
   * @param classes indices of classes; none: the most probable one
   * @return a map for each class, with the probability that {@link #classify(RgbImage, int)} gives
   * @throws InputException if there is no such class, the fully connected layers are not in {@link
   *     FcWeights#FP32}, or the image is too elongated to be rescaled or for the memory
   * @throws IllegalStateException if this classifier is closed
   */
  public List<HeatMap> gradCam(RgbImage image, int... classes) {
    Objects.requireNonNull(image, "no image: it is null");
    passes.requireOpen();
    return maps.gradCam(image, classes);
  }

  /**
   * Makes an embedder that uses this classifier's weights, in the form in which they are, and has
   * {@link ClassifierOptions#threads} of its own, which share the processors with running calls. It
   * takes no memory for weights, but for passes over whole images. Close it first; once this
   * classifier is closed, it throws an {@link IllegalStateException}.
   *
   * @param recipe how descriptors are made
   * @throws InputException if the recipe does not suit the network
   * @throws IllegalStateException if this classifier is closed
   */
  public ImageEmbedder embedder(DescriptorRecipe recipe) {
    Objects.requireNonNull(recipe, "no recipe: DescriptorRecipe.paper() is the usual one");
    return ImageEmbedder.sharing(passes, model, recipe);
  }

  /**
   * Like {@link #embedder(DescriptorRecipe)}, for the descriptors that {@link
   * ImageEmbedder#load(Path)} makes.
   *
   * @throws InputException if they do not suit the network
   * @throws IllegalStateException if this classifier is closed
   */
  public ImageEmbedder embedder() {
    return embedder(ImageEmbedder.usualRecipe(model));
  }

  /**
   * Draws heat maps: the image, and beside it a panel for each map, with the name of the class and
   * its probability.
   *
   * @param image the image that the maps are of
   * @param maps heat maps of that image, at least one, as returned by {@link #heatMaps} or {@link
   *     #gradCam}
   * @param title what to call the image
   * @throws InputException if there is no map, or there are too many for one drawing
   */
  public RgbImage draw(RgbImage image, List<HeatMap> maps, String title) {
    Objects.requireNonNull(image, "no image: it is null");
    Objects.requireNonNull(title, "no title: it is null");
    if (maps.isEmpty()) {
      throw new InputException("there is no heat map to draw: give at least one");
    }
    return HeatMapSheet.draw(image, title, classNames(), List.of(maps));
  }

  private static void requireNoNull(List<RgbImage> images) {
    images.forEach(image -> Objects.requireNonNull(image, "one of the images is null"));
  }

  @Override
  void requireReady(int top) {
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
    MeanPosteriors.requireNumbers(own);
    for (int index : Ranking.top(own, 0, own.length, top)) {
      best.add(new Prediction(classNames().get(index), index, own[index]));
    }
    return best;
  }

  private static List<float[]> rows(float[] values, int count, int length) {
    return IntStream.range(0, count)
        .mapToObj(n -> Arrays.copyOfRange(values, n * length, (n + 1) * length))
        .toList();
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
