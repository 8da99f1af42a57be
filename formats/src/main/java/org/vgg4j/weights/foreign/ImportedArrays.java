package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;

/** The arrays of a network, read from another tool's file. */
final class ImportedArrays {
  private ImportedArrays() {}

  /**
   * Our arrays, read straight from the file in our order of axes; a missing bias is zero, and so
   * are filters that our layers have and the file's have not, and a whole head that it has not.
   * Such filters give nothing, and never learn anything, since their ReLU is never on.
   */
  static Map<String, float[]> of(ForeignNetwork network, Architecture architecture) {
    Iterator<ParameterShape> parameters = architecture.parameters().iterator();
    List<StoredTensor> wanted = new ArrayList<>();
    Map<String, float[]> arrays = new HashMap<>();
    Map<String, Integer> rows = new LinkedHashMap<>();
    Map<String, Double> variances = new LinkedHashMap<>();
    for (ForeignLayer layer : network.layers()) {
      String weight = parameters.next().name();
      wanted.add(layer.weight().named(weight));
      rows.put(weight, layer.out());
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
    for (ParameterShape shape : architecture.parameters()) {
      float[] values = arrays.getOrDefault(shape.name(), new float[0]);
      if (values.length != shape.length()) {
        arrays.put(shape.name(), padded(values, rows.getOrDefault(shape.name(), 0), shape));
      }
    }
    return arrays;
  }

  private static StoredTensor named(ForeignLayer layer, StoredTensor tensor, ParameterShape shape) {
    if (tensor.length() != layer.out()) {
      throw new InputException(
          "tensor %s of layer %s has %d values, not %d"
              .formatted(tensor.name(), layer.name(), tensor.length(), layer.out()));
    }
    return tensor.named(shape.name());
  }

  /**
   * Puts values in front of zeros, those of each filter or feature, and these; variances in front
   * of ones.
   *
   * @param rows filters or features; 0 if there is one value for each
   */
  private static float[] padded(float[] values, int rows, ParameterShape shape) {
    float[] padded = new float[shape.length()];
    if (rows == 0) {
      System.arraycopy(values, 0, padded, 0, values.length);
      for (int i = values.length; i < padded.length; i++) {
        padded[i] = shape.role() == ParameterShape.Role.VARIANCE ? 1 : 0;
      }
      return padded;
    }
    int length = values.length / rows;
    int room = padded.length / shape.dimensions().get(0);
    for (int row = 0; row < rows; row++) {
      System.arraycopy(values, row * length, padded, row * room, length);
    }
    return padded;
  }

  /**
   * Adjusts variances for the epsilon that is added to them, which may differ in files but is fixed
   * here.
   */
  private static void useOwnEpsilon(String name, float @Nullable [] variances, double epsilon) {
    float[] values = Objects.requireNonNull(variances);
    for (int channel = 0; channel < values.length; channel++) {
      if (!(values[channel] + epsilon > 0)) {
        throw new InputException(
            "the variance of channel %d in %s is not positive: the file is damaged"
                .formatted(channel, name));
      }
      if ((float) epsilon != (float) Layer.BatchNorm.EPSILON) { // files store floats
        values[channel] = (float) (values[channel] + (epsilon - Layer.BatchNorm.EPSILON));
      }
    }
  }
}
