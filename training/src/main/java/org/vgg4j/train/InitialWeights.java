package org.vgg4j.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileDigest;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Synsets;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;
import org.vgg4j.weights.Start;

/**
 * The initial weights of a run: drawn, or copied from another network (the paper, section 3.1).
 * From a network of the same configuration all layers are copied, with batch normalisation folded
 * into them if the new network has none. From any other, as the paper does with net A for the
 * deeper nets, the first four convolutions and the fully connected layers are copied, matched by
 * name (by position their shapes would not fit). The fully connected layers are copied only if both
 * networks have the same head, the last of them only if they have the same classes and outputs of
 * the same kind.
 *
 * @param source preprocessing and provenance of the other network; null if all weights were drawn
 * @param copied the layers that were copied
 */
record InitialWeights(@Nullable Origin source, List<String> copied) {
  /**
   * Another network.
   *
   * @param preprocessing what its weights were made for
   * @param sha256 of its file
   */
  record Origin(Preprocessing preprocessing, String sha256) {}

  private static final Set<String> FROM_OTHER_NETWORKS =
      Set.of("conv1_1", "bn1_1", "conv2_1", "bn2_1", "conv3_1", "bn3_1", "conv3_2", "bn3_2");

  /**
   * Fills the parameters.
   *
   * @param classNames of the network that is to be trained
   * @throws InputException if the file cannot be used, or a layer does not fit
   */
  static InitialWeights fill(
      Parameters parameters, List<String> classNames, StartConfig start, long seed) {
    start.rest().fill(parameters, seed);
    if (start.from() == null) {
      return new InitialWeights(null, List.of());
    }
    Start begin = Models.readStart(start.from());
    ModelFile source = begin.model();
    Parameters values = new Parameters(source.architecture(), source.arrays());
    if (!parameters.architecture().configuration().hasBatchNorm()) {
      values = values.withoutBatchNorm(); // without it the filters would be out of scale
    }
    Set<String> copied = new LinkedHashSet<>();
    for (Copy copy : copies(begin, parameters.architecture(), classNames, start)) {
      float[] there = values.values(copy.from().name());
      System.arraycopy(there, 0, parameters.values(copy.to().name()), 0, there.length);
      copied.add(copy.to().layer());
    }
    return new InitialWeights(
        new Origin(source.preprocessing(), FileDigest.sha256(start.from())),
        new ArrayList<>(copied));
  }

  /**
   * Checks early what {@link #fill} copies.
   *
   * @throws InputException if the file cannot be used, or a layer does not fit
   */
  static void require(Architecture target, List<String> classNames, StartConfig start) {
    if (start.from() != null) {
      Start begin = Models.readStartWithoutArrays(start.from());
      List<Copy> unused = copies(begin, target, classNames, start);
    }
  }

  /** A parameter of the other network, and that of this one into which it is copied. */
  private record Copy(ParameterShape from, ParameterShape to) {}

  private static List<Copy> copies(
      Start begin, Architecture target, List<String> classNames, StartConfig start) {
    Architecture source = begin.model().architecture();
    Map<String, ParameterShape> shapes =
        byLayerAndKind(target.configuration().hasBatchNorm() ? source : source.withoutBatchNorm());
    Set<String> wanted = layersToCopy(begin, target, classNames);
    List<Copy> copies = new ArrayList<>();
    for (ParameterShape shape : target.parameters()) {
      if (wanted.contains(shape.layer())) {
        ParameterShape from = Objects.requireNonNull(shapes.get(key(shape)));
        requireSameShape(start, from, shape);
        copies.add(new Copy(from, shape));
      }
    }
    return copies;
  }

  private static Set<String> layersToCopy(
      Start start, Architecture target, List<String> classNames) {
    ModelFile source = start.model();
    Set<String> there = new LinkedHashSet<>();
    source.architecture().parameters().forEach(shape -> there.add(shape.layer()));
    boolean sameNetwork =
        source.architecture().configuration().withoutBatchNorm()
            == target.configuration().withoutBatchNorm();
    boolean sameHead = start.hasHead() && source.architecture().head().equals(target.head());
    List<String> head = target.connectedLayers().stream().map(Layer::name).toList();
    Set<String> wanted = new LinkedHashSet<>();
    for (ParameterShape shape : target.parameters()) {
      String layer = shape.layer();
      boolean fits =
          head.contains(layer) ? sameHead : sameNetwork || FROM_OTHER_NETWORKS.contains(layer);
      if (there.contains(layer) && fits) {
        wanted.add(layer);
      }
    }
    if (source.architecture().task() != target.task()
        || !Synsets.keys(source.classNames()).equals(Synsets.keys(classNames))) {
      wanted.remove(target.outputLayer().name());
    }
    return wanted;
  }

  private static Map<String, ParameterShape> byLayerAndKind(Architecture architecture) {
    Map<String, ParameterShape> shapes = new LinkedHashMap<>();
    architecture.parameters().forEach(shape -> shapes.put(key(shape), shape));
    return shapes;
  }

  private static String key(ParameterShape shape) {
    return shape.layer() + " " + shape.role();
  }

  private static void requireSameShape(StartConfig start, ParameterShape from, ParameterShape to) {
    if (!from.dimensions().equals(to.dimensions())) {
      throw new InputException(
          "%s of %s has shape %s, but %s is needed: %s must be the same as that model's"
              .formatted(
                  to.layer(),
                  start.from(),
                  from.dimensions(),
                  to.dimensions(),
                  to.layer().equals("fc6") ? "options width and crop" : "option width"));
    }
  }

  /** SHA-256 of the model that weights were copied from; null if all were drawn. */
  @Nullable String sha256() {
    return source == null ? null : source.sha256();
  }

  /**
   * How images are prepared for these weights.
   *
   * @param mean colour of the training images, used if the weights were drawn
   */
  Preprocessing preprocessing(TrainingConfig config, Rgb mean) {
    int scale = config.augmentation().scale().middle();
    return source == null
        ? Preprocessing.paper(mean, scale, config.crop())
        : source.preprocessing().withSizes(scale, config.crop());
  }

  /** What to tell the user; null if all weights were drawn. */
  @Nullable String sentence(StartConfig start, Architecture architecture) {
    if (source == null) {
      return null;
    }
    List<String> drawn =
        architecture.parameters().stream()
            .map(ParameterShape::layer)
            .distinct()
            .filter(layer -> !copied.contains(layer))
            .toList();
    return "weights of %s from %s%s"
        .formatted(
            String.join(", ", copied),
            start.from(),
            drawn.isEmpty()
                ? ""
                : "; drawn (" + start.rest().label() + "): " + String.join(", ", drawn));
  }
}
