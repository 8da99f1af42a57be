package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.DeviceFailedException;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.cuda.kernels.Descent;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Target;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Networks;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.network.Precision;

/** Several emulated GPUs learn what one learns, bit for bit. */
@ExtendWith(Emulator.class)
class CudaGroupLearnerTest {
  private static final int CROP = 32;
  private static final int CLASSES = 10;
  private static final LearnerOptions.Descent PAPER = new LearnerOptions.Descent(0.9, 5e-4, true);
  private static final LearnerOptions.Descent FROZEN =
      new LearnerOptions.Descent(
          0.9,
          5e-2,
          false,
          Set.of("conv1_1", "bn1_1", "conv2_1", "bn3_1", "fc7"),
          Map.of("fc8", 10.0, "conv4_1", 0.5));

  private static Engine engine(String device) {
    return Engines.open(org.vgg4j.network.Device.of(device).in(Precision.BF16), 2);
  }

  private static void pose(int devices) {
    Emulator.pose(devices, 12040, 80, 1L << 30);
  }

  /** What is left of some steps. */
  private record Trained(
      List<Learner.Result> results, Map<String, float[]> weights, Map<String, float[]> velocities) {
    static Trained of(Learner learner, List<Learner.Result> results) {
      return new Trained(results, copy(learner.weights()), copy(learner.velocities()));
    }

    void requireSame(Trained expected) {
      assertThat(results).isEqualTo(expected.results);
      assertSame(weights, expected.weights);
      assertSame(velocities, expected.velocities);
    }
  }

  private static Map<String, float[]> copy(ParameterStore store) {
    Map<String, float[]> copies = new LinkedHashMap<>();
    for (ParameterShape shape : store.architecture().parameters()) {
      copies.put(shape.name(), store.values(shape.name()).clone());
    }
    return copies;
  }

