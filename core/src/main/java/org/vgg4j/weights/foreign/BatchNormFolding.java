package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;

/**
 * Batch normalisation that follows a convolution is, once training is over, a factor and a summand
 * for each channel, which the convolution's own weights and bias take up.
 */
final class BatchNormFolding {
  private BatchNormFolding() {}

  /** Changes weights and biases of all convolutions that a normalisation follows. */
  static void fold(ForeignNetwork network, Architecture architecture, Map<String, float[]> arrays) {
    List<ParameterShape> parameters = architecture.parameters();
    for (int i = 0; i < network.layers().size(); i++) {
      ForeignLayer layer = network.layers().get(i);
      if (layer.norm() != null) {
        float[] weight = Objects.requireNonNull(arrays.get(parameters.get(2 * i).name()));
        float[] bias = Objects.requireNonNull(arrays.get(parameters.get(2 * i + 1).name()));
        fold(layer, layer.norm(), weight, bias);
      }
    }
  }

  private static void fold(
      ForeignLayer layer, ForeignLayer.BatchNorm norm, float[] weight, float[] bias) {
    List<StoredTensor> tensors = new ArrayList<>();
    for (StoredTensor tensor : norm.tensors()) {
      if (tensor.length() != bias.length) {
        throw new InputException(
            "tensor %s has %d values, not one for each of %d channels"
                .formatted(tensor.name(), tensor.length(), bias.length));
      }
      tensors.add(tensor.named(String.valueOf(tensors.size())));
    }
    Map<String, float[]> values = TensorReader.read(tensors);
    float[] scale = Objects.requireNonNull(values.get("0"));
    float[] shift = Objects.requireNonNull(values.get("1"));
    float[] mean = Objects.requireNonNull(values.get("2"));
    float[] variance = Objects.requireNonNull(values.get("3"));
    int fanIn = weight.length / bias.length;
    for (int channel = 0; channel < bias.length; channel++) {
      if (!(variance[channel] + norm.epsilon() > 0)) {
        throw new InputException(
            "the variance of channel %d after layer %s is not positive: the file is damaged"
                .formatted(channel, layer.name()));
      }
      double factor = scale[channel] / Math.sqrt(variance[channel] + norm.epsilon());
      for (int j = channel * fanIn; j < (channel + 1) * fanIn; j++) {
        weight[j] = (float) (weight[j] * factor);
      }
      bias[channel] = (float) ((bias[channel] - mean[channel]) * factor + shift[channel]);
    }
  }
}
