package org.vgg4j.network;

import java.util.LinkedHashMap;
import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;

/**
 * The weights and biases of one network, in the names and layouts of {@link
 * Architecture#parameters()}. The arrays are shared, not copied; whoever trains writes into them.
 */
public final class Parameters {
  /**
   * The two arrays of one layer.
   *
   * @param weight {@code [out][in][row][column]} or {@code [out][in]}
   * @param bias {@code [out]}
   */
  public record OfLayer(float[] weight, float[] bias) {}

  private final Architecture architecture;
  private final Map<String, float[]> arrays = new LinkedHashMap<>();
  private final Map<String, OfLayer> layers = new LinkedHashMap<>();

  /**
   * @param architecture the network that the arrays belong to
   * @param arrays one array for each parameter of the network, by name
   * @throws InputException if an array is missing, is too much, or has another length
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
      if (shape.isWeight()) {
        String bias = shape.name().replace(".weight", ".bias");
        layers.put(shape.layer(), new OfLayer(values(shape.name()), values(bias)));
      }
    }
  }

  /** Returns parameters that are all zero: a place for initial values, gradients or velocities. */
  public static Parameters zeros(Architecture architecture) {
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      arrays.put(shape.name(), new float[shape.length()]);
    }
    return new Parameters(architecture, arrays);
  }

  /** The network that these belong to. */
  public Architecture architecture() {
    return architecture;
  }

  /**
   * The array of that name, not a copy.
   *
   * @throws IllegalArgumentException if there is none
   */
  public float[] values(String name) {
    float[] values = arrays.get(name);
    if (values == null) {
      throw new IllegalArgumentException("no parameter " + name + " in " + architecture);
    }
    return values;
  }

  /** Weights and biases of the layer of that name, not copies. */
  public OfLayer ofLayer(String layer) {
    OfLayer values = layers.get(layer);
    if (values == null) {
      throw new IllegalArgumentException("layer " + layer + " has no parameters");
    }
    return values;
  }
}
