package org.vgg4j.weights.foreign;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileDigest;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.format.TensorFiles;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;

/**
 * Makes a model of a file that another toolkit wrote. Its network, width and number of classes
 * follow from the shapes of its tensors, its preprocessing from its origin; what is ambiguous is an
 * error, not a guess. The numbers take one copy in memory.
 *
 * @param profile what images look like; null: as the file's origin has it
 * @param classNames in the order of the scores; null: ImageNet's where there are 1000 classes, else
 *     "0", "1", and so on
 * @param configuration which network it is; null: whichever fits
 * @param crop side of the input window in pixels; 0: the smallest that makes the file's last map
 */
public record WeightsImport(
    @Nullable Profile profile,
    @Nullable ClassOrder classNames,
    @Nullable Configuration configuration,
    int crop) {
  /** As the file says, in everything. */
  public static final WeightsImport AS_FOUND = new WeightsImport(null, null, null, 0);

  /** What the metadata of our own files begin with. */
  private static final String OURS = "vgg4j.architecture";

  /**
   * A model and where it comes from.
   *
   * @param model the network with all that is needed to use it
   * @param format of the file, such as PyTorch
   * @param dialect whose names and order of axes it had, such as torchvision
   * @param profile what its images look like
   * @param layers one for each layer with weights, in order
   * @param norms how many batch normalisations it has
   * @param sha256 of the file, 64 hexadecimal digits
   * @param release the published file that it is; null if it is none that is known
   */
  public record Imported(
      ModelFile model,
      String format,
      String dialect,
      Profile profile,
      List<ImportedLayer> layers,
      int norms,
      String sha256,
      @Nullable Release release) {
    /** Copies the list. */
    public Imported {
      layers = List.copyOf(layers);
    }
  }

  /**
   * A layer.
   *
   * @param layer our name, such as conv1_1
   * @param name its name in the file
   * @param type how its weights were stored, such as F32
   * @param kind what it is, for people
   */
  public record ImportedLayer(String layer, String name, String type, String kind) {}

  /**
   * Reads a file.
   *
   * @throws InputException if it is missing, broken, of no known format, or no network of the
   *     family; or if these options do not fit it
   */
  public Imported read(Path file) {
    TensorFile content = TensorFiles.open(file);
    if (content.metadata().containsKey(OURS)) {
      throw new InputException(file + " is a model of vgg4j already: there is nothing to import");
    }
    try {
      ForeignNetwork network = understand(content);
      Architecture architecture =
          new ArchitectureGuess(network, configuration, crop).architecture();
      String sha256 = FileDigest.sha256(file);
      Release release = Release.of(file, sha256);
      Profile chosen =
          profile != null ? profile : release != null ? release.profile() : network.profile();
      Map<String, float[]> arrays = arrays(network, architecture);
      requireFinite(arrays);
      List<String> names = names(architecture.classes(), arrays, architecture);
      ModelFile model =
          new ModelFile(
              architecture,
              arrays,
              chosen.preprocessing(architecture.crop()),
              names,
              provenance(file, content, network, chosen, sha256, release));
      return new Imported(
          model,
          content.format().label(),
          network.dialect(),
          chosen,
          layers(network, architecture),
          network.norms(),
          sha256,
          release);
    } catch (InputException e) {
      throw TensorFiles.naming(file, e);
    }
  }

  private static ForeignNetwork understand(TensorFile content) {
    return switch (content.format()) {
      case PYTORCH, PYTORCH_LEGACY, SAFETENSORS -> TorchNames.read(content);
      case CAFFE -> Chains.caffe(content);
      case KERAS -> Chains.keras(content);
      case ONNX -> Chains.onnx(content);
    };
  }

  /** Our arrays, read straight from the file in our order of axes; a missing bias is zero. */
  private static Map<String, float[]> arrays(ForeignNetwork network, Architecture architecture) {
    Iterator<ParameterShape> parameters = architecture.parameters().iterator();
    List<StoredTensor> wanted = new ArrayList<>();
    Map<String, float[]> arrays = new HashMap<>();
    Map<String, Double> variances = new LinkedHashMap<>();
    for (ForeignLayer layer : network.layers()) {
      wanted.add(layer.weight().named(parameters.next().name()));
      ParameterShape bias = parameters.next();
      if (layer.bias() == null) {
        arrays.put(bias.name(), new float[bias.length()]);
      } else {
        wanted.add(named(layer, layer.bias(), bias));
      }
      if (layer.norm() != null) {
        wanted.add(named(layer, layer.norm().scale(), parameters.next()));
        wanted.add(named(layer, layer.norm().shift(), parameters.next()));
        wanted.add(named(layer, layer.norm().mean(), parameters.next()));
        ParameterShape variance = parameters.next();
        wanted.add(named(layer, layer.norm().variance(), variance));
        variances.put(variance.name(), layer.norm().epsilon());
      }
    }
    arrays.putAll(TensorReader.read(wanted));
    variances.forEach((name, epsilon) -> useOwnEpsilon(name, arrays.get(name), epsilon));
    return arrays;
  }

  private static StoredTensor named(ForeignLayer layer, StoredTensor tensor, ParameterShape shape) {
    if (tensor.length() != shape.length()) {
      throw new InputException(
          "tensor %s of layer %s has %d values, not %d"
              .formatted(tensor.name(), layer.name(), tensor.length(), shape.length()));
    }
    return tensor.named(shape.name());
  }

  /** Variances come with a small number that is added to them; ours is the same for all. */
  private static void useOwnEpsilon(String name, float @Nullable [] variances, double epsilon) {
    float[] values = Objects.requireNonNull(variances);
    for (int channel = 0; channel < values.length; channel++) {
      if (!(values[channel] + epsilon > 0)) {
        throw new InputException(
            "the variance of channel %d in %s is not positive: the file is damaged"
                .formatted(channel, name));
      }
      if ((float) epsilon != (float) Layer.BatchNorm.EPSILON) { // files have floats
        values[channel] = (float) (values[channel] + (epsilon - Layer.BatchNorm.EPSILON));
      }
    }
  }

  /** Releases of the convolutions alone have NaN elsewhere, and a damaged file has anything. */
  private static void requireFinite(Map<String, float[]> arrays) {
    arrays.forEach(
        (name, values) -> {
          boolean finite =
              IntStream.range(0, values.length).parallel().allMatch(i -> Float.isFinite(values[i]));
          if (!finite) {
            throw new InputException(
                ("parameter %s has values that are not finite: this is a release of the convolutions"
                        + " alone, or a damaged file")
                    .formatted(name));
          }
        });
  }

  private List<String> names(int classes, Map<String, float[]> arrays, Architecture architecture) {
    if (classNames != null) {
      return classNames.apply(classes, arrays, architecture);
    }
    return classes == ImageNetClasses.COUNT
        ? ImageNetClasses.names()
        : IntStream.range(0, classes).mapToObj(String::valueOf).toList();
  }

  private static List<ImportedLayer> layers(ForeignNetwork network, Architecture architecture) {
    List<ImportedLayer> layers = new ArrayList<>();
    List<ParameterShape> weights =
        architecture.parameters().stream().filter(ParameterShape::isWeight).toList();
    for (int i = 0; i < network.layers().size(); i++) {
      ForeignLayer layer = network.layers().get(i);
      layers.add(
          new ImportedLayer(
              weights.get(i).layer(), layer.name(), layer.weight().type().name(), layer.kind()));
    }
    return layers;
  }

  private static Provenance provenance(
      Path file,
      TensorFile content,
      ForeignNetwork network,
      Profile profile,
      String sha256,
      @Nullable Release release) {
    Map<String, Object> configuration = new TreeMap<>();
    configuration.put("importedFrom", Objects.requireNonNull(file.getFileName()).toString());
    configuration.put("sha256", sha256);
    configuration.put("format", content.format().label());
    configuration.put("dialect", network.dialect());
    configuration.put("profile", profile.label());
    Map<String, Double> metrics = new LinkedHashMap<>();
    if (release != null) {
      configuration.put("release", release.name());
      configuration.put("licence", release.licence());
    }
    return new Provenance(
        configuration,
        release == null ? "unknown" : Release.DATASET,
        "unknown",
        Version.get(),
        metrics);
  }
}
