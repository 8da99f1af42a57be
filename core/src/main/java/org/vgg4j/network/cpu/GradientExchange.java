package org.vgg4j.network.cpu;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Exchange;

/**
 * Combines the gradients of a batch that is divided among several ranks (the paper, section 3.3).
 * While the backward pass of a rank's last micro-batch is still running, the exchange of complete
 * layers begins, from the last layer to the first, the order in which they become complete: sums by
 * all-reduce, factors by all-gather. Not thread-safe.
 */
final class GradientExchange {
  private final Exchange exchange;
  private final BatchGradients gradients;

  /** The arrays of each layer that is trained, from the last layer to the first. */
  private final Map<String, List<ParameterShape>> layers = new LinkedHashMap<>();

  private final List<String> order;
  private final Set<String> complete = new HashSet<>();
  private int begun;

  /**
   * @param gradients where this rank's own gradients are collected
   * @param frozen names of the layers whose gradients are not needed
   */
  GradientExchange(
      Architecture architecture, Exchange exchange, BatchGradients gradients, Set<String> frozen) {
    this.exchange = exchange;
    this.gradients = gradients;
    List<ParameterShape> shapes = new ArrayList<>(architecture.parameters());
    for (int i = shapes.size() - 1; i >= 0; i--) {
      ParameterShape shape = shapes.get(i);
      if (!frozen.contains(shape.layer())) {
        layers.computeIfAbsent(shape.layer(), name -> new ArrayList<>()).add(shape);
      }
    }
    this.order = List.copyOf(layers.keySet());
    gradients.whenComplete(this::complete);
  }

  /** Begins another batch, whose gradients follow. */
  void begin() {
    begun = 0;
    complete.clear();
  }

  private void complete(String layer) {
    complete.add(layer);
    while (begun < order.size() && complete.contains(order.get(begun))) {
      beginNext();
    }
  }

  private void beginNext() {
    String layer = order.get(begun++);
    List<List<float[]>> factors = gradients.factors(layer);
    for (List<float[]> arrays : factors) {
      exchange.beginAllGather(arrays);
    }
    if (factors.isEmpty()) {
      for (ParameterShape shape : layers.getOrDefault(layer, List.of())) {
        exchange.beginAllReduce(gradients.sums(shape.name()));
      }
    }
  }

  /**
   * Waits until all gradients are those of the whole batch. A rank without gradients, because it
   * had no samples or its loss is not finite, takes part with what it has.
   */
  void finish() {
    while (begun < order.size()) {
      beginNext();
    }
    exchange.awaitAll();
  }
}
