package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Target;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Networks;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.network.Precision;

/** Training steps on the emulated GPU, beside the CPU's and PyTorch's. */
@ExtendWith(Emulator.class)
class CudaLearnerTest {
  private static final int BATCH = 6;
  private static final int CROP = 40;
  private static final int CLASSES = 10;

  /** A step that leaves in the velocities what the gradient is, times -1. */
  private static final LearnerOptions.Descent GRADIENTS = new LearnerOptions.Descent(0, 0, false);

  private static final LearnerOptions.Descent PAPER = new LearnerOptions.Descent(0.9, 5e-4, true);

  private static LearnerOptions options(int microBatch, double dropout, LearnerOptions.Descent of) {
    return new LearnerOptions(BATCH, microBatch, dropout, of);
  }

  private static Learner learner(Engine engine, Architecture network, LearnerOptions options) {
    return engine.learner(Networks.random(network, 5), options, Exchange.ALONE);
  }

  private static Learner.Result step(
      Learner learner, Architecture network, int number, double rate) {
    float[] images = Networks.images(network, BATCH, 100 + number);
    List<Target> labels = Label.listOf(Networks.labels(network, BATCH, number));
    int size = learner.capacity();
    int[] parts = new int[(BATCH + size - 1) / size];
    Arrays.fill(parts, size);
    parts[parts.length - 1] = BATCH - size * (parts.length - 1);
    learner.begin(new Learner.Batch(parts, rate));
    for (int i = 0; i < parts.length; i++) {
      int from = i * size;
      int to = from + parts[i];
      learner.add(
          Networks.part(network, images, from, to),
          labels.subList(from, to),
          Networks.keys(7, number, from, parts[i]));
    }
    return learner.update();
  }

  private static Map<String, float[]> copy(ParameterStore store) {
    Map<String, float[]> copies = new LinkedHashMap<>();
    for (ParameterShape shape : store.architecture().parameters()) {
      copies.put(shape.name(), store.values(shape.name()).clone());
    }
    return copies;
  }

  private record Gradients(Learner.Result result, Map<String, float[]> values) {}

  private static Gradients gradients(Engine engine, Architecture network, LearnerOptions options) {
    try (Learner learner = learner(engine, network, options)) {
      Learner.Result result = step(learner, network, 0, 1);
      return new Gradients(result, copy(learner.velocities()));
    }
  }

  /** Distance of all gradients together, and of the worst parameter. */
  private static void assertClose(
      Architecture network, Gradients actual, Gradients expected, double allowed) {
    assertThat(actual.result().lossSum())
        .isCloseTo(expected.result().lossSum(), withPercentage(100 * allowed));
    for (ParameterShape shape : network.parameters()) {
      float[] reference = expected.values().get(shape.name());
      if (Networks.isBeforeNorm(network, shape)) {
        continue; // zero but for rounding
      }
      assertThat(Networks.relativeDistance(actual.values().get(shape.name()), reference))
          .as("gradient with respect to %s of %s", shape.name(), shape.layer())
          .isLessThan(allowed);
    }
  }

  @ParameterizedTest
  @EnumSource(Configuration.class)
  void gradientsOfTheFamilyAreTheCpus(Configuration configuration) {
    Architecture network = Networks.smallest(configuration, CROP, CLASSES);
    LearnerOptions options = options(BATCH, 0.5, GRADIENTS);
    try (Engine gpu = Devices.gpu(Precision.FP32);
        Engine cpu = Devices.cpu()) {
      Gradients expected = gradients(cpu, network, options);
      Gradients actual = gradients(gpu, network, options);
      assertClose(network, actual, expected, 1e-3);
    }
  }
}
