package org.vgg4j.weights.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Layer;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;

/** A description for whoever receives a file of weights: Markdown, in a file beside it. */
public final class ModelCard {
  private static final int CLASSES_SHOWN = 20;

  private ModelCard() {}

  /**
   * Returns the path of a file's card: beside it, with .md appended to its name.
   *
   * @throws InputException if something else is there
   */
  public static Path of(Path file) {
    String name = name(file);
    Path card = file.resolveSibling(name + ".md");
    try {
      if (Files.exists(card) && !Files.readString(card).startsWith(title(name))) {
        throw new InputException(
            card + " is in the way and was not written by vgg4j: move it, or choose another name");
      }
    } catch (IOException e) {
      throw new InputException("cannot read " + card + ": " + AtomicFile.reason(e), e);
    }
    return card;
  }

  /**
   * Writes the card of a file.
   *
   * @param softMaxInside whether the file's network ends with a soft-max
   * @param howToUse lines that say how other toolkits load the file
   * @return the card
   * @throws InputException if it cannot be written
   */
  public static Path write(
      ModelFile model, Path file, boolean softMaxInside, List<String> howToUse) {
    Path card = of(file);
    AtomicFile.write(card, text(model, name(file), softMaxInside, howToUse));
    return card;
  }

  private static String name(Path file) {
    return Objects.requireNonNull(file.getFileName()).toString();
  }

  private static String title(String name) {
    return "# " + name + "\n";
  }

  private static String text(
      ModelFile model, String name, boolean softMaxInside, List<String> howToUse) {
    Architecture architecture = model.architecture();
    StringBuilder text = new StringBuilder();
    text.append(title(name)).append('\n');
    text.append(
        String.format(
            Locale.ROOT,
            "VGG network %s (Simonyan & Zisserman 2015, arXiv 1409.1556): %d weight layers, width"
                + " %s of the paper's, %,d parameters, %d classes%s.%n%n",
            architecture.configuration().label(),
            architecture.weightLayers(),
            architecture.width(),
            architecture.parameterCount(),
            architecture.classes(),
            switch (architecture.task()) {
              case CLASSIFICATION -> "";
              case LABELS -> ", of which an image may show several, or none";
              case SINGLE_BOX, BOX_PER_CLASS -> ", of whose objects it finds the boxes";
            }));
    text.append("## Input\n\n");
    text.append(
        "Images of %dx%d pixels, [N][3][row][column], cut from the middle of an image that was rescaled (%s) so that its shorter side is %d: %s.%n%n"
            .formatted(
                architecture.crop(),
                architecture.crop(),
                model.preprocessing().interpolation().name().toLowerCase(Locale.ROOT),
                model.preprocessing().scale(),
                preprocessing(model.preprocessing())));
    if (architecture.task().isBoxes()) {
      text.append("## Output\n\n");
      text.append(
          "[N][%d]: %s (%s). %s%n%n"
              .formatted(
                  architecture.outputs(),
                  architecture.task().about(architecture.classes()),
                  architecture.task().label(),
                  CropBox.ABOUT_CODE));
    }
    if (architecture.task().isLabels()) {
      text.append("## Output\n\n");
      text.append(
          "[N][%d]: %s.%n%n"
              .formatted(architecture.outputs(), labels(architecture, softMaxInside)));
    }
    Calibration calibration = model.calibration();
    if (calibration != null) {
      text.append("## Output\n\n").append(temperature(calibration, softMaxInside)).append("\n\n");
    }
    text.append("## Use\n\n");
    howToUse.forEach(line -> text.append(line).append('\n'));
    text.append("\n## Origin\n\n");
    origin(text, model.provenance());
    text.append("\n## Classes\n\n");
    List<String> classes = model.classNames();
    for (int i = 0; i < Math.min(CLASSES_SHOWN, classes.size()); i++) {
      text.append(i).append(". ").append(classes.get(i)).append('\n');
    }
    if (classes.size() > CLASSES_SHOWN) {
      text.append("\n... and ").append(classes.size() - CLASSES_SHOWN).append(" more.\n");
    }
    return text.toString();
  }

  /** What the outputs are of a network with several labels an image. */
  static String labels(Architecture architecture, boolean sigmoidInside) {
    return sigmoidInside
        ? "for each of the %d labels the probability that the image shows it, the sigmoid of its score"
            .formatted(architecture.classes())
        : architecture.task().about(architecture.classes())
            + ": 1 / (1 + exp(-score)) is the probability that the image shows it";
  }

  private static String temperature(Calibration calibration, boolean inside) {
    return "Probabilities are softmax(scores / T), T = %s, found on %s (images: %d, protocol %s, Q %s)%s."
        .formatted(
            calibration.temperature(),
            calibration.data(),
            calibration.images(),
            calibration.protocol(),
            calibration.testScales().stream()
                .map(String::valueOf)
                .collect(Collectors.joining(", ")),
            inside ? "; this is already inside" : "");
  }

