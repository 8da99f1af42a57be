package org.vgg4j.weights.foreign;

import java.util.Comparator;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * A name in a state dict, taken apart: {@code model.features.0.weight} is the weight of layer 0 in
 * the features of the network at {@code model}.
 *
 * @param state the state dict
 * @param name the whole name
 * @param kind what it belongs to
 * @param prefix what comes before the network's own names, including the keys that lead to the
 *     state dict; ends with a dot if it is not empty
 * @param layer the position of the layer in its group, such as 0 or 6.1
 * @param part the part of the layer, such as weight
 */
record TorchName(
    TensorFile.State state, String name, Kind kind, String prefix, String layer, String part) {
  /** What a name belongs to. */
  enum Kind {
    FEATURES,
    CLASSIFIER,
    TIMM_HEAD,
    OTHER
  }

  /** Modules that only wrap another one, and add their name to its names. */
  private static final String WRAPPERS =
      "(?:(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\\.)*";

  private static final String PREFIX = "((?:.+\\.)?)";
  private static final Pattern FEATURES =
      Pattern.compile(PREFIX + "features\\." + WRAPPERS + "(\\d{1,4})\\." + WRAPPERS + "(.+)");
  private static final Pattern CLASSIFIER =
      Pattern.compile(
          PREFIX
              + "classifier\\."
              + WRAPPERS
              + "(\\d{1,4}(?:\\.\\d{1,4})*)\\."
              + WRAPPERS
              + "(.+)");
  private static final Pattern ONE_LAYER =
      Pattern.compile(PREFIX + "classifier(\\.)" + WRAPPERS + "([^.]+)");
  private static final Pattern TIMM =
      Pattern.compile(PREFIX + "(pre_logits\\.fc1|pre_logits\\.fc2|head\\.fc)\\.([^.]+)");
  private static final int LONGEST = 500;

  /** Orders names by their numbers: 6.0 before 6.1 before 10. */
  static final Comparator<String> BY_PLACE =
      (a, b) -> {
        String[] left = a.split("\\.");
        String[] right = b.split("\\.");
        for (int i = 0; i < Math.min(left.length, right.length); i++) {
          if (!left[i].equals(right[i])) {
            return left[i].isEmpty() || right[i].isEmpty()
                ? left[i].compareTo(right[i])
                : Integer.compare(Integer.parseInt(left[i]), Integer.parseInt(right[i]));
          }
        }
        return Integer.compare(left.length, right.length);
      };

  static TorchName of(TensorFile.State state, String name) {
    String address = state.address(name);
    if (address.length() <= LONGEST) {
      TorchName found = matched(state, name, FEATURES.matcher(address), Kind.FEATURES);
      found =
          found != null
              ? found
              : matched(state, name, CLASSIFIER.matcher(address), Kind.CLASSIFIER);
      found =
          found != null ? found : matched(state, name, ONE_LAYER.matcher(address), Kind.CLASSIFIER);
      found = found != null ? found : matched(state, name, TIMM.matcher(address), Kind.TIMM_HEAD);
      if (found != null) {
        return found;
      }
    }
    return new TorchName(state, name, Kind.OTHER, "", "", "");
  }

  private static @Nullable TorchName matched(
      TensorFile.State state, String name, Matcher address, Kind kind) {
    if (!address.matches()) {
      return null;
    }
    String layer = Objects.requireNonNull(address.group(2));
    return new TorchName(
        state,
        name,
        kind,
        Objects.requireNonNull(address.group(1)),
        layer.equals(".") ? "" : layer,
        Objects.requireNonNull(address.group(3)));
  }

  /** The tensor; null if it is something else. */
  @Nullable StoredTensor tensor() {
    return state.tensors().get(name);
  }

  /** What it is instead of a tensor; null if it is one. */
  @Nullable String other() {
    return state.others().get(name);
  }

  /** The name from the state dict's start up to the layer. */
  String layerName() {
    return name.endsWith("." + part) ? name.substring(0, name.length() - part.length() - 1) : name;
  }
}