  private static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
    expected.forEach((name, values) -> assertThat(actual.get(name)).as(name).isEqualTo(values));
  }

  /** A step with a batch whose last micro-batches may be smaller or empty. */
  private static Learner.Result step(Learner learner, int batch, int images, int number) {
    return step(learner, batch, images, number, true);
  }

  /**
   * @param stirs whether work that is left may run before the images come
   */
  private static Learner.Result step(
      Learner learner, int batch, int images, int number, boolean stirs) {
    Architecture network = learner.weights().architecture();
    float[] all = Networks.images(network, batch, 100 + number);
    List<Target> labels = Label.listOf(Networks.labels(network, batch, number));
    int size = learner.capacity();
    int[] parts = new int[(batch + size - 1) / size];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = Math.max(0, Math.min(size, images - size * i));
    }
    learner.begin(new Learner.Batch(parts, 0.01));
    if (stirs) {
      stir(learner);
    }
    float[] reused = new float[all.length / batch * size];
    for (int i = 0; i < parts.length && parts[i] > 0; i++) {
      int from = i * size;
      int to = from + parts[i];
      float[] part = Networks.part(network, all, from, to);
      System.arraycopy(part, 0, reused, 0, part.length);
      learner.add(reused, labels.subList(from, to), Networks.keys(7, number, from, parts[i]));
      Arrays.fill(reused, Float.NaN);
    }
    return learner.update();
  }

  /** With each new piece of work the emulator may do a piece of any waiting work: give it many. */
  private static void stir(Learner learner) {
    if (learner instanceof CudaGroupLearner group) {
      Context context = group.devices().get(0).gpu().context();
      try (CudaStream stream = CudaStream.create(context);
          DeviceMemory memory = DeviceMemory.allocate(context, 1)) {
        for (int i = 0; i < 5000; i++) {
          stream.clear(memory);
        }
        stream.synchronize();
      }
    }
  }

  /** All GPUs hold the same bits. */
  private static void requireSameOnAll(Learner learner) {
    if (learner instanceof CudaGroupLearner group) {
      Map<String, float[]> weights = copy(group.devices().get(0).weights());
      Map<String, float[]> velocities = copy(group.devices().get(0).velocities());
      for (TrainingDevice device : group.devices()) {
        assertSame(copy(device.weights()), weights);
        assertSame(copy(device.velocities()), velocities);
      }
    }
  }

  private static Learner learner(Engine engine, Configuration configuration, LearnerOptions how) {
    Architecture network = Networks.smallest(configuration, CROP, CLASSES);
    return engine.learner(Networks.random(network, 5), how, Exchange.ALONE);
  }

  /** A whole batch, and one that is three images smaller. */
  private static Trained trained(
      String device, Configuration configuration, int batch, int microBatch, boolean frozen) {
    LearnerOptions how = new LearnerOptions(batch, microBatch, 0.5, frozen ? FROZEN : PAPER);
    try (Engine engine = engine(device);
        Learner learner = learner(engine, configuration, how)) {
      List<Learner.Result> results =
          List.of(step(learner, batch, batch, 0), step(learner, batch, batch - 3, 1));
      requireSameOnAll(learner);
      return Trained.of(learner, results);
    }
  }

  /** With empty shares in the second batch, more micro-batches than GPUs, and fewer. */
  @ParameterizedTest
  @CsvSource({
    "A, 'cuda:0,1', 4, 2, false",
    "A, 'cuda:0,1,2,3', 4, 1, false",
    "A, 'cuda:3,1', 5, 1, false",
    "A_BN, 'cuda:0,1', 7, 4, false",
    "A_BN, 'cuda:0,1,2,3', 5, 2, false",
    "A_BN, 'cuda:0,1', 5, 2, true",
    "A, 'cuda:0,1,2,3', 5, 2, true",
  })
  void severalLearnWhatOneDoes(
      Configuration configuration, String device, int batch, int microBatch, boolean frozen) {
    pose(4);
    Trained expected = trained("cuda:0", configuration, batch, microBatch, frozen);
    trained(device, configuration, batch, microBatch, frozen).requireSame(expected);
    Emulator.seed(4711);
    trained(device, configuration, batch, microBatch, frozen).requireSame(expected);
  }

  /**
   * Its sums of a batch are still read by its step when those of the next one come: soonest where
   * gradients are clipped, since then all of the step comes after all of the sums.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aGpuWithoutAMicroBatchMakesEachStepWithItsOwnSums(long seed) {
    pose(2);
    LearnerOptions.Descent clipping =
        new LearnerOptions.Descent(0.9, 5e-4, true, Set.of(), Map.of(), 0.1);
    LearnerOptions how = new LearnerOptions(2, 1, 0, clipping);
    List<Trained> trained = new ArrayList<>();
    for (String device : List.of("cuda:0", "cuda:0,1")) {
      Emulator.seed(seed);
      try (Engine engine = engine(device);
          Learner learner = learner(engine, Configuration.A, how)) {
        List<Learner.Result> results = new ArrayList<>();
        for (int number = 0; number < 3; number++) {
          results.add(step(learner, 2, 1, number, false));
        }
        requireSameOnAll(learner);
        trained.add(Trained.of(learner, results));
      }
    }
    trained.get(1).requireSame(trained.get(0));
  }

  /** Layers whose factors are exchanged, above maps of 2x2 and above their means. */
  @ParameterizedTest
  @CsvSource({"'100,23', none", "100, average"})
  void severalLearnOtherHeads(String head, String pooling) {
    pose(2);
    Architecture network =
        Networks.smallest(Configuration.A, 64, CLASSES, HeadLayers.of(head, pooling));
    LearnerOptions how = new LearnerOptions(2, 1, 0.5, PAPER);
    List<Trained> trained = new ArrayList<>();
    for (String device : List.of("cuda:0", "cuda:0,1")) {
      try (Engine engine = engine(device);
          Learner learner = engine.learner(Networks.random(network, 5), how, Exchange.ALONE)) {
        trained.add(Trained.of(learner, List.of(step(learner, 2, 2, 0))));
        requireSameOnAll(learner);
      }
    }
    trained.get(1).requireSame(trained.get(0));
  }

  @Test
  void weightsAndVelocitiesThatAreWrittenReachAll() {
    pose(2);
    LearnerOptions how = new LearnerOptions(4, 2, 0.5, PAPER);
    try (Engine engine = engine("cuda:0,1");
        Learner whole = learner(engine, Configuration.A_BN, how);
        Learner resumed = learner(engine, Configuration.A_BN, how)) {
      Learner.Result unused = step(whole, 4, 4, 0);
      Learner.Result unusedToo = step(resumed, 4, 4, 8);
      copy(whole.weights()).forEach((name, values) -> write(resumed.weights(), name, values));
      copy(whole.velocities()).forEach((name, values) -> write(resumed.velocities(), name, values));
      requireSameOnAll(resumed);
      Learner.Result expected = step(whole, 4, 4, 1);
      Learner.Result actual = step(resumed, 4, 4, 1);
      Trained.of(resumed, List.of(actual)).requireSame(Trained.of(whole, List.of(expected)));
      float[] images = Networks.images(whole.weights().architecture(), 1, 3);
      assertThat(resumed.posteriors(images, 1)).isEqualTo(whole.posteriors(images, 1));
    }
  }

  private static void write(ParameterStore store, String name, float[] values) {
    store.change(name, array -> System.arraycopy(values, 0, array, 0, values.length));
  }

  /** Whichever micro-batch it is in; and the next step is as if there had been none. */
  @Test
  void aLossThatIsNoNumberChangesNothingAnywhere() {
    pose(2);
    LearnerOptions how = new LearnerOptions(4, 1, 0, PAPER);
    for (int wrong : new int[] {1, 2}) {
      try (Engine engine = engine("cuda:0,1");
          Learner learner = learner(engine, Configuration.A, how);
          Learner expected = learner(engine, Configuration.A, how)) {
        Architecture network = learner.weights().architecture();
        learner.begin(new Learner.Batch(new int[] {1, 1, 1, 1}, 0.1));
        for (int i = 0; i < 4; i++) {
          float[] images = Networks.images(network, 1, i);
          if (i == wrong) {
            Arrays.fill(images, Float.NaN);
          }
          learner.add(images, Label.listOf(new int[1]), Networks.keys(1, 1, i, 1));
        }
        assertThat(learner.update().lossSum()).isNaN();
        requireSameOnAll(learner);
        Trained.of(learner, List.of()).requireSame(Trained.of(expected, List.of()));
        Learner.Result after = step(learner, 4, 4, 1);
        Learner.Result without = step(expected, 4, 4, 1);
        Trained.of(learner, List.of(after)).requireSame(Trained.of(expected, List.of(without)));
      }
    }
  }

  /** A kernel writes where nothing is: the GPU refuses everything from then on. */
  @Test
  void anErrorOnOneGpuComesToTheCaller() {
    pose(2);
    LearnerOptions how = new LearnerOptions(4, 2, 0, PAPER);
    CudaEngine engine = (CudaEngine) engine("cuda:0,1");
    Learner learner = learner(engine, Configuration.A, how);
    Gpu second = engine.gpus().get(1);
    CudaStream stream = CudaStream.create(second.context());
    assertThatThrownBy(
            () -> {
              new Descent(second.library()).addSlices(stream, 4096, 1, 4096, 64, true);
              Learner.Result unused = step(learner, 4, 4, 0);
            })
        .isInstanceOf(DeviceFailedException.class)
        .hasMessageContaining("add_slices");
    assertThatThrownBy(learner::close).isInstanceOf(DeviceFailedException.class);
    assertThatThrownBy(engine::close).isInstanceOf(DeviceFailedException.class);
    engine.close(); // does nothing
  }

  @Test
  void mistakesAreRefusedAndLeaveNothing() {
    pose(2);
    try (Engine engine = engine("cuda:0,1")) {
      LearnerOptions how = new LearnerOptions(4, 2, 0, PAPER);
      assertThatThrownBy(
              () -> learner(engine, Configuration.A, new LearnerOptions(4, 2, 1.5, PAPER)))
          .isInstanceOf(InputException.class);
      try (Learner learner = learner(engine, Configuration.A, how)) {
        float[] images = Networks.images(learner.weights().architecture(), 4, 1);
        learner.begin(new Learner.Batch(new int[] {2, 2}, 0.1));
        assertThatThrownBy(
                () -> learner.add(images, Label.listOf(new int[1]), Networks.keys(1, 1, 0, 1)))
            .isInstanceOf(IllegalStateException.class);
      }
      assertThat(((CudaEngine) engine).allocatedBytes()).isZero();
    }
  }

  /** Each takes what was planned; the plan is for the one with the least memory. */
  @Test
  void memoryIsThatOfEach() {
    pose(3);
    Architecture network = Networks.smallest(Configuration.D_BN, 64, CLASSES);
    try (Engine engine = engine("cuda:0,1,2")) {
      long planned = engine.memory().training(network, 2, 6).total();
      assertThat(engine.memory().devices()).isEqualTo(3);
      LearnerOptions how = new LearnerOptions(6, 2, 0, FROZEN);
      try (Learner learner = engine.learner(Networks.random(network, 5), how, Exchange.ALONE)) {
        assertThat(learner.memory().total()).isEqualTo(planned);
        assertThat(((CudaEngine) engine).allocatedBytes()).isEqualTo(3 * planned);
      }
      assertThat(((CudaEngine) engine).allocatedBytes()).isZero();
    }
    Emulator.poseDevice(1, 80, 1020L << 20);
    try (Engine engine = engine("cuda:0,1,2")) {
      assertThat(engine.memory().limit()).isEqualTo(1020L << 20);
      assertThat(engine.memory().name()).isEqualTo("the free memory of cuda:1 (vgg4j emulator)");
    }
  }
}
