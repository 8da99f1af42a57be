package org.vgg4j.weights.foreign;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;

/** Queries of a node in a file; whatever does not fit is refused by name. */
final class Nodes {
  private Nodes() {}

  /** Checks that all numbers of an attribute equal a value; a missing attribute has its default. */
  static void requireAll(TensorFile.Node node, String attribute, double value, double standard) {
    List<Double> numbers = node.attributes().getOrDefault(attribute, List.of(standard));
    // floats, hence not exact
    if (numbers.isEmpty()
        || !numbers.stream().allMatch(number -> Math.abs(number - value) <= 1e-6 * value)) {
      throw new InputException(
          "its layer '%s' (%s) has %s %s where a VGG network has %s"
              .formatted(node.name(), node.type(), attribute, text(numbers), text(List.of(value))));
    }
  }

  /** Checks that an attribute has these numbers. */
  static void requireAll(TensorFile.Node node, String attribute, List<Double> values) {
    List<Double> numbers = node.attributes().getOrDefault(attribute, List.of());
    if (!numbers.equals(values)) {
      throw new InputException(
          "its layer '%s' (%s) has %s %s where a VGG network has %s"
              .formatted(node.name(), node.type(), attribute, text(numbers), text(values)));
    }
  }

  private static String text(List<Double> numbers) {
    return numbers.stream()
        .map(
            number ->
                number == Math.rint(number) && Math.abs(number) < 1e9
                    ? String.valueOf(number.longValue())
                    : String.valueOf(number.floatValue()))
        .collect(Collectors.joining("x"));
  }

  /** Checks that a text is one of these; a missing one counts as the first. */
  static void requireOneOf(TensorFile.Node node, String attribute, List<String> allowed) {
    String word = node.words().getOrDefault(attribute, allowed.get(0));
    if (!allowed.contains(word)) {
      throw new InputException(
          "its layer '%s' (%s) has %s '%s' where a VGG network has %s"
              .formatted(node.name(), node.type(), attribute, word, String.join(" or ", allowed)));
    }
  }

  /** The first number of an attribute. */
  static double number(TensorFile.Node node, String attribute, double standard) {
    List<Double> numbers = node.attributes().getOrDefault(attribute, List.of());
    return numbers.isEmpty() ? standard : numbers.get(0);
  }

  static boolean isTrue(TensorFile.Node node, String attribute, boolean standard) {
    return number(node, attribute, standard ? 1 : 0) != 0;
  }

  static InputException noVgg(TensorFile.Node node) {
    return new InputException(
        "its layer '%s' of type '%s' does not belong to a VGG network"
            .formatted(node.name(), node.type()));
  }

  static StoredTensor weight(TensorFile.Node node) {
    if (node.tensors().isEmpty()) {
      throw new InputException("its layer '" + node.name() + "' has no weights");
    }
    if (node.tensors().get(0).shape().size() < 2) {
      throw new InputException(
          "its layer '" + node.name() + "' has weights of another shape than a VGG network's");
    }
    return node.tensors().get(0);
  }

  /** A vector, which old Caffe files store with leading axes of size one; null if there is none. */
  static @Nullable StoredTensor bias(TensorFile.Node node, int index) {
    if (node.tensors().size() <= index) {
      return null;
    }
    StoredTensor bias = node.tensors().get(index);
    return bias.reshaped(bias.length());
  }

  /** Rows and columns of a kernel, which are the sizes of two axes from the given one on. */
  static int side(TensorFile.Node node, StoredTensor weight, int axis) {
    List<Integer> shape = weight.shape();
    if (shape.size() != 4 || !shape.get(axis).equals(shape.get(axis + 1))) {
      throw new InputException(
          "its layer '%s' has kernels of shape %s, which no VGG network has"
              .formatted(node.name(), weight.shapeText()));
    }
    return shape.get(axis);
  }

  /**
   * Permutes to our order of axes the weights, [in][out], of a fully connected layer that takes the
   * last map in the order row, column, channel.
   */
  static StoredTensor overMap(StoredTensor weight, int channels) {
    return overMapOutFirst(weight.permuted(1, 0), channels);
  }

  /** Like {@link #overMap}, for [out][in]. */
  static StoredTensor overMapOutFirst(StoredTensor weight, int channels) {
    int in = weight.shape().get(1);
    int side = (int) Math.round(Math.sqrt(channels == 0 ? 0 : (double) in / channels));
    if (side == 0 || (long) side * side * channels != in) {
      throw new InputException(
          "its first fully connected layer takes %d values, which is not a square map of %d channels"
              .formatted(in, channels));
    }
    return weight.split(1, side, side, channels).permuted(0, 3, 1, 2);
  }
}
