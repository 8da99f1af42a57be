package org.vgg4j.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.GradientSink;
import org.vgg4j.network.GradientSums;
import org.vgg4j.parallel.ProcessGroup;

/**
 * The gradients of a batch whose shares are with several ranks (the paper, section 3.3). Each rank
 * sums those of its own micro-batches; while its last one is still on its way back, the layers that
 * are complete begin to be summed over all ranks, from the last layer to the first, which is the
 * order in which they become complete. Not thread-safe.
 */
final class GradientExchange implements GradientSink {
  private final ProcessGroup group;
  private final GradientSums sums;

  /** The arrays of each layer that is trained, from the last layer to the first. */
  private final Map<String, List<ParameterShape>> layers = new LinkedHashMap<>();

  /** Values that are not here yet, of each layer. */
  private final Map<String, Integer> missing = new LinkedHashMap<>();

  private final List<String> order;
  private int begun;
  private boolean last;

  /**
   * @param sums where this rank's own gradients are added up
   * @param frozen names of the layers whose gradients nobody wants
   */
  GradientExchange(
      Architecture architecture, ProcessGroup group, GradientSums sums, Set<String> frozen) {
    this.group = group;
    this.sums = sums;
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
    sums.take(shape, first, count, gradient);
    if (last && missing.computeIfPresent(shape.layer(), (name, values) -> values - count) != null) {
      while (begun < order.size() && missing.getOrDefault(order.get(begun), 0) == 0) {
        beginNext();
      }
    }
  }

  private void beginNext() {
    for (ParameterShape shape : layers.getOrDefault(order.get(begun), List.of())) {
      group.beginSum(sums.values(shape.name()), 0, shape.length());
    }
    begun++;
  }

  /**
   * Waits until all gradients are those of the whole batch. A rank that had no samples, or whose
   * loss is no number and which has no gradients, takes part with what it has.
   */
  void finish() {
    while (begun < order.size()) {
      beginNext();
    }
    group.awaitSums();
  }
}
