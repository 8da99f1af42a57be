package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.Precision;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Networks;

/** Passes step by step, as graphs and with results in pieces: always the same bits. */
@ExtendWith(Emulator.class)
class MapPassTest {
  private static final int CROP = 32;
  private static final Set<String> TAPS = Set.of("relu1_1", "pool3", "fc7");

  private final Architecture architecture = Networks.smallest(Configuration.A, CROP, 10);
  private Context context;
  private HostThreads threads;

  @BeforeEach
  void open() {
    context = Context.open(Driver.open().device(0));
    threads = new HostThreads(2);
  }

  @AfterEach
  void close() {
    threads.close();
    context.close();
  }

  private Gpu gpu(Precision precision) {
    return new Gpu(context, new KernelLibrary(context), precision);
  }

  private MapPass pass(Gpu gpu, NetworkWeights weights, Set<String> taps, long mostResults) {
    String last = CudaMemory.lastTap(architecture);
    return new MapPass(gpu, threads, architecture, weights.layers(), taps, last, mostResults);
  }

  private Map<String, float[]> run(MapPass pass, int count) {
    Map<String, float[]> values = new LinkedHashMap<>();
    float[] images = Networks.images(architecture, count, 3);
    pass.run(images, count, CROP, CROP)
        .forEach((name, output) -> values.put(name, output.values()));
    return values;
  }

  private static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual).containsOnlyKeys(expected.keySet());
    expected.forEach((name, values) -> assertThat(actual.get(name)).as(name).isEqualTo(values));
  }

  @ParameterizedTest
  @EnumSource
  void theSecondPassOfAShapeIsCapturedAndGivesTheSameBits(Precision precision) {
    Gpu gpu = gpu(precision);
    try (NetworkWeights weights = NetworkWeights.load(gpu, Networks.random(architecture, 1));
        MapPass pass = pass(gpu, weights, TAPS, Results.MOST)) {
      pass.reserveCrops(3);
      Map<String, float[]> three = run(pass, 3);
      assertThat(three).containsOnlyKeys("relu1_1", "pool3", "fc7", "fc8");
      assertThat(pass.graphs()).isZero();
      Map<String, float[]> one = run(pass, 1);
      assertThat(three.get("fc8")).startsWith(one.get("fc8"));
      assertSame(run(pass, 3), three);
      assertThat(pass.graphs()).isEqualTo(1);
      assertThat(pass.stageNanos()).containsOnlyKeys(pass.work(3, CROP, CROP).keySet());
      assertSame(run(pass, 1), one);
      assertThat(pass.graphs()).isEqualTo(2);
      for (int i = 0; i < 2; i++) {
        assertSame(run(pass, 3), three);
        assertSame(run(pass, 1), one);
        assertThat(pass.stageNanos()).isEqualTo(pass.stageNanos()).isNotEmpty();
      }
      assertThat(pass.graphs()).isEqualTo(2);

      Map<String, float[]> unused = run(pass, 4); // takes more memory
      assertThat(pass.graphs()).isZero();
      for (int i = 0; i < 2; i++) {
        assertSame(run(pass, 3), three);
      }
      assertThat(pass.graphs()).isEqualTo(1);
      pass.release();
      assertThat(pass.graphs()).isZero();
      assertThat(pass.stageNanos()).isEmpty();
      assertSame(run(pass, 3), three);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, RepeatedWork.TRIES})
  void aPassThatIsNotCapturedIsEnqueuedPieceByPiece(int times) {
    Gpu gpu = gpu(Precision.BF16);
    try (NetworkWeights weights = NetworkWeights.load(gpu, Networks.random(architecture, 1));
        MapPass pass = pass(gpu, weights, TAPS, Results.MOST)) {
      Map<String, float[]> expected = run(pass, 2);
      Emulator.breakCaptures(times);
      for (int i = 0; i < times; i++) {
        assertSame(run(pass, 2), expected);
        assertThat(pass.graphs()).isZero();
      }
      for (int i = 0; i < 2; i++) {
        assertSame(run(pass, 2), expected);
        assertThat(pass.graphs()).isEqualTo(times < RepeatedWork.TRIES ? 1 : 0);
      }
    }
  }

  /** Back and forth, each with a graph of its own. */
  @Test
  void onlyWhatIsWantedIsCopied() {
    Gpu gpu = gpu(Precision.BF16);
    try (NetworkWeights weights = NetworkWeights.load(gpu, Networks.random(architecture, 1));
        MapPass pass = pass(gpu, weights, TAPS, Results.MOST)) {
      Map<String, float[]> all = run(pass, 2);
      for (int i = 0; i < 3; i++) {
        pass.copyOnly(Set.of());
        Map<String, float[]> scores = run(pass, 2);
        assertThat(scores).containsOnlyKeys("fc8");
        assertThat(scores.get("fc8")).isEqualTo(all.get("fc8"));
        pass.copyOnly(TAPS);
        assertSame(run(pass, 2), all);
      }
      assertThat(pass.graphs()).isEqualTo(2);
    }
  }

  @Test
  void onlySomeShapesAreKept() {
    Gpu gpu = gpu(Precision.BF16);
    try (NetworkWeights weights = NetworkWeights.load(gpu, Networks.random(architecture, 1));
        MapPass pass = pass(gpu, weights, Set.of(), Results.MOST)) {
      pass.reserveCrops(17);
      Map<String, float[]> one = run(pass, 1);
      assertSame(run(pass, 1), one);
      assertThat(pass.graphs()).isEqualTo(1);
      for (int count = 2; count <= 17; count++) {
        assertThat(run(pass, count).get("fc8")).startsWith(one.get("fc8"));
      }
      assertThat(pass.graphs()).isZero();
      assertSame(run(pass, 1), one);
    }
  }

  @Test
  void resultsThatDoNotFitComeInPieces() {
    Gpu gpu = gpu(Precision.BF16);
    try (NetworkWeights weights = NetworkWeights.load(gpu, Networks.random(architecture, 1));
        MapPass pass = pass(gpu, weights, TAPS, Results.MOST);
        MapPass inPieces = pass(gpu, weights, TAPS, 4 * 100)) {
      Map<String, float[]> expected = run(pass, 2);
      for (int i = 0; i < 3; i++) {
        assertSame(run(inPieces, 2), expected);
      }
      assertThat(inPieces.graphs()).isZero();
    }
  }
}
