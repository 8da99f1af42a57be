package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * State dicts with torchvision's names, {@code features.N} and {@code classifier.N}, or timm's,
 * whose fully connected layers are {@code pre_logits.fc1}, {@code pre_logits.fc2} and {@code
 * head.fc}, with any prefix. The N of the convolutions tell where pools and LRN are, and hence
 * which network it is.
 */
final class TorchNames {
  private static final List<String> TIMM = List.of("pre_logits.fc1", "pre_logits.fc2", "head.fc");
  private static final Set<String> NORM = Set.of("running_mean", "running_var");
  private static final double EPSILON =
      1e-5; // the default of torch.nn.BatchNorm2d, which state dicts do not contain

  private final TorchNetworks.Candidate network;

  private TorchNames(TorchNetworks.Candidate network) {
    this.network = network;
  }

  /**
   * Interprets a state dict.
   *
   * @param wanted the keys and names that lead to the network; null: whichever is clearly meant
   * @throws InputException if its names are others; the message does not name the file
   */
  static ForeignNetwork read(TensorFile file, @Nullable String wanted) {
    TorchNetworks networks = new TorchNetworks(file);
    TorchNetworks.Candidate chosen = networks.chosen(wanted);
    TorchNames names = new TorchNames(chosen);
    List<ForeignLayer> layers = names.convolutions();
    boolean timm = !chosen.timm().isEmpty();
    if (timm && !chosen.classifier().isEmpty()) {
      throw new InputException(
          "it has two heads, classifier and head.fc: delete the one that is not used in Python");
    }
    layers.addAll(timm ? names.timmHead() : names.linear());
    TorchExtras extras = new TorchExtras(chosen, wanted != null);
    Set<Integer> indices = new TreeSet<>(chosen.features().keySet());
    Profile profile = extras.profile();
    List<String> notes =
        Stream.of(
                networks.others(chosen),
                extras.passedOver(),
                profile == null ? null : "its tensors mean and std say how images are prepared")
            .filter(Objects::nonNull)
            .toList();
    return new ForeignNetwork(
        timm ? "timm" : "torchvision",
        profile == null ? Profile.TORCHVISION : profile,
        layers,
        configuration -> indices(configuration).equals(indices),
        false,
        new ForeignNetwork.Stated(0, null, profile != null, notes));
  }

  /** The N of the layers with weights in a network's {@code features}. */
  private static Set<Integer> indices(Configuration configuration) {
    Set<Integer> indices = new TreeSet<>();
    int index = 0;
    for (int block = 0; block < configuration.blocks().size(); block++) {
      for (int i = 0; i < configuration.blocks().get(block).size(); i++) {
        indices.add(index++);
        if (configuration.hasBatchNorm()) {
          indices.add(index++);
        }
        index++; // ReLU
        if (block == 0 && i == 0 && configuration.hasLrn()) {
          index++;
        }
      }
      index++; // pool
    }
    return indices;
  }

  private List<ForeignLayer> convolutions() {
    List<ForeignLayer> layers = new ArrayList<>();
    network
        .features()
        .forEach(
            (index, parts) -> {
              if (isConvolution(parts)) {
                layers.add(layer(true, parts));
              } else {
                ForeignLayer.BatchNorm norm = norm(parts);
                if (layers.isEmpty() || layers.get(layers.size() - 1).norm() != null) {
                  throw new InputException(
                      nameOf(parts) + " is not a convolution: it is not a VGG network");
                }
                layers.set(layers.size() - 1, layers.get(layers.size() - 1).with(norm));
              }
            });
    return layers;
  }

  /**
   * Whether a layer in {@code features} is a convolution; otherwise, as one-dimensional weights
   * show, or a mean without weights, it is a batch norm.
   */
  private static boolean isConvolution(Map<String, TorchName> parts) {
    TorchName weight = parts.get("weight");
    StoredTensor tensor = weight == null ? null : weight.tensor();
    return tensor == null ? !isPlainNorm(parts) : tensor.shape().size() > 1;
  }

  /** Whether it is a batch norm that neither scales nor shifts (affine=False). */
  private static boolean isPlainNorm(Map<String, TorchName> parts) {
    return parts.keySet().equals(NORM);
  }

  private static ForeignLayer layer(boolean isConvolution, Map<String, TorchName> parts) {
    String name = nameOf(parts);
    Reparametrised weight = new Reparametrised(parts, "weight");
    Reparametrised bias = new Reparametrised(parts, "bias");
    StoredTensor weights = weight.tensor();
    StoredTensor biases = bias.tensor();
    Set<String> rest = new HashSet<>(parts.keySet());
    rest.removeAll(weight.used());
    rest.removeAll(bias.used());
    if (!rest.isEmpty()) {
      throw added(name, new TreeSet<>(rest).first());
    }
    if (weights == null) {
      throw new InputException("tensor " + name + ".weight is missing: it is not a VGG network");
    }
    return new ForeignLayer(name, isConvolution, weights, biases, null);
  }

