package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Rgb;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;

/**
 * What a Keras model says about its images: their size, and the layers before the first convolution
 * that scale and shift pixels, which are RGB in 0..255 as loaded by Keras.
 */
final class KerasInput {
  private static final double EPSILON = 1e-7; // Keras's lower bound of the deviation
  private static final double SAME = 1e-6; // for floats that are written as decimals

  private final double[] factor = {1, 1, 1};
  private final double[] shift = {0, 0, 0};
  private boolean prepares;
  private int side;

  /**
   * Takes the shape that an input layer, or the first layer, states; the first statement counts.
   */
  void shape(TensorFile.Node node) {
    List<Double> shape = node.attributes().getOrDefault("batch_shape", List.of());
    if (shape.size() != 4) {
      return;
    }
    if (shape.get(3) != 3) {
      throw new InputException(
          "its layer '%s' takes images of %s channels in the last place, but a VGG network takes three"
              .formatted(node.name(), shape.get(3).isNaN() ? "any" : shape.get(3).intValue()));
    }
    if (!shape.get(1).equals(shape.get(2))) {
      throw new InputException(
          "its layer '%s' takes images of %sx%s pixels, but a VGG network takes squares"
              .formatted(node.name(), size(shape.get(1)), size(shape.get(2))));
    }
    if (side == 0 && !shape.get(1).isNaN()) {
      side = shape.get(1).intValue();
    }
  }

  private static String size(double value) {
    return Double.isNaN(value) ? "any" : String.valueOf((int) value);
  }

  /** Side of the images in pixels; 0 if any size will do. */
  int side() {
    return side;
  }

  /** Takes a Rescaling or Normalization layer. */
  void prepare(TensorFile.Node node, boolean first) {
    if (!first) {
      throw Nodes.noVgg(node);
    }
    prepares = true;
    if (node.type().equals("Rescaling")) {
      then(three(node, "scale", List.of(1.0)), three(node, "offset", List.of(0.0)));
      return;
    }
    Nodes.requireAll(node, "invert", 0, 0);
    double[] mean;
    double[] variance;
    if (node.tensors().size() >= 2) {
      Map<String, float[]> read = TensorReader.read(node.tensors().subList(0, 2));
      mean = three(node, values(read, node.tensors().get(0)));
      variance = three(node, values(read, node.tensors().get(1)));
    } else {
      mean = three(node, "mean", List.of());
      variance = three(node, "variance", List.of());
    }
    double[] scale = new double[3];
    double[] offset = new double[3];
    for (int i = 0; i < 3; i++) {
      scale[i] = 1 / Math.max(Math.sqrt(variance[i]), EPSILON);
      offset[i] = -mean[i] * scale[i];
    }
    then(scale, offset);
  }

  private static List<Double> values(Map<String, float[]> read, StoredTensor tensor) {
    List<Double> values = new ArrayList<>();
    for (float value : read.getOrDefault(tensor.name(), new float[0])) {
      values.add((double) value);
    }
    return values;
  }

  private static double[] three(TensorFile.Node node, String attribute, List<Double> standard) {
    return three(node, node.attributes().getOrDefault(attribute, standard));
  }

  private static double[] three(TensorFile.Node node, List<Double> values) {
    if ((values.size() != 1 && values.size() != 3) || values.stream().anyMatch(v -> v.isNaN())) {
      throw new InputException(
          "its layer '%s' (%s) does not scale and shift three colours"
              .formatted(node.name(), node.type()));
    }
    double[] three = new double[3];
    for (int i = 0; i < 3; i++) {
      three[i] = values.get(values.size() == 1 ? 0 : i);
    }
    return three;
  }

  private void then(double[] scale, double[] offset) {
    for (int i = 0; i < 3; i++) {
      factor[i] *= scale[i];
      shift[i] = shift[i] * scale[i] + offset[i];
    }
  }

  /**
   * What these layers do to pixels; null if there are none.
   *
   * @throws InputException if they invert brightness
   */
  @Nullable Profile profile() {
    if (!prepares) {
      return null;
    }
    // pixels enter as factor * v + shift = (v * range / 255 - mean) / std
    boolean unit = true;
    for (int i = 0; i < 3; i++) {
      if (!(factor[i] > 0)) {
        throw new InputException(
            "the layers before its first convolution multiply pixels by " + factor[i]);
      }
      unit &= factor[i] * 255 >= 1 - SAME;
    }
    double range = unit ? 1 : 255;
    float[] mean = new float[3];
    float[] std = new float[3];
    for (int i = 0; i < 3; i++) {
      double divisor = range / 255 / factor[i];
      std[i] = (float) (Math.abs(divisor - 1) < SAME ? 1 : divisor);
      mean[i] = (float) (-shift[i] * divisor);
    }
    return Profile.of(
        ChannelOrder.RGB,
        (float) range,
        new Rgb(mean[0] + 0.0f, mean[1] + 0.0f, mean[2] + 0.0f),
        new Rgb(std[0], std[1], std[2]));
  }
}
