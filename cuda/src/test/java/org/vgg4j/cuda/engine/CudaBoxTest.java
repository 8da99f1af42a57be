package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.cuda.kernels.Family;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.BoxTarget;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Target;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Networks;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.network.Precision;

/** Networks that find boxes learn on the emulated GPU what they learn on the CPU. */
@ExtendWith(Emulator.class)
class CudaBoxTest {
  /** Odd, so that boxes lie at multiples of 8 bytes, or of 4 alone, as images are odd or even. */
  private static final int CROP = 33;

  private static final int CLASSES = 21;
  private static final int BATCH = 3;

  private static final LearnerOptions.Descent PAPER = new LearnerOptions.Descent(0.9, 5e-4, true);

  private static Architecture network(Task form) {
    return Networks.smallest(Configuration.A, CROP, CLASSES).withTask(form);
  }

  private static LearnerOptions options(int microBatch, BoxLoss loss) {
    return new LearnerOptions(BATCH, microBatch, 0.5, PAPER, loss);
  }

  private static Learner learner(Engine engine, Task form, LearnerOptions options) {
    return engine.learner(Networks.random(network(form), 5), options, Exchange.ALONE);
  }

  private static List<Target> boxes(int step) {
    Random random = new Random(step);
    List<Target> boxes = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      boxes.add(
          new BoxTarget(
              random.nextInt(CLASSES),
              random.nextDouble(),
              random.nextDouble(),
              0.1 + random.nextDouble(),
              0.5 + random.nextDouble()));
    }
    return boxes;
  }

  private static Learner.Result step(Learner learner, int number) {
    Architecture network = learner.weights().architecture();
    float[] images = Networks.images(network, BATCH, 100 + number);
    List<Target> boxes = boxes(number);
    int size = learner.capacity();
    int[] parts = new int[(BATCH + size - 1) / size];
    Arrays.fill(parts, size);
    parts[parts.length - 1] = BATCH - size * (parts.length - 1);
    learner.begin(new Learner.Batch(parts, 0.01));
    for (int i = 0; i < parts.length; i++) {
      int from = i * size;
      int to = from + parts[i];
      learner.add(
          Networks.part(network, images, from, to),
          boxes.subList(from, to),
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

  /** The first step's velocities are its gradients; the third is made by the second's graphs. */
  @ParameterizedTest
  @CsvSource({
    "SINGLE_BOX, SQUARED, 3, AMPERE, 3",
    "SINGLE_BOX, GIOU, 1, AMPERE, 1",
    "BOX_PER_CLASS, SQUARED, 2, AMPERE, 1",
    "BOX_PER_CLASS, GIOU, 3, HOPPER, 3"
  })
  void stepsAreTheCpus(Task form, BoxLoss loss, int microBatch, Family family, int steps) {
    Emulator.pose(family);
    LearnerOptions options = options(microBatch, loss);
    try (Engine gpu = Devices.gpu(Precision.FP32);
        Engine cpu = Devices.cpu();
        Learner actual = learner(gpu, form, options);
        Learner expected = learner(cpu, form, options)) {
      for (int i = 0; i < steps; i++) {
        Learner.Result wanted = step(expected, i);
        Learner.Result got = step(actual, i);
        assertThat(got.lossSum()).isCloseTo(wanted.lossSum(), withPercentage(0.1));
        assertThat(got.correct()).isEqualTo(wanted.correct());
        for (ParameterShape shape : network(form).parameters()) {
          float[] moved = actual.velocities().values(shape.name());
          float[] reference = expected.velocities().values(shape.name());
          assertThat(Networks.relativeDistance(moved, reference))
              .as("step %d of %s", i, shape.name())
              .isLessThan(i == 0 ? 2e-4 : 2e-3);
        }
      }
      if (microBatch == BATCH) {
        assertThat(((CudaLearner) actual).graphs()).isEqualTo(2);
      }
    }
  }

  private record Trained(List<Learner.Result> results, Map<String, float[]> weights) {
    static Trained on(String device, Task form, LearnerOptions options, int steps) {
      Device named = Device.of(device).in(Precision.BF16);
      try (Engine engine = Engines.open(named, 2);
          Learner learner = learner(engine, form, options)) {
        List<Learner.Result> results = new ArrayList<>();
        for (int i = 0; i < steps; i++) {
          results.add(step(learner, i));
        }
        return new Trained(results, copy(learner.weights()));
      }
    }

    void requireSame(Trained expected) {
      assertThat(results).isEqualTo(expected.results);
      expected.weights.forEach(
          (name, values) -> assertThat(weights.get(name)).as(name).isEqualTo(values));
    }
  }

  @Test
  void anyOrderOfThreadsAndAnyNumberOfGpusGiveTheSameBytes() {
    Emulator.pose(2, 12040, 80, 1L << 30);
    LearnerOptions options = options(1, BoxLoss.GIOU);
    Trained expected = Trained.on("cuda:0", Task.BOX_PER_CLASS, options, 1);
    Emulator.seed(12345);
    Trained.on("cuda:0", Task.BOX_PER_CLASS, options, 1).requireSame(expected);
    Trained.on("cuda:0,1", Task.BOX_PER_CLASS, options, 1).requireSame(expected);
  }

  @Test
  void theSameStepsByGraphsGiveTheSameBytes() {
    LearnerOptions options = options(BATCH, BoxLoss.SQUARED);
    Trained expected = Trained.on("cuda:0", Task.SINGLE_BOX, options, 3);
    Emulator.seed(12345);
    Trained.on("cuda:0", Task.SINGLE_BOX, options, 3).requireSame(expected);
  }

  /** Three images: the first of two processes has two of them, the other one. */
  @Test
  void twoProcessesLearnWhatOneDoes() throws Exception {
    LearnerOptions options = options(2, BoxLoss.SQUARED);
    Architecture network = network(Task.BOX_PER_CLASS);
    float[] images = Networks.images(network, BATCH, 100);
    TwoRanks pair = new TwoRanks();
    try (Engine gpu = Devices.gpu(Precision.BF16);
        Learner alone = learner(gpu, Task.BOX_PER_CLASS, options);
        Learner first = gpu.learner(Networks.random(network, 5), options, pair.new End(0));
        Learner second = gpu.learner(Networks.random(network, 5), options, pair.new End(1))) {
      Learner.Result expected = step(alone, 0);
      Learner.Batch batch = new Learner.Batch(new int[] {2, 1}, 0.01);
      first.begin(batch);
      second.begin(batch);
      first.add(
          Networks.part(network, images, 0, 2), boxes(0).subList(0, 2), Networks.keys(7, 0, 0, 2));
      second.add(
          Networks.part(network, images, 2, 3), boxes(0).subList(2, 3), Networks.keys(7, 0, 2, 1));
      CompletableFuture<Learner.Result> other = CompletableFuture.supplyAsync(second::update);
      assertThat(first.update()).isEqualTo(expected);
      assertThat(other.get()).isEqualTo(expected);
      copy(alone.weights())
          .forEach(
              (name, values) -> {
                assertThat(first.weights().values(name)).as(name).isEqualTo(values);
                assertThat(second.weights().values(name)).as(name).isEqualTo(values);
              });
    }
  }

  @Test
  void aLossThatIsNoNumberChangesNothing() {
    for (BoxLoss loss : BoxLoss.values()) {
      try (Engine gpu = Devices.gpu(Precision.BF16);
          Learner learner = learner(gpu, Task.BOX_PER_CLASS, options(BATCH, loss))) {
        int label = ((BoxTarget) boxes(0).get(1)).label();
        learner.weights().change("classifier.6.bias", values -> values[4 * label + 3] = Float.NaN);
        Map<String, float[]> before = copy(learner.weights());
        assertThat(step(learner, 0).lossSum()).isNaN();
        before.forEach(
            (name, values) ->
                assertThat(learner.weights().values(name)).as(name).isEqualTo(values));
      }
    }
  }

  @Test
  void memoryIsWhatWasPlanned() {
    for (Task form : List.of(Task.SINGLE_BOX, Task.BOX_PER_CLASS)) {
      try (Engine gpu = Devices.gpu(Precision.BF16)) {
        long planned = gpu.memory().training(network(form), 2, BATCH).total();
        try (Learner learner = learner(gpu, form, options(2, BoxLoss.SQUARED))) {
          assertThat(learner.memory().total()).isEqualTo(planned);
          assertThat(((CudaEngine) gpu).allocatedBytes()).isEqualTo(planned);
        }
        assertThat(((CudaEngine) gpu).allocatedBytes()).isZero();
      }
    }
  }

  @Test
  void targetsOfAnotherKindOrClassAreRefused() {
    try (Engine gpu = Devices.gpu(Precision.BF16);
        Learner learner = learner(gpu, Task.BOX_PER_CLASS, options(1, BoxLoss.SQUARED))) {
      float[] images = Networks.images(network(Task.BOX_PER_CLASS), 1, 1);
      learner.begin(new Learner.Batch(new int[] {1, 1, 1}, 0.1));
      assertThatThrownBy(
              () -> learner.add(images, Label.listOf(new int[1]), Networks.keys(1, 1, 0, 1)))
          .hasMessageStartingWith("localisation needs boxes, not Label");
      assertThatThrownBy(() -> learner.posteriors(images, 1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("are boxes");
    }
    try (Engine gpu = Devices.gpu(Precision.BF16);
        Learner learner = learner(gpu, Task.BOX_PER_CLASS, options(1, BoxLoss.SQUARED))) {
      float[] images = Networks.images(network(Task.BOX_PER_CLASS), 1, 1);
      List<Target> beyond = List.of(new BoxTarget(CLASSES, 0.5, 0.5, 0.5, 0.5));
      learner.begin(new Learner.Batch(new int[] {1, 1, 1}, 0.1));
      assertThatThrownBy(() -> learner.add(images, beyond, Networks.keys(1, 1, 0, 1)))
          .hasMessage("label 21, but the network has 21 classes");
    }
  }
}