  /** Refuses additions to a layer, which change what it computes. */
  private static InputException added(String layer, String part) {
    String why =
        NORM.contains(part)
            ? "a normalisation where a VGG network has none"
            : part.contains("lora_") || part.startsWith("base_layer")
                ? "an adapter (LoRA): in Python, model.merge_and_unload() puts it into the weights"
                : part.contains("_packed_params")
                        || part.equals("scale")
                        || part.equals("zero_point")
                        || part.contains("fake_quant")
                        || part.contains("observer")
                        || part.startsWith("activation_post_process")
                    ? "of a quantised network: give the weights as they were before"
                    : "none of a VGG network: merge what was added to it into the weights";
    return new InputException("its tensor %s.%s is %s".formatted(layer, part, why));
  }

  private static ForeignLayer.BatchNorm norm(Map<String, TorchName> parts) {
    String name = nameOf(parts);
    if (isPlainNorm(parts)) {
      StoredTensor mean = part(parts, "running_mean");
      return new ForeignLayer.BatchNorm(
          filled(mean, 1), filled(mean, 0), mean, part(parts, "running_var"), EPSILON);
    }
    if (!parts.keySet().containsAll(NORM) || !parts.containsKey("bias")) {
      throw new InputException(
          "layer %s has numbers for each channel, but no running_mean and running_var: a PReLU, or a"
                  .formatted(name)
              + " normalisation other than BatchNorm2d, which no VGG network has");
    }
    for (String part : parts.keySet()) {
      if (!NORM.contains(part) && !part.equals("weight") && !part.equals("bias")) {
        throw added(name, part);
      }
    }
    return new ForeignLayer.BatchNorm(
        part(parts, "weight"),
        part(parts, "bias"),
        part(parts, "running_mean"),
        part(parts, "running_var"),
        EPSILON);
  }

  private static StoredTensor filled(StoredTensor like, float value) {
    float[] values = new float[like.length()];
    Arrays.fill(values, value);
    return Reparametrised.held(like, values);
  }

  private static StoredTensor part(Map<String, TorchName> parts, String name) {
    return Objects.requireNonNull(new Reparametrised(parts, name).tensor());
  }

  private static String nameOf(Map<String, TorchName> parts) {
    return parts.values().iterator().next().layerName();
  }

  private List<ForeignLayer> linear() {
    List<ForeignLayer> layers = new ArrayList<>();
    String before = "";
    for (Map.Entry<String, Map<String, TorchName>> entry : network.classifier().entrySet()) {
      layers.add(layer(false, entry.getValue()));
      requireRoom(before, entry.getKey(), layers);
      before = entry.getKey();
    }
    return layers;
  }

  /** Where no module is between two layers of a Sequential, or of nested ones, there is no ReLU. */
  private static void requireRoom(String before, String place, List<ForeignLayer> layers) {
    if (!before.isEmpty() && !hasRoom(before.split("\\."), place.split("\\."))) {
      throw new InputException(
          "%s follows %s without a ReLU between, which a VGG network has"
              .formatted(
                  layers.get(layers.size() - 1).name(), layers.get(layers.size() - 2).name()));
    }
  }

  /**
   * Whether a module may be between two places: beside them, behind the first in its own
   * Sequential, or before the second in its own.
   */
  private static boolean hasRoom(String[] before, String[] place) {
    int common = 0;
    while (common < before.length && before[common].equals(place[common])) {
      common++;
    }
    if (common == before.length) {
      return false; // one within the other
    }
    boolean beside = Integer.parseInt(place[common]) > Integer.parseInt(before[common]) + 1;
    boolean behind = before.length > common + 1;
    boolean ahead =
        Arrays.stream(place, common + 1, place.length).anyMatch(index -> !index.equals("0"));
    return beside || behind || ahead;
  }

  /** All fully connected layers but the last as convolutions over the last map. */
  private List<ForeignLayer> timmHead() {
    List<ForeignLayer> layers = new ArrayList<>();
    for (String name : TIMM) {
      Map<String, TorchName> parts = network.timm().get(name);
      if (parts == null) {
        throw new InputException(
            "tensor %s.weight is missing%s"
                .formatted(
                    name,
                    name.equals("head.fc")
                        ? ": a network without its last layer (num_classes=0) cannot classify"
                        : ": it is not a VGG network"));
      }
      layers.add(layer(false, parts));
    }
    return layers;
  }
}
