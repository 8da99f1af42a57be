package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * State dicts with torchvision's names, {@code features.N} and {@code classifier.N}, or timm's,
 * whose fully connected layers are {@code pre_logits.fc1}, {@code pre_logits.fc2} and {@code
 * head.fc}. The N of the convolutions tell where pools and LRN are, hence which network it is.
 */
final class TorchNames {
  private static final Pattern FEATURE = Pattern.compile("features\\.(\\d{1,4})\\.(\\w+)");
  private static final Pattern CLASSIFIER = Pattern.compile("classifier\\.(\\d{1,4})\\.(\\w+)");
  private static final List<String> TIMM = List.of("pre_logits.fc1", "pre_logits.fc2", "head.fc");

  private static final Set<String> PARTS = Set.of("weight", "bias", "running_mean", "running_var");

  /** What wrappers put before all names. */
  private static final List<String> PREFIXES = List.of("module.", "_orig_mod.", "model.");

  private static final int MOST_PREFIXES = 4;

  /** What PyTorch counts beside batch normalisation's weights. */
  private static final String COUNTER = "num_batches_tracked";

  private static final double EPSILON = 1e-5; // of torch.nn.BatchNorm2d, which state dicts lack

  private final Map<String, StoredTensor> tensors;
  private final SortedMap<Integer, Map<String, StoredTensor>> features = new TreeMap<>();
  private final SortedMap<Integer, Map<String, StoredTensor>> classifier = new TreeMap<>();
  private final Set<String> unused = new LinkedHashSet<>();

  private TorchNames(TensorFile file) {
    tensors = withoutPrefixes(file.tensors());
    tensors.forEach(
        (name, tensor) -> {
          Matcher feature = FEATURE.matcher(name);
          Matcher linear = CLASSIFIER.matcher(name);
          if (name.endsWith(COUNTER)) {
            return;
          }
          if (feature.matches()) {
            put(features, feature, tensor);
          } else if (linear.matches()) {
            put(classifier, linear, tensor);
          } else {
            unused.add(name);
          }
        });
  }

  private static Map<String, StoredTensor> withoutPrefixes(Map<String, StoredTensor> tensors) {
    Map<String, StoredTensor> rest = tensors;
    for (int i = 0; i < MOST_PREFIXES; i++) {
      String common = commonPrefix(rest.keySet());
      if (common == null) {
        break;
      }
      Map<String, StoredTensor> shorter = new LinkedHashMap<>();
      rest.forEach((name, tensor) -> shorter.put(name.substring(common.length()), tensor));
      rest = shorter;
    }
    return rest;
  }

  private static @Nullable String commonPrefix(Set<String> names) {
    for (String prefix : PREFIXES) {
      if (names.stream().allMatch(name -> name.startsWith(prefix))) {
        return prefix;
      }
    }
    return null;
  }

  private static void put(
      SortedMap<Integer, Map<String, StoredTensor>> layers, Matcher name, StoredTensor tensor) {
    if (!PARTS.contains(name.group(2))) {
      throw new InputException(
          "its tensor %s is none of a VGG network: merge what was added to it into the weights"
              .formatted(name.group()));
    }
    layers
        .computeIfAbsent(Integer.valueOf(name.group(1)), key -> new LinkedHashMap<>())
        .put(name.group(2), tensor);
  }

  /**
   * Understands a state dict.
   *
   * @throws InputException if its names are others; the message does not name the file
   */
  static ForeignNetwork read(TensorFile file) {
    TorchNames names = new TorchNames(file);
    if (names.features.isEmpty()) {
      throw new InputException(
          "its tensors are called %s and so on, not features.0.weight as torchvision and timm name"
                  .formatted(String.join(", ", file.tensors().keySet().stream().limit(3).toList()))
              + " those of a VGG network: rename them in Python before saving");
    }
    List<ForeignLayer> layers = names.convolutions();
    boolean timm = names.tensors.containsKey(TIMM.get(0) + ".weight");
    layers.addAll(timm ? names.timmHead() : names.linear());
    if (!names.unused.isEmpty()) {
      throw new InputException(
          "it has tensors that no VGG network has, such as " + names.unused.iterator().next());
    }
    Set<Integer> indices = new TreeSet<>(names.features.keySet());
    return new ForeignNetwork(
        timm ? "timm" : "torchvision",
        Profile.TORCHVISION,
        layers,
        configuration -> indices(configuration).equals(indices),
        false);
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
    features.forEach(
        (index, parts) -> {
          String name = "features." + index;
          StoredTensor weight = part(parts, name, "weight");
          if (weight.shape().size() == 4) {
            requireTwo(parts, name);
            layers.add(new ForeignLayer(name, true, weight, parts.get("bias"), null));
            return;
          }
          if (layers.isEmpty() || layers.get(layers.size() - 1).norm() != null) {
            throw new InputException(name + " is no convolution: it is no VGG network");
          }
          ForeignLayer.BatchNorm norm =
              new ForeignLayer.BatchNorm(
                  weight,
                  part(parts, name, "bias"),
                  part(parts, name, "running_mean"),
                  part(parts, name, "running_var"),
                  EPSILON);
          layers.set(layers.size() - 1, layers.get(layers.size() - 1).with(norm));
        });
    return layers;
  }

  private static StoredTensor part(Map<String, StoredTensor> parts, String layer, String name) {
    @Nullable StoredTensor tensor = parts.get(name);
    if (tensor == null) {
      throw new InputException(
          "tensor " + layer + "." + name + " is missing: it is no VGG network");
    }
    return tensor;
  }

  private static void requireTwo(Map<String, StoredTensor> parts, String layer) {
    if (parts.containsKey("running_mean") || parts.containsKey("running_var")) {
      throw new InputException(layer + " has running means: it is no VGG network");
    }
  }

  private List<ForeignLayer> linear() {
    List<ForeignLayer> layers = new ArrayList<>();
    classifier.forEach(
        (index, parts) -> {
          String name = "classifier." + index;
          requireTwo(parts, name);
          layers.add(
              new ForeignLayer(name, false, part(parts, name, "weight"), parts.get("bias"), null));
        });
    return layers;
  }

  /** The fully connected layers as convolutions over the last map, but for the last one. */
  private List<ForeignLayer> timmHead() {
    List<ForeignLayer> layers = new ArrayList<>();
    for (String name : TIMM) {
      StoredTensor weight = tensors.get(name + ".weight");
      if (weight == null) {
        throw new InputException("tensor " + name + ".weight is missing: it is no VGG network");
      }
      layers.add(new ForeignLayer(name, false, weight, tensors.get(name + ".bias"), null));
      unused.remove(name + ".weight");
      unused.remove(name + ".bias");
    }
    return layers;
  }
}
