package org.vgg4j.weights.foreign;

import static org.vgg4j.weights.format.Format.PYTORCH;
import static org.vgg4j.weights.format.Format.PYTORCH_LEGACY;
import static org.vgg4j.weights.format.Format.SAFETENSORS;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileDigest;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.format.TensorFiles;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;

/**
 * Makes a model from a file that another toolkit wrote. Its network, width and number of classes
 * follow from the shapes of its tensors, its preprocessing from its origin; what is ambiguous is an
 * error, not a guess. The numbers are held in memory once.
 *
 * @param profile how images must be prepared; null: as for the file's origin
 * @param classNames names in the order of the scores; null: those of a file that vgg4j exported,
 *     ImageNet's if there are 1000 classes, otherwise "0", "1", and so on
 * @param configuration which network it is; null: whichever fits
 * @param crop side of the input window in pixels; 0: the smallest that gives the file's last map
 * @param averaged whether the first fully connected layer takes the mean of each channel of the
 *     last map; null: as the file says, else not
 * @param state which of the networks in a checkpoint to take: the keys and names that lead to it,
 *     joined by dots, or their beginning; null: the one that is clearly meant
 */
public record WeightsImport(
    @Nullable Profile profile,
    @Nullable ClassOrder classNames,
    @Nullable Configuration configuration,
    int crop,
    @Nullable Boolean averaged,
    @Nullable String state) {
  /** The import without options: everything as the file says. */
  public static final WeightsImport AS_FOUND = new WeightsImport(null, null, null, 0, null, null);

  /**
   * @throws InputException if the crop is negative
   */
  public WeightsImport {
    if (crop < 0) {
      throw new InputException("option crop is " + crop + " but must be at least 0");
    }
  }

  /** The import of whichever network is clearly meant. */
  public WeightsImport(
      @Nullable Profile profile,
      @Nullable ClassOrder classNames,
      @Nullable Configuration configuration,
      int crop) {
    this(profile, classNames, configuration, crop, null, null);
  }

  /** A key in the metadata of our own files. */
  private static final String OURS = "vgg4j.architecture";

  /**
   * Number of people in the VGG Face data set, whose networks have the form of ImageNet's, but not
   * their preprocessing.
   */
  private static final int VGG_FACES = 2622;

  /**
   * A model and where it comes from.
   *
   * @param model the network with everything needed to use it
   * @param format format of the file, such as PyTorch
   * @param dialect the tool whose names and order of axes it had, such as torchvision
   * @param profile how its images must be prepared
   * @param layers one for each layer with weights, in order
   * @param namesClasses whether the file says the names of its classes
   * @param hasHead whether the file has fully connected layers; those of the model only stand for
   *     them if not
   * @param norms how many batch norms it has
   * @param sha256 digest of the file, 64 hexadecimal digits
   * @param release the published file that it is; null if it is not a known one
   * @param notes sentences to show to the user
   * @param files all files that were read: the file, and those beside it that hold some of its
   *     tensors
   */
  public record Imported(
      ModelFile model,
      String format,
      String dialect,
      Profile profile,
      List<ImportedLayer> layers,
      boolean namesClasses,
      boolean hasHead,
      int norms,
      String sha256,
      @Nullable Release release,
      List<String> notes,
      Set<Path> files) {
    /** Copies the lists. */
    public Imported {
      layers = List.copyOf(layers);
      files = Set.copyOf(files);
      notes = List.copyOf(notes);
    }
  }

  /**
   * A layer.
   *
   * @param layer our name, such as conv1_1
   * @param name its name in the file
   * @param type how its weights were stored, such as F32
   * @param kind what it is, in words
   */
  public record ImportedLayer(String layer, String name, String type, String kind) {}

  /**
   * Reads a file.
   *
   * @throws InputException if it is missing, broken, of no known format, or not a network of the
   *     family; or if these options do not fit it
   */
  public Imported read(Path file) {
    TensorFile content = open(file);
    try {
      return read(file, content, understand(content), false);
    } catch (InputException e) {
      throw TensorFiles.naming(file, e);
    }
  }

  /**
   * Reads a file for training, which may hold the convolutions alone: with no fully connected
   * layers, or with nothing but NaN in the bias of the first.
   *
   * @throws InputException as {@link #read} does
   */
  public Imported readStart(Path file) {
    TensorFile content = open(file);
    try {
      ForeignNetwork network = understand(content);
      boolean headless = network.connected().isEmpty() || isNothing(network.connected().get(0));
      ForeignNetwork used = headless ? network.withoutHead() : network;
      return read(file, content, used, headless);
    } catch (InputException e) {
      throw TensorFiles.naming(file, e);
    }
  }

  private static TensorFile open(Path file) {
    TensorFile content = TensorFiles.open(file);
    if (content.metadata().containsKey(OURS)) {
      throw new InputException(file + " is a model of vgg4j already: there is nothing to import");
    }
    return content;
  }

  /** As releases of the convolutions alone have it. */
  private static boolean isNothing(ForeignLayer layer) {
    StoredTensor bias = layer.bias();
    if (bias == null) {
      return false;
    }
    float[] values = TensorReader.read(List.of(bias)).values().iterator().next();
    return IntStream.range(0, values.length).allMatch(i -> Float.isNaN(values[i]));
  }

  private Imported read(
      Path file, TensorFile content, ForeignNetwork network, boolean mayBeHeadless) {
    Architecture architecture =
        new ArchitectureGuess(network, configuration, crop, averaged).architecture(mayBeHeadless);
    String sha256 = FileDigest.sha256(file);
    Release release = Release.of(file, sha256);
    Profile chosen = profile(network, release, architecture.classes());
    Map<String, float[]> arrays = ImportedArrays.of(network, architecture);
    requireFinite(network, architecture, arrays);
    List<String> own = network.stated().exported().classNames();
    List<String> names = names(own, arrays, architecture);
    ModelFile model =
        new ModelFile(
            architecture,
            arrays,
            preprocessing(chosen, network.stated(), architecture.crop()),
            names,
            provenance(file, content, network, chosen, sha256, release),
            network.stated().exported().calibration());
    return new Imported(
        model,
        content.format().label(),
        network.dialect(),
        chosen,
        layers(network, architecture),
        own.size() == architecture.classes(),
        !network.connected().isEmpty(),
        network.norms(),
        sha256,
        release,
        notes(network, architecture),
        files(content));
  }

  /** As the profile says; of a file that vgg4j exported, rescaled as its model's images are. */
  private static Preprocessing preprocessing(
      Profile chosen, ForeignNetwork.Stated stated, int crop) {
    Preprocessing usual = chosen.preprocessing(crop);
    Interpolation own = stated.exported().interpolation();
    int scale = stated.exported().scale();
    return new Preprocessing(
        usual.channelOrder(),
        usual.valueRange(),
        usual.mean(),
        usual.std(),
        own == null ? usual.interpolation() : own,
        // another crop has its usual scale
        scale != 0 && crop == stated.side() ? scale : usual.scale(),
        crop);
  }

  private List<String> notes(ForeignNetwork network, Architecture architecture) {
    List<String> notes = new ArrayList<>(network.stated().notes());
    List<Layer.Convolution> ours =
        architecture.layers().stream()
            .filter(Layer.Convolution.class::isInstance)
            .map(Layer.Convolution.class::cast)
            .toList();
    for (int i = 0; i < ours.size(); i++) {
      ForeignLayer theirs = network.convolutions().get(i);
      if (theirs.out() != ours.get(i).outChannels()) {
        notes.add(
            "%s has %d filters, and %s of them became %d by adding zeros, as in other layers: they compute the same, and take more time and memory"
                .formatted(
                    theirs.name(), theirs.out(), ours.get(i).name(), ours.get(i).outChannels()));
        break;
      }
    }
    // what has one position by the file's own words is the same with a mean
    ForeignNetwork.Stated stated = network.stated();
    boolean open = stated.averaged() == null && stated.side() == 0 && averaged == null;
    int connected = network.connected().size();
    // in PyTorch, three layers above means are rare
    boolean rare = connected == 0 || (connected >= 3 && !network.dialect().equals("Keras"));
    if (open && !rare && architecture.lastMapSide() == 1) {
      notes.add(
          "its first fully connected layer takes one value of each channel, as for images of %d pixels; if it takes the mean of a larger map instead, use the model that vgg import --pooling average --crop PIXELS makes of it"
              .formatted(architecture.crop()));
    }
    boolean anySize = architecture.head().averaged() && connected > 0;
    if (anySize && crop == 0 && stated.side() == 0) {
      notes.add(
          "it takes images of any size: crop %d is only the usual one (vgg import --crop)"
              .formatted(architecture.crop()));
    }
    int names = stated.exported().classNames().size();
    if (classNames == null && names != 0 && names != architecture.classes()) {
      notes.add(
          "its metadata 'classes' have %d lines for %d classes, which are numbered instead: vgg import --classes FILE names them"
              .formatted(names, architecture.classes()));
    }
    return notes;
  }

  private static Set<Path> files(TensorFile content) {
    Stream<StoredTensor> tensors =
        Stream.concat(
            content.tensors().values().stream(),
            content.nodes().stream().flatMap(node -> node.tensors().stream()));
    return Stream.concat(Stream.of(content.file()), tensors.map(StoredTensor::file))
        .collect(Collectors.toSet());
  }

  /**
   * The profile that was asked for, or that of a known release, or what the file says; otherwise
   * the user is asked.
   */
  private Profile profile(ForeignNetwork network, @Nullable Release release, int classes) {
    if (profile != null && network.stated().preprocesses()) {
      throw new InputException(
          "it prepares its images itself (%s): leave out the profile (vgg import --profile)"
              .formatted(Objects.requireNonNull(network.profile()).sentence()));
    }
    if (profile != null || release != null) {
      return profile != null ? profile : Objects.requireNonNull(release).profile();
    }
    Profile found = network.profile();
    if (found == null || (classes == VGG_FACES && ofImageNet(found))) {
      throw new InputException(
          "nothing in it says how its images must be prepared%s: name a profile (vgg import --profile): %s"
              .formatted(
                  found == null ? "" : ", and %d classes are those of VGG-Face".formatted(classes),
                  Profile.help()));
    }
    return found;
  }

  private static boolean ofImageNet(Profile profile) {
    return List.of(Profile.TORCHVISION, Profile.CAFFE, Profile.KERAS, Profile.PAPER)
        .contains(profile);
  }

  private ForeignNetwork understand(TensorFile content) {
    boolean named = Set.of(PYTORCH, PYTORCH_LEGACY, SAFETENSORS).contains(content.format());
    if (state != null && !named) {
      throw new InputException(
          "it is %s, which holds one network: leave out the state (vgg import --state), which is for checkpoints of PyTorch"
              .formatted(content.format().label()));
    }
    return switch (content.format()) {
      case PYTORCH, PYTORCH_LEGACY, SAFETENSORS -> TorchNames.read(content, state);
      case CAFFE -> CaffeChain.read(content);
      case KERAS -> KerasChain.read(content);
      case ONNX -> OnnxChain.read(content);
    };
  }

  /**
   * Releases of the convolutions alone have NaN in the other layers; diverged training leaves it
   * anywhere.
   */
  private static void requireFinite(
      ForeignNetwork network, Architecture architecture, Map<String, float[]> arrays) {
    Map<String, String> theirs = new HashMap<>();
    for (ImportedLayer layer : layers(network, architecture)) {
      theirs.put(layer.layer(), layer.name());
    }
    for (ParameterShape shape : architecture.parameters()) {
      float[] values = Objects.requireNonNull(arrays.get(shape.name()));
      long bad =
          IntStream.range(0, values.length)
              .parallel()
              .filter(i -> !Float.isFinite(values[i]))
              .count();
      if (bad > 0) {
        boolean ofHead = shape.layer().startsWith("fc") && bad == values.length;
        throw new InputException(
            "%d of %d values of %s (%s) are not finite (NaN or infinite): %s"
                .formatted(
                    bad,
                    values.length,
                    theirs.getOrDefault(shape.layer(), shape.layer())
                        + shape.name().substring(shape.name().lastIndexOf('.')),
                    shape.name(),
                    ofHead
                        ? "this is a release of the convolutions alone, which cannot classify; vgg"
                            + " finetune --model takes it, and makes a new head"
                        : "its training diverged, or the file is damaged: take an earlier one"));
      }
    }
  }

  /**
   * The names of the classes.
   *
   * @param own those in the file; empty if it has none
   */
  private List<String> names(
      List<String> own, Map<String, float[]> arrays, Architecture architecture) {
    int classes = architecture.classes();
    if (classNames != null) {
      return classNames.apply(classes, arrays, architecture);
    }
    if (own.size() == classes) {
      return own;
    }
    return classes == ImageNetClasses.COUNT && own.isEmpty()
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
