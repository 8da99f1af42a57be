package org.vgg4j.network;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.Bfloat16Weights;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;

/**
 * The arrays of one network, in the names and layouts of {@link Architecture#parameters()}. The
 * arrays are shared, not copied; whoever trains writes into them.
 *
 * <p>For inference, the weights of the fully connected layers may be rounded to bfloat16; see
 * {@link FcWeights}. Their original arrays are then no longer here.
 */
public final class Parameters implements ParameterStore {
  /**
   * The two arrays of one layer.
   *
   * @param weight {@code [out][in][row][column]} or {@code [out][in]}; of a normalisation its
   *     scales, {@code [out]}
   * @param bias {@code [out]}
   */
  public record OfLayer(float[] weight, float[] bias) {}

  /**
   * A fully connected layer whose weights were rounded.
   *
   * @param bias {@code [out]}
   */
  public record Rounded(Bfloat16Weights weight, float[] bias) {}

  private final Architecture architecture;
  private final Map<String, float[]> arrays = new LinkedHashMap<>();
  private final Map<String, OfLayer> layers = new LinkedHashMap<>();
  private final Map<String, Rounded> rounded = new LinkedHashMap<>();

  /**
   * @param architecture the network that the arrays belong to
   * @param arrays one array for each parameter of the network, by name
   * @throws InputException if an array is missing, unknown, or has the wrong length
   */
  public Parameters(Architecture architecture, Map<String, float[]> arrays) {
    this.architecture = architecture;
    for (ParameterShape shape : architecture.parameters()) {
      float[] array = arrays.get(shape.name());
      if (array == null) {
        throw new InputException(
            "parameter " + shape.name() + " of network " + architecture + " is missing");
      }
      if (array.length != shape.length()) {
        throw new InputException(
            String.format(
                "parameter %s of network %s must have %d values, %s, but has %d",
                shape.name(), architecture, shape.length(), shape.dimensions(), array.length));
      }
      this.arrays.put(shape.name(), array);
    }
    for (String name : arrays.keySet()) {
      if (!this.arrays.containsKey(name)) {
        throw new InputException("network " + architecture + " has no parameter " + name);
      }
    }
    for (ParameterShape shape : architecture.parameters()) {
      if (shape.name().endsWith(".weight")) {
        String bias = shape.name().replace(".weight", ".bias");
        layers.put(shape.layer(), new OfLayer(values(shape.name()), values(bias)));
      }
    }
  }

  private Parameters(Parameters original, Workers workers) {
    architecture = original.architecture;
    arrays.putAll(original.arrays);
    layers.putAll(original.layers);
    for (Layer layer : architecture.layers()) {
      if (layer instanceof Layer.FullyConnected connected) {
        OfLayer values = original.ofLayer(layer.name());
        Bfloat16Weights weight =
            Bfloat16Weights.round(
                connected.inFeatures(), connected.outFeatures(), values.weight(), workers);
        rounded.put(layer.name(), new Rounded(weight, values.bias()));
        layers.remove(layer.name());
        arrays.values().removeIf(array -> array == values.weight());
      }
    }
  }

  private Parameters(Parameters normalised, Architecture folded) {
    architecture = folded;
    rounded.putAll(normalised.rounded);
    for (ParameterShape shape : folded.parameters()) {
      String layer = shape.layer();
      if (shape.isWeight() && !rounded.containsKey(layer)) {
        OfLayer values = normalised.ofLayer(layer);
        layers.put(layer, shape.dimensions().size() == 4 ? folded(normalised, layer) : values);
      }
      OfLayer own = layers.get(layer);
      if (own != null) {
        arrays.put(shape.name(), shape.isWeight() ? own.weight() : own.bias());
      } else if (!shape.isWeight()) {
        arrays.put(shape.name(), Objects.requireNonNull(rounded.get(layer)).bias());
      }
    }
  }

  /** Folds the batch norm that follows a convolution into it. */
  private static OfLayer folded(Parameters normalised, String convolution) {
    OfLayer values = normalised.ofLayer(convolution);
    BatchNormValues norm = BatchNormValues.after(convolution, normalised);
    float[] weight = values.weight().clone();
    float[] bias = values.bias().clone();
    int fanIn = weight.length / bias.length;
    for (int channel = 0; channel < bias.length; channel++) {
      double factor = norm.factor(channel);
      for (int i = channel * fanIn; i < (channel + 1) * fanIn; i++) {
        weight[i] = (float) (weight[i] * factor);
      }
      bias[channel] = (float) (bias[channel] * factor + norm.summand(channel));
    }
    return new OfLayer(weight, bias);
  }

  /**
   * Returns a network that computes the same without batch normalisation: once training is over, a
   * batch norm is a factor and a summand for each channel, which can be folded into the weights and
   * bias of its convolution. Convolutions are copied, other arrays shared. Returns this object if
   * there is no batch normalisation.
   */
  public Parameters withoutBatchNorm() {
    return architecture.configuration().hasBatchNorm()
        ? new Parameters(this, architecture.withoutBatchNorm())
        : this;
  }

  /** Returns the same parameters with the weights of the fully connected layers rounded. */
  public Parameters rounded(Workers workers) {
    return rounded.isEmpty() ? new Parameters(this, workers) : this;
  }

  /** Returns parameters that are all zero: a place for initial values, gradients or velocities. */
  public static Parameters zeros(Architecture architecture) {
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      arrays.put(shape.name(), new float[shape.length()]);
    }
    return new Parameters(architecture, arrays);
  }

  @Override
  public Architecture architecture() {
    return architecture;
  }

  /** How the weights of the fully connected layers are held. */
  public FcWeights fcWeights() {
    return rounded.isEmpty() ? FcWeights.FP32 : FcWeights.BF16;
  }

  /**
   * The relative rounding error of each fully connected layer, by name: the root of the sum of its
   * weights' squared errors, divided by that of its squared weights. Empty if none was rounded; NaN
   * where a weight is not finite.
   */
  public Map<String, Double> roundingErrors() {
    Map<String, Double> errors = new LinkedHashMap<>();
    rounded.forEach((layer, values) -> errors.put(layer, values.weight().relativeError()));
    return Collections.unmodifiableMap(errors);
  }

  /** The layer of that name if its weights were rounded, otherwise null. */
  public @Nullable Rounded rounded(String layer) {
    return rounded.get(layer);
  }

  /**
   * The array of that name, not a copy.
   *
   * @throws IllegalArgumentException if there is none, or it was rounded
   */
  @Override
  public float[] values(String name) {
    float[] values = arrays.get(name);
    if (values == null) {
      throw new IllegalArgumentException("no parameter " + name + " in " + architecture);
    }
    return values;
  }

  @Override
  public void change(String name, Consumer<float[]> change) {
    change.accept(values(name));
  }

  /**
   * Weights (or scales) and biases of the layer of that name, not copies.
   *
   * @throws IllegalArgumentException if it has none, or its weights were rounded
   */
  public OfLayer ofLayer(String layer) {
    OfLayer values = layers.get(layer);
    if (values == null) {
      throw new IllegalArgumentException(
          "layer " + layer + (rounded.containsKey(layer) ? " was rounded" : " has no parameters"));
    }
    return values;
  }
}
