package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Label;
import org.vgg4j.model.LabelSet;
import org.vgg4j.model.MixedLabel;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Target;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Networks;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.network.Precision;

/**
 * Class weights, smoothed labels, mixtures and sets of labels: on the emulated GPU as on the CPU.
 */
@ExtendWith(Emulator.class)
class CudaTargetTest {
  /** Odd, so that shares lie at multiples of 8 bytes, or of 4 alone, as images are odd or even. */
  private static final int CROP = 33;

  private static final int CLASSES = 5;
  private static final int BATCH = 3;
  private static final Architecture NETWORK = Networks.smallest(Configuration.A, CROP, CLASSES);

  private static LearnerOptions options(int microBatch, boolean weighted, double smoothing) {
    List<Double> weights = weighted ? List.of(0.3, 2.5, 1.0, 0.7, 4.0) : List.of();
    return new LearnerOptions(
        BATCH,
        microBatch,
        0.5,
        new LearnerOptions.Descent(0.9, 5e-4, true),
        BoxLoss.SQUARED,
        new ClassLoss(weights, smoothing),
        false);
  }

  private static List<Target> targets(int step, Task task) {
    Random random = new Random(step);
    List<Target> targets = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      if (task.isLabels()) {
        float[] shown = new float[CLASSES];
        for (int k = 0; k < CLASSES; k++) {
          int kind = random.nextInt(4);
          shown[k] = kind == 3 ? LabelSet.UNKNOWN : kind == 2 ? random.nextFloat() : kind;
        }
        targets.add(new LabelSet(shown));
        continue;
      }
      int label = random.nextInt(CLASSES);
      int other = random.nextInt(CLASSES);
      targets.add(
          i == step % BATCH ? new Label(label) : new MixedLabel(label, other, random.nextDouble()));
    }
    return targets;
  }

  private static Learner learner(Engine engine, LearnerOptions options, Task task) {
    return engine.learner(Networks.random(NETWORK.withTask(task), 5), options, Exchange.ALONE);
  }

  private static Learner.Result step(Learner learner, int number) {
    float[] images = Networks.images(NETWORK, BATCH, 100 + number);
    List<Target> targets = targets(number, learner.weights().architecture().task());
    int size = learner.capacity();
    int[] parts = new int[(BATCH + size - 1) / size];
    Arrays.fill(parts, size);
    parts[parts.length - 1] = BATCH - size * (parts.length - 1);
    learner.begin(new Learner.Batch(parts, 0.01));
    for (int i = 0; i < parts.length; i++) {
      int from = i * size;
      int to = from + parts[i];
      learner.add(
          Networks.part(NETWORK, images, from, to),
          targets.subList(from, to),
          Networks.keys(7, number, from, parts[i]));
    }
    return learner.update();
  }

  /** The first step's velocities are its gradients; the third is made by the second's graphs. */
  @ParameterizedTest
  @CsvSource({
    "CLASSIFICATION, 3, true, 0.1, 3",
    "CLASSIFICATION, 2, true, 0, 1",
    "CLASSIFICATION, 1, false, 0.2, 1",
    "LABELS, 3, true, 0.1, 3",
    "LABELS, 2, false, 0, 1"
  })
  void stepsAreTheCpus(Task task, int microBatch, boolean weighted, double smoothing, int steps) {
    LearnerOptions options = options(microBatch, weighted, smoothing);
    try (Engine gpu = Devices.gpu(Precision.FP32);
        Engine cpu = Devices.cpu();
        Learner actual = learner(gpu, options, task);
        Learner expected = learner(cpu, options, task)) {
      for (int i = 0; i < steps; i++) {
        Learner.Result wanted = step(expected, i);
        Learner.Result got = step(actual, i);
        assertThat(got.lossSum()).isCloseTo(wanted.lossSum(), withPercentage(0.1));
        assertThat(got.correct()).isEqualTo(wanted.correct());
        for (ParameterShape shape : NETWORK.parameters()) {
          float[] moved = actual.velocities().values(shape.name());
          float[] reference = expected.velocities().values(shape.name());
          assertThat(Networks.relativeDistance(moved, reference))
              .as("step %d of %s", i, shape.name())
              .isLessThan(i == 0 ? 2e-4 : 2e-3);
        }
      }
    }
  }

  private record Trained(Learner.Result result, Map<String, float[]> weights) {
    static Trained on(String device, LearnerOptions options, Task task) {
      Device named = Device.of(device).in(Precision.BF16);
      try (Engine engine = Engines.open(named, 2);
          Learner learner = learner(engine, options, task)) {
        Learner.Result result = step(learner, 0);
        ParameterStore store = learner.weights();
        Map<String, float[]> copies = new LinkedHashMap<>();
        for (ParameterShape shape : NETWORK.parameters()) {
          copies.put(shape.name(), store.values(shape.name()).clone());
        }
        return new Trained(result, copies);
      }
    }

    void requireSame(Trained expected) {
      assertThat(result).isEqualTo(expected.result);
      expected.weights.forEach(
          (name, values) -> assertThat(weights.get(name)).as(name).isEqualTo(values));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CLASSIFICATION", "LABELS"})
  void anyOrderOfThreadsAndAnyNumberOfGpusGiveTheSameBytes(Task task) {
    Emulator.pose(2, 12040, 80, 1L << 30);
    LearnerOptions options = options(1, true, 0.1);
    Trained expected = Trained.on("cuda:0", options, task);
    Emulator.seed(12345);
    Trained.on("cuda:0", options, task).requireSame(expected);
    Trained.on("cuda:0,1", options, task).requireSame(expected);
  }
}
