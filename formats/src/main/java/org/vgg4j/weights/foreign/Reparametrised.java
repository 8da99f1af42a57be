package org.vgg4j.weights.foreign;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.NumberType;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;

/**
 * Weights that PyTorch computes from other tensors whenever they are used: pruned ones ({@code
 * weight_orig}, {@code weight_mask}), weight normalisation (Salimans and Kingma 2016, {@code
 * weight_g}, {@code weight_v}) and spectral normalisation (Miyato et al. 2018, {@code weight_u},
 * {@code weight_v}), the latter two also under the names of torch.nn.utils.parametrizations. The
 * results are the weights that the network uses after training.
 */
final class Reparametrised {
  private static final String NEW = "parametrizations.%s.original";

  private final Map<String, TorchName> parts;
  private final String part;
  private final Set<String> used = new HashSet<>();

  /**
   * @param parts the tensors of the layer
   * @param part weight or bias
   */
  Reparametrised(Map<String, TorchName> parts, String part) {
    this.parts = parts;
    this.part = part;
  }

  /** The names of the parts that were used. */
  Set<String> used() {
    return used;
  }

  /** The tensor, as stored or computed; null if there is none. */
  @Nullable StoredTensor tensor() {
    String made = NEW.formatted(part);
    if (parts.containsKey(part)) {
      return part(part);
    }
    if (parts.containsKey(part + "_mask")) {
      return masked(part(part + "_orig"), part(part + "_mask"));
    }
    if (parts.containsKey(part + "_u") && parts.containsKey(part + "_v")) {
      return spectral(part(part + "_orig"), part(part + "_u"), part(part + "_v"));
    }
    if (parts.containsKey(part + "_g")) {
      return scaled(part(part + "_g"), part(part + "_v"));
    }
    if (parts.containsKey(made + "1")) {
      return scaled(part(made + "0"), part(made + "1"));
    }
    String vector = "parametrizations.%s.0._".formatted(part);
    if (parts.containsKey(made) && parts.containsKey(vector + "u")) {
      return spectral(part(made), part(vector + "u"), part(vector + "v"));
    }
    return null;
  }

  private StoredTensor part(String name) {
    TorchName found = parts.get(name);
    if (found == null) {
      throw new InputException(
          "tensor %s of layer %s is missing"
              .formatted(name, parts.values().iterator().next().layerName()));
    }
    used.add(name);
    StoredTensor tensor = found.tensor();
    if (tensor == null) {
      throw new InputException(
          "%s is not a plain tensor (%s), but sparse, quantised or of a special kind: in Python, save"
                  .formatted(found.name(), found.other())
              + " the state dict of the original network, or tensor.to_dense()");
    }
    return tensor;
  }

  private StoredTensor masked(StoredTensor original, StoredTensor mask) {
    requireLength(mask, original.length());
    float[] values = values(original);
    float[] factors = values(mask);
    for (int i = 0; i < values.length; i++) {
      values[i] *= factors[i];
    }
    return held(original, values);
  }

  /** The rows of v, scaled to the lengths g. */
  private StoredTensor scaled(StoredTensor lengths, StoredTensor directions) {
    int rows = directions.shape().isEmpty() ? 0 : directions.shape().get(0);
    boolean byRow = !lengths.shape().isEmpty() && lengths.shape().get(0) == rows;
    if (!byRow || lengths.length() != rows) {
      throw new InputException(
          "tensor %s has %s lengths for weights of shape %s: only weight_norm along the first axis is"
                  .formatted(lengths.name(), lengths.shapeText(), directions.shapeText())
              + " read; in Python, torch.nn.utils.remove_weight_norm(layer) before saving");
    }
    float[] g = values(lengths);
    float[] values = values(directions);
    int columns = values.length / Math.max(1, rows);
    for (int row = 0; row < rows; row++) {
      double squares = 0;
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        squares += (double) values[i] * values[i];
      }
      double factor = g[row] / Math.sqrt(squares);
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        values[i] = (float) (values[i] * factor);
      }
    }
    return held(directions, values);
  }

  /** The matrix divided by u W v, the estimate of its largest singular value from training. */
  private StoredTensor spectral(StoredTensor original, StoredTensor left, StoredTensor right) {
    int rows = original.shape().isEmpty() ? 0 : original.shape().get(0);
    int columns = original.length() / Math.max(1, rows);
    requireLength(left, rows);
    requireLength(right, columns);
    float[] u = values(left);
    float[] v = values(right);
    float[] values = values(original);
    double sigma = 0;
    for (int row = 0; row < rows; row++) {
      double sum = 0;
      for (int column = 0; column < columns; column++) {
        sum += (double) values[row * columns + column] * v[column];
      }
      sigma += u[row] * sum;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] / sigma);
    }
    return held(original, values);
  }

  private static void requireLength(StoredTensor tensor, int length) {
    if (tensor.length() != length) {
      throw new InputException(
          "tensor %s has %d values where its layer needs %d"
              .formatted(tensor.name(), tensor.length(), length));
    }
  }

  private static float[] values(StoredTensor tensor) {
    return Objects.requireNonNull(TensorReader.read(List.of(tensor)).get(tensor.name()));
  }

  /** A tensor of that name and shape with other values. */
  static StoredTensor held(StoredTensor like, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return StoredTensor.held(like.name(), like.file(), bytes, NumberType.F32, like.shape());
  }
}
