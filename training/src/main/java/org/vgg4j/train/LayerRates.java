package org.vgg4j.train;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.Map;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;

/**
 * Initial learning rates of layers that do not use the global one: when a trained network is
 * fine-tuned on other classes, its new last layer has everything to learn, its convolutions little.
 * The schedule changes all rates by the same factors.
 *
 * @param features of the convolutions and their batch norms; 0: the global rate
 * @param head of the last layer; 0: the global rate
 */
public record LayerRates(double features, double head) {
  /** All layers learn at one rate. */
  public static final LayerRates SAME = new LayerRates(0, 0);

  /**
   * @throws org.vgg4j.base.InputException if a rate is negative or not finite
   */
  public LayerRates {
    Require.option(
        features >= 0 && Double.isFinite(features),
        "lr-features",
        features,
        "zero or a positive number");
    Require.option(
        head >= 0 && Double.isFinite(head), "lr-head", head, "zero or a positive number");
  }

  /**
   * Returns the options that set all rates at another global rate, in the same proportion: {@code
   * lr}, and {@code lr-features} and {@code lr-head} where these have a rate of their own, rounded
   * to two digits.
   *
   * @param rate the global rate at the start
   * @param other the other one
   */
  public Map<String, Double> optionsAt(double rate, double other) {
    Map<String, Double> options = new LinkedHashMap<>();
    options.put("lr", other);
    if (features > 0) {
      options.put("lr-features", rounded(features / rate * other));
    }
    if (head > 0) {
      options.put("lr-head", rounded(head / rate * other));
    }
    return options;
  }

  private static double rounded(double rate) {
    return new BigDecimal(rate).round(new MathContext(2)).doubleValue();
  }

  /**
   * The layers that have rates of their own, each as a multiple of the global rate.
   *
   * @param rate the global rate at the start
   */
  Map<String, Double> factors(Architecture architecture, double rate) {
    Map<String, Double> factors = new LinkedHashMap<>();
    for (Layer layer : architecture.layers()) {
      boolean ofFeatures = layer instanceof Layer.Convolution || layer instanceof Layer.BatchNorm;
      if (ofFeatures && features > 0) {
        factors.put(layer.name(), features / rate);
      }
      if (layer instanceof Layer.FullyConnected connected && !connected.hidden() && head > 0) {
        factors.put(layer.name(), head / rate);
      }
    }
    return factors;
  }
}
