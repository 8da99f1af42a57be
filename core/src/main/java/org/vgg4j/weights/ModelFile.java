package org.vgg4j.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Task;
import org.vgg4j.weights.safetensors.ForeignFileException;
import org.vgg4j.weights.safetensors.SafeTensors;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;

/**
 * A network with everything needed to use it: one safetensors file, whose tensors have the names
 * and shapes of torchvision's state dictionary and whose metadata hold the rest.
 *
 * @param architecture the network
 * @param arrays the parameters by name, in the layouts of {@link Architecture#parameters()}; not
 *     copied
 * @param preprocessing how an image must be prepared
 * @param classNames name of each class, in the order of the outputs
 * @param provenance where it comes from; null if the file does not say
 * @param calibration of its posteriors; null if they are those of the scores
 */
public record ModelFile(
    Architecture architecture,
    Map<String, float[]> arrays,
    Preprocessing preprocessing,
    List<String> classNames,
    @Nullable Provenance provenance,
    @Nullable Calibration calibration) {

  /** The architecture in the metadata; the number of classes is that of their names. */
  private record Shape(String configuration, double width, int crop) {}

  /** The same of a network whose images may show several classes. */
  private record LabelsShape(String configuration, double width, int crop, String task) {
    Shape shape() {
      return new Shape(configuration, width, crop);
    }
  }

  /** The head in the metadata, in the form of options. */
  private record Head(String hidden, String pooling) {
    static final String AS_IN_PAPER = "paper";

    static Head of(HeadLayers layers) {
      String hidden = layers.headText();
      return new Head(hidden == null ? AS_IN_PAPER : hidden, layers.poolingText());
    }

    HeadLayers layers() {
      return HeadLayers.of(hidden.equals(AS_IN_PAPER) ? null : hidden, pooling);
    }
  }

  /** What error messages call a stream. */
  private static final Path STREAM = Path.of("the model's stream");

  private static final String ARCHITECTURE = "vgg4j.architecture";
  private static final String PREPROCESSING = "vgg4j.preprocessing";
  private static final String CLASSES = "vgg4j.classes";

  /** Only of networks whose head is not the paper's: its hidden layers, and its pooling. */
  private static final String HEAD = "vgg4j.head";

  /**
   * In the architecture, only of networks with several labels an image: versions that know no
   * labels refuse it there, and do not take their scores for those of classes.
   */
  private static final String TASK = "task";

  /** Only of networks that find boxes: which form. */
  private static final String BOXES = "vgg4j.boxes";

  /** The key that marks the metadata of checkpoints. */
  public static final String CHECKPOINT = "vgg4j.checkpoint";

  private static final String PROVENANCE = "vgg4j.provenance";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  /**
   * @throws InputException if the number of names is not the number of classes, or the
   *     preprocessing's crop is not the network's
   */
  public ModelFile {
    classNames = List.copyOf(classNames);
    if (preprocessing.crop() != architecture.crop()) {
      throw new InputException(
          "network "
              + architecture
              + " cannot take windows of "
              + preprocessing.crop()
              + " pixels");
    }
    if (classNames.size() != architecture.classes()) {
      throw new InputException(
          "network " + architecture + " cannot have " + classNames.size() + " class names");
    }
  }

  /** A network whose posteriors are those of its scores. */
  public ModelFile(
      Architecture architecture,
      Map<String, float[]> arrays,
      Preprocessing preprocessing,
      List<String> classNames,
      @Nullable Provenance provenance) {
    this(architecture, arrays, preprocessing, classNames, provenance, null);
  }

  /** By which class scores are divided before the soft-max; 1 unless the network was calibrated. */
  public double temperature() {
    return calibration == null ? 1 : calibration.temperature();
  }

  /**
   * Whether it is to be shown mirror images, too: unless it was trained without them ({@code
   * --no-flip}), as where left and right matter. Of other tools' models that is not known, so they
   * are shown them.
   */
  public boolean knowsMirrorImages() {
    return provenance == null || !Boolean.FALSE.equals(provenance.configuration().get("flip"));
  }

  /** Returns the same with another calibration. */
  public ModelFile withCalibration(@Nullable Calibration other) {
    return new ModelFile(architecture, arrays, preprocessing, classNames, provenance, other);
  }

  private ModelFile withArrays(Map<String, float[]> others) {
    return new ModelFile(architecture, others, preprocessing, classNames, provenance, calibration);
  }

  /**
   * Requires a network for which an image shows one class.
   *
   * @param name what to call the model, such as its file
   * @param what is to be done with it, for the sentence: "vgg calibrate"
   * @return this model
   * @throws InputException if its outputs are boxes, or an image may show several classes
   */
  public ModelFile requireOneClass(String name, String what) {
    if (architecture.task().isLabels()) {
      throw new InputException(
          "%s was trained with option multi-label, so an image may show several of its classes, and %s needs a model that takes each for one: give another model"
              .formatted(name, what));
    }
    return requireClassifier(name);
  }

  /**
   * Requires a network that classifies, with one class an image or with several.
   *
   * @param name what to call the model, such as its file
   * @return this model
   * @throws InputException if its outputs are boxes
   */
  public ModelFile requireClassifier(String name) {
    if (architecture.task().isBoxes()) {
      throw new InputException(
          "%s finds boxes and does not classify: give the model that it was made from, or use it with vgg localize"
              .formatted(name));
    }
    return this;
  }

  /**
   * Requires a network that finds boxes.
   *
   * @param name what to call the model, such as its file
   * @return this model
   * @throws InputException if its outputs are class scores
   */
  public ModelFile requireBoxes(String name) {
    if (!architecture.task().isBoxes()) {
      throw new InputException(
          "%s classifies and finds no boxes: vgg localize train --from %s makes a network of it that does"
              .formatted(name, name));
    }
    return this;
  }

  /**
   * Returns the same without its arrays, so that they are not held by those who need only the rest.
   */
  public ModelFile withoutArrays() {
    return withArrays(Map.of());
  }

  /**
   * Writes the file, whole or not at all.
   *
   * @throws InputException if it cannot be written
   */
  public void write(Path file) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt"); // what PyTorch's own reader looks for
    String configuration = architecture.configuration().label();
    double width = architecture.width();
    int crop = architecture.crop();
    metadata.put(
        ARCHITECTURE,
        json(
            architecture.task().isLabels()
                ? new LabelsShape(configuration, width, crop, architecture.task().label())
                : new Shape(configuration, width, crop)));
    if (!architecture.head().equals(HeadLayers.PAPER)) {
      metadata.put(HEAD, json(Head.of(architecture.head())));
    }
    metadata.put(PREPROCESSING, json(preprocessing));
    metadata.put(CLASSES, json(classNames));
    if (architecture.task().isBoxes()) {
      metadata.put(BOXES, json(architecture.task().label()));
    }
    if (provenance != null) {
      metadata.put(PROVENANCE, json(provenance));
    }
    if (calibration != null) {
      metadata.put(Calibration.KEY, calibration.json());
    }
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      float[] values = arrays.get(shape.name());
      if (values == null) {
        throw new IllegalStateException("no array for parameter " + shape.name());
      }
      tensors.put(shape.name(), new SafeTensors.Tensor(shape.dimensions(), values));
    }
    SafeTensors.write(file, new SafeTensors.Content(metadata, tensors));
  }

  /**
   * Reads a file that vgg4j wrote.
   *
   * @throws InputException if it is missing, broken, without our metadata, or its tensors do not
   *     fit its architecture
   */
  public static ModelFile read(Path file) {
    return read(file, (name, length) -> new float[length]);
  }

  /**
   * Like {@link #read(Path)}, but into existing arrays.
   *
   * @param destination is asked for each parameter, by several threads at once
   */
  public static ModelFile read(Path file, TensorReader.Destination destination) {
    SafeTensors.Header header = SafeTensors.header(file);
    ModelFile model = described(file, header);
    Map<String, float[]> arrays = TensorReader.read(header.tensors().values(), destination);
    return model.withArrays(arrays);
  }

  /**
   * Reads a file that vgg4j wrote from a stream, from its first byte to its end. Besides the
   * arrays, it takes memory for the header only. The stream is left open.
   *
   * @throws InputException as {@link #read(Path)} does, or if the stream cannot be read
   */
  public static ModelFile read(InputStream stream) {
    SafeTensors.Header header = SafeTensors.header(stream, STREAM);
    ModelFile model = described(STREAM, header);
    Map<String, float[]> arrays = TensorReader.read(stream, header.tensors().values());
    return model.withArrays(arrays);
  }

  /**
   * Reads all of a file but its numbers, which is quick; the result has no arrays.
   *
   * @throws InputException as {@link #read(Path)} does
   */
  public static ModelFile readWithoutArrays(Path file) {
    return described(file, SafeTensors.header(file));
  }

  private static ModelFile described(Path file, SafeTensors.Header header) {
    Map<String, String> metadata = header.metadata();
    boolean labels = isOfLabels(file, metadata);
    Shape shape =
        labels
            ? parse(file, metadata, ARCHITECTURE, new TypeReference<LabelsShape>() {}).shape()
            : parse(file, metadata, ARCHITECTURE, new TypeReference<Shape>() {});
    List<String> classes = parse(file, metadata, CLASSES, new TypeReference<List<String>>() {});
    Preprocessing preprocessing =
        parse(file, metadata, PREPROCESSING, new TypeReference<Preprocessing>() {});
    Provenance provenance =
        metadata.containsKey(PROVENANCE)
            ? parse(file, metadata, PROVENANCE, new TypeReference<Provenance>() {})
            : null;
    Calibration calibration =
        metadata.containsKey(Calibration.KEY) ? Calibration.read(file, metadata) : null;
    try {
      Task task =
          metadata.containsKey(BOXES)
              ? Task.regression(parse(file, metadata, BOXES, new TypeReference<String>() {}))
              : labels ? Task.LABELS : Task.CLASSIFICATION;
      HeadLayers head =
          metadata.containsKey(HEAD)
              ? parse(file, metadata, HEAD, new TypeReference<Head>() {}).layers()
              : HeadLayers.PAPER;
      Architecture architecture =
          new Architecture(
              Configuration.of(shape.configuration()),
              shape.width(),
              shape.crop(),
              classes.size(),
              task,
              head);
      requireParameters(architecture, header.tensors());
      return new ModelFile(architecture, Map.of(), preprocessing, classes, provenance, calibration);
    } catch (InputException e) {
      throw new InputException(file + ": " + e.getMessage(), e);
    }
  }

  private static boolean isOfLabels(Path file, Map<String, String> metadata) {
    JsonNode shape = parse(file, metadata, ARCHITECTURE, new TypeReference<JsonNode>() {});
    if (!shape.has(TASK)) {
      return false;
    }
    if (!Task.LABELS.label().equals(shape.get(TASK).asText()) || metadata.containsKey(BOXES)) {
      throw new InputException(
          "%s: vgg4j %s does not know its task '%s': use the version that wrote it"
              .formatted(file, Version.get(), shape.get(TASK).asText()));
    }
    return true;
  }

  private static void requireParameters(
      Architecture architecture, Map<String, StoredTensor> tensors) {
    Set<String> names = new HashSet<>();
    for (ParameterShape shape : architecture.parameters()) {
      StoredTensor tensor = tensors.get(shape.name());
      if (tensor == null) {
        throw new InputException(
            String.format(
                "network %s needs a tensor '%s', which is missing", architecture, shape.name()));
      }
      if (!tensor.shape().equals(shape.dimensions())) {
        throw new InputException(
            String.format(
                "tensor '%s' must have shape %s in network %s, not %s",
                shape.name(), shape.dimensions(), architecture, tensor.shape()));
      }
      names.add(shape.name());
    }
    for (String name : tensors.keySet()) {
      if (!names.contains(name)) {
        throw new InputException(
            String.format("network %s has no tensor '%s'", architecture, name));
      }
    }
  }

  static <T> T parse(Path file, Map<String, String> metadata, String key, TypeReference<T> type) {
    String text = metadata.get(key);
    if (text == null && metadata.containsKey(CHECKPOINT)) {
      throw new InputException(
          "%s is a checkpoint, from which a run continues, not a model: give the %s beside it"
              .formatted(file, "model.safetensors"));
    }
    if (text == null) {
      throw new ForeignFileException(
          String.format(
              "%s has no metadata '%s': it was not written by vgg4j, which stores architecture,"
                  + " preprocessing and classes there; make a model of it with vgg import",
              file, key));
    }
    try {
      T value = JSON.readValue(text, type);
      if (value == null || (value instanceof List<?> list && list.contains(null))) {
        throw new InputException(
            String.format("%s: metadata '%s' cannot be understood: it holds null", file, key));
      }
      return value;
    } catch (UnrecognizedPropertyException e) {
      throw new InputException(
          "%s: metadata '%s' cannot be understood: vgg4j %s does not know its '%s'; use the version that wrote it"
              .formatted(file, key, Version.get(), e.getPropertyName()),
          e);
    } catch (JsonProcessingException e) {
      Throwable cause = e.getCause() instanceof InputException input ? input : e;
      String first = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
      throw new InputException(
          String.format("%s: metadata '%s' cannot be understood: %s", file, key, first), e);
    }
  }

  static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("metadata cannot be written as JSON", e);
    }
  }
}
