package org.vgg4j.serve.models;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.ImageClassifier;
import org.vgg4j.ImageEmbedder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.serve.compute.Work;
import org.vgg4j.views.HeatMap;

/**
 * A model in memory, and the work that it does. Thread-safe; the works compute on the one thread of
 * the queue.
 */
public final class ServedModel {
  /**
   * A question for a map.
   *
   * @param image decodes the picture, when its turn has come: only one is in memory at a time
   * @param label whose map; null: that of the most probable class
   * @param side the most pixels a side of the small copy that is wanted
   */
  public record MapQuestion(Supplier<RgbImage> image, @Nullable Integer label, int side) {}

  /**
   * A map.
   *
   * @param map in the pixels of the picture
   * @param width of the picture
   * @param height of the picture
   * @param small copy of the picture
   */
  public record Mapped(HeatMap map, int width, int height, RgbImage small) {}

  private final String name;
  private final Path file;
  private final FileState state;
  private final ImageClassifier classifier;
  private final Work<float[], float[]> classification;
  private final Work<MapQuestion, Mapped> mapping;
  private final Work<Supplier<RgbImage>, float[]> embedding;
  private volatile @Nullable ImageEmbedder embedder; // made by the thread that computes

  private ServedModel(
      String name, Path file, FileState state, ImageClassifier classifier, int batch) {
    this.name = name;
    this.file = file;
    this.state = state;
    this.classifier = classifier;
    this.classification =
        new Simple<>("classify", batch, inputs -> List.of(classifier.posteriors(inputs)));
    this.mapping =
        new Simple<>("heatmap", 1, questions -> questions.stream().map(this::map).toList());
    this.embedding =
        new Simple<>(
            "embed",
            1,
            images -> images.stream().map(image -> embedder().embed(image.get())).toList());
  }

  private record Simple<I, O>(String name, int most, Function<List<I>, List<O>> function)
      implements Work<I, O> {
    @Override
    public List<O> compute(List<I> inputs) {
      return function.apply(inputs);
    }
  }

  /**
   * Loads a model.
   *
   * @throws org.vgg4j.base.InputException if the file is missing or broken, or finds boxes
   */
  static ServedModel load(String name, Path file, ClassifierOptions options) {
    FileState state = FileState.of(file); // before reading: what changes meanwhile is seen later
    return new ServedModel(name, file, state, ImageClassifier.load(file, options), options.batch());
  }

  private Mapped map(MapQuestion question) {
    int[] wanted = question.label() == null ? new int[0] : new int[] {question.label()};
    RgbImage image = question.image().get();
    HeatMap map = classifier.gradCam(image, wanted).get(0);
    return new Mapped(map, image.width(), image.height(), Overlay.small(image, question.side()));
  }

  private ImageEmbedder embedder() {
    ImageEmbedder made = embedder;
    if (made == null) {
      made = classifier.embedder();
      embedder = made;
    }
    return made;
  }

  /** Its name among the models. */
  public String name() {
    return name;
  }

  /** The file that it was loaded from. */
  public Path file() {
    return file;
  }

  /** The state of that file then. */
  FileState state() {
    return state;
  }

  /** Classes, preprocessing, network. */
  public ImageClassifier classifier() {
    return classifier;
  }

  /** From what {@link ImageClassifier#prepare} makes to probabilities, {@code [classes]}. */
  public Work<float[], float[]> classification() {
    return classification;
  }

  /** Grad-CAM of one picture. */
  public Work<MapQuestion, Mapped> mapping() {
    return mapping;
  }

  /** The paper's descriptor of one picture. */
  public Work<Supplier<RgbImage>, float[]> embedding() {
    return embedding;
  }

  /** What there is to know of it. */
  public Map<String, Object> description() {
    return Map.of(
        "name",
        name,
        "network",
        classifier.architecture().toString(),
        "classes",
        classifier.classNames().size(),
        "severalLabels",
        classifier.architecture().task().isLabels(),
        "ready",
        true);
  }

  /** All names of classes. */
  public List<String> classNames() {
    return classifier.classNames();
  }

  /** Releases the memory; nothing computes with it any more. */
  void close() {
    ImageEmbedder made = embedder;
    if (made != null) {
      made.close();
    }
    classifier.close();
  }
}
