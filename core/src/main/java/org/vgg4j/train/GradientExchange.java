package org.vgg4j.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.BatchGradients;
import org.vgg4j.network.Factors;
import org.vgg4j.network.GradientSink;
import org.vgg4j.parallel.ProcessGroup;

/**
 * The gradients of a batch whose shares are with several ranks (the paper, section 3.3). Each rank
 * collects those of its own micro-batches; while its last one is still on its way back, those of
 * layers that are complete begin to travel, from the last layer to the first, which is the order in
 * which they become complete: sums are added over all ranks, factors told to all. Not thread-safe.
 */
final class GradientExchange implements GradientSink {
  private final ProcessGroup group;
  private final BatchGradients gradients;

  /** The arrays of each layer that is trained, from the last layer to the first. */
  private final Map<String, List<ParameterShape>> layers = new LinkedHashMap<>();

  /** Values that are not here yet, of each layer. */
  private final Map<String, Integer> missing = new LinkedHashMap<>();

  private final List<String> order;
  private int begun;
  private boolean last;

  /**
   * @param gradients where this rank's own are collected
   * @param frozen names of the layers whose gradients nobody wants
   */
  GradientExchange(
      Architecture architecture, ProcessGroup group, BatchGradients gradients, Set<String> frozen) {
    this.group = group;
    this.gradients = gradients;
    List<ParameterShape> shapes = new ArrayList<>(architecture.parameters());
    for (int i = shapes.size() - 1; i >= 0; i--) {
      ParameterShape shape = shapes.get(i);
      if (!frozen.contains(shape.layer())) {
        layers.computeIfAbsent(shape.layer(), name -> new ArrayList<>()).add(shape);
      }
    }
    this.order = List.copyOf(layers.keySet());
  }

  /** Says that the gradients that follow are those of the first micro-batch of a batch. */
  void begin() {
    begun = 0;
    last = false;
    layers.forEach(
        (name, shapes) ->
            missing.put(name, shapes.stream().mapToInt(ParameterShape::length).sum()));
  }

  /** Says that the gradients that follow are those of the last micro-batch of the batch. */
  void beginLast() {
    last = true;
  }

  @Override
  public void take(ParameterShape shape, int first, int count, float[] gradient) {
    gradients.take(shape, first, count, gradient);
    if (last && missing.computeIfPresent(shape.layer(), (name, values) -> values - count) != null) {
      beginComplete();
    }
  }

  @Override
  public boolean takeFactors(String layer, Factors factors) {
    boolean taken = gradients.takeFactors(layer, factors);
    if (taken && last && missing.computeIfPresent(layer, (name, values) -> 0) != null) {
      beginComplete();
    }
    return taken;
  }

  private void beginComplete() {
    while (begun < order.size() && missing.getOrDefault(order.get(begun), 0) == 0) {
      beginNext();
    }
  }

  private void beginNext() {
    String layer = order.get(begun++);
    List<Factors> factors = gradients.factors(layer);
    if (factors != null) {
      gather(factors);
      return;
    }
    for (ParameterShape shape : layers.getOrDefault(layer, List.of())) {
      group.beginSum(gradients.sums(shape.name()), 0, shape.length());
    }
  }

  /** Each part of a share with the same part of the other shares, which has as much room. */
  private void gather(List<Factors> factors) {
    int parts = gradients.partsOfShare();
    for (int part = 0; part < parts; part++) {
      List<float[]> inputs = new ArrayList<>();
      List<float[]> outputGradients = new ArrayList<>();
      for (int i = part; i < factors.size(); i += parts) {
        inputs.add(factors.get(i).input());
        outputGradients.add(factors.get(i).outputGradient());
      }
      group.beginGather(inputs, inputs.get(0).length);
      group.beginGather(outputGradients, outputGradients.get(0).length);
    }
  }

  /**
   * Waits until all gradients are those of the whole batch. A rank that had no samples, or whose
   * loss is no number and which has no gradients, takes part with what it has.
   */
  void finish() {
    while (begun < order.size()) {
      beginNext();
    }
    group.awaitAll();
  }
}
