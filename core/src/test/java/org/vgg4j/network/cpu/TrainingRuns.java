package org.vgg4j.network.cpu;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Learner;
import org.vgg4j.network.Networks;

/** Passes of training over a seeded batch, and the gradients that they leave. */
final class TrainingRuns {
  private TrainingRuns() {}

  /** Trains on images {@code from} to {@code to} of a batch of six, which are always the same. */
  static Learner.Result run(
      Training training,
      Architecture architecture,
      int from,
      int to,
      int epoch,
      GradientSink sink) {
    float[] images = Networks.images(architecture, 6, 2);
    int[] labels = Networks.labels(architecture, 6, 3);
    return training.run(
        Networks.part(architecture, images, from, to),
        Label.listOf(Arrays.copyOfRange(labels, from, to)),
        1f / 6,
        Networks.keys(9, epoch, 100 + from, to - from),
        sink);
  }

  /** The gradients of all parameters, copied. */
  static Map<String, float[]> copy(Architecture architecture, GradientSums sums) {
    Map<String, float[]> copies = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      copies.put(shape.name(), sums.values(shape.name()).clone());
    }
    return copies;
  }
}