  private static void origin(StringBuilder text, @Nullable Provenance provenance) {
    if (provenance == null) {
      text.append("The model does not say.\n");
      return;
    }
    text.append("- data: ").append(provenance.dataset()).append('\n');
    text.append("- vgg4j ").append(provenance.codeVersion()).append('\n');
    for (Map.Entry<String, Double> metric : provenance.metrics().entrySet()) {
      text.append("- ").append(metric.getKey()).append(": ").append(metric.getValue()).append('\n');
    }
    for (Map.Entry<String, Object> option : provenance.configuration().entrySet()) {
      text.append("- ").append(option.getKey()).append(": ").append(option.getValue()).append('\n');
    }
  }

  /** How Python runs a model that was written as ONNX. */
  public static List<String> onnx(
      ModelFile model, Path file, boolean softMax, boolean preprocessingInside) {
    return List.of(
        "```python",
        "import onnxruntime",
        "session = onnxruntime.InferenceSession(\"%s\")".formatted(file.getFileName()),
        "# images: float32 [N][3][%d][%d], %s"
            .formatted(
                model.architecture().crop(),
                model.architecture().crop(),
                preprocessingInside ? "RGB, 0..255" : preprocessing(model.preprocessing())),
        "%s, = session.run(None, {\"images\": images})"
            .formatted(
                model.architecture().task().isBoxes()
                    ? "boxes"
                    : !softMax
                        ? "scores"
                        : model.architecture().task().isLabels() ? "probabilities" : "posteriors"),
        "```");
  }

  /** How PyTorch loads a model that was written as safetensors. */
  public static List<String> pytorch(Architecture network, Path file) {
    List<String> lines = new ArrayList<>(List.of("```python"));
    List<String> layers = makeLayers(network);
    if (layers.isEmpty()) {
      lines.add(
          "# torchvision has no network %s: build it with torch.nn, its names are"
              .formatted(network.configuration().label()));
      network
          .parameters()
          .forEach(shape -> lines.add("# %s %s".formatted(shape.name(), shape.dimensions())));
      lines.add("```");
      return lines;
    }
    lines.add("import safetensors.torch");
    lines.add("from torch import nn");
    lines.add("from torchvision.models.vgg import VGG, make_layers");
    lines.add(
        "model = VGG(make_layers([%s]%s))"
            .formatted(
                String.join(", ", layers),
                network.configuration().hasBatchNorm() ? ", batch_norm=True" : ""));
    lines.add(
        network.head().averaged()
            ? "model.avgpool = nn.AdaptiveAvgPool2d(1)"
            : "model.avgpool = nn.Identity()  # for images of %d pixels".formatted(network.crop()));
    lines.add("model.classifier = nn.Sequential(");
    for (Layer.FullyConnected layer : network.connectedLayers()) {
      lines.add(
          "    nn.Linear(%d, %d)%s"
              .formatted(
                  layer.inFeatures(),
                  layer.outFeatures(),
                  layer.hidden() ? ", nn.ReLU(), nn.Dropout()," : ")"));
    }
    lines.add(
        "model.load_state_dict(safetensors.torch.load_file(\"%s\"))".formatted(file.getFileName()));
    lines.add("model.eval()");
    lines.add("```");
    return lines;
  }

  /** The argument of torchvision's make_layers; empty if that cannot build the network. */
  private static List<String> makeLayers(Architecture network) {
    List<String> layers = new ArrayList<>();
    for (Layer layer : network.layers()) {
      if (layer instanceof Layer.MaxPool) {
        layers.add("\"M\"");
      } else if (layer instanceof Layer.Convolution convolution && convolution.kernel() == 3) {
        layers.add(String.valueOf(convolution.outChannels()));
      } else if (layer instanceof Layer.LocalResponseNorm || layer instanceof Layer.Convolution) {
        return List.of();
      }
    }
    return layers;
  }

  /**
   * The preprocessing of pixels in one line: order and range, then mean and deviation in that
   * order.
   */
  public static String preprocessing(Preprocessing preprocessing) {
    boolean bgr = preprocessing.channelOrder() == ChannelOrder.BGR;
    String divided =
        preprocessing.std().equals(Rgb.ONE)
            ? ""
            : ", divided by " + triple(preprocessing.std(), bgr);
    return String.format(
        Locale.ROOT,
        "%s, 0..%s, minus %s%s",
        preprocessing.channelOrder(),
        number(preprocessing.valueRange()),
        triple(preprocessing.mean(), bgr),
        divided);
  }

  private static String triple(Rgb values, boolean bgr) {
    return "(%s, %s, %s)"
        .formatted(
            number(values.channel(bgr ? 2 : 0)),
            number(values.channel(1)),
            number(values.channel(bgr ? 0 : 2)));
  }

  private static String number(float value) {
    return value == Math.rint(value) ? String.valueOf((int) value) : String.valueOf(value);
  }
}
