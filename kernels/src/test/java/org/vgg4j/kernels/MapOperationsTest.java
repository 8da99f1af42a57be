package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pooling, LRN, flattening and dropout against their definitions. */
@ParameterizedClass
@MethodSource("org.vgg4j.kernels.TestedKernels#all")
class MapOperationsTest {
  @Parameter TestedKernels tested;

  private final Workers workers = Threads.workers(2);

  /** A layout and a number of images. */
  record Case(MapLayout map, int images) {
    Random random() {
      return new Random(31L * map.hashCode() + images);
    }

    int values() {
      return images * map.channels() * map.height() * map.width();
    }
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    cases.add(new Case(new MapLayout(16, 1, 1), 2));
    cases.add(new Case(new MapLayout(32, 1, 7), 1));
    cases.add(new Case(new MapLayout(16, 2, 2), 5));
    cases.add(new Case(new MapLayout(16, 3, 3), 1));
    cases.add(new Case(new MapLayout(16, 20, 20), 1));
    cases.add(new Case(new MapLayout(64, 17, 70), 1));
    cases.add(new Case(new MapLayout(32, 8, 33), 3));
    Random random = new Random(2);
    while (cases.size() < 30) {
      MapLayout map =
          new MapLayout(
              16 * (1 + random.nextInt(4)), 1 + random.nextInt(20), 1 + random.nextInt(20));
      cases.add(new Case(map, 1 + random.nextInt(5)));
    }
    return cases;
  }

  static List<Case> poolableCases() {
    return cases().stream().filter(c -> c.map().height() > 1 && c.map().width() > 1).toList();
  }

  /** The paper's constants, and others that a sloppy kernel would get wrong. */
  static List<LrnShape> lrnShapes() {
    List<LrnShape> shapes = new ArrayList<>();
    for (Case c : cases()) {
      shapes.add(new LrnShape(c.map(), 5, 2f, 1e-4f, 0.75f));
    }
    MapLayout map = new MapLayout(48, 3, 5);
    shapes.add(new LrnShape(map, 5, 2f, 0.3f, 0.75f));
    shapes.add(new LrnShape(map, 3, 1f, 0.5f, 0.5f));
    shapes.add(new LrnShape(map, 1, 1f, 0.5f, 0.75f));
    shapes.add(new LrnShape(new MapLayout(16, 2, 2), 9, 1f, 0.2f, 1.5f));
    return shapes;
  }

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  private static MapLayout half(MapLayout map) {
    return new MapLayout(map.channels(), map.height() / 2, map.width() / 2);
  }

  @ParameterizedTest
  @MethodSource("poolableCases")
  void maxPoolTakesTheLargestAndTheFirstOfEquals(Case c) {
    // few different values, so that most windows have ties
    float[] plain = new float[c.values()];
    Random random = c.random();
    for (int i = 0; i < plain.length; i++) {
      plain[i] = random.nextInt(3);
    }
    MapLayout half = half(c.map());
    float[] pooled = Maps.garbage(half, c.images());
    byte[] argmax = new byte[pooled.length];
    Arrays.fill(argmax, (byte) -1);
    float[] withoutArgmax = Maps.garbage(half, c.images());
    float[] input = Maps.layOut(c.map(), c.images(), plain);

    tested.kernels().maxPool(c.map(), c.images(), input, pooled, argmax, workers);
    tested.kernels().maxPool(c.map(), c.images(), input, withoutArgmax, null, workers);

    int[] expected = Reference.poolArgmax(c.map(), c.images(), Maps.doubles(plain));
    assertThat(Maps.readArgmax(half, c.images(), argmax)).isEqualTo(expected);
    float[] actual = Maps.readWritten(half, c.images(), pooled);
    assertThat(Maps.doubles(actual))
        .isEqualTo(Reference.pool(c.map(), c.images(), Maps.doubles(plain), expected));
    assertThat(Maps.readWritten(half, c.images(), withoutArgmax)).isEqualTo(actual);
  }

  @ParameterizedTest
  @MethodSource("poolableCases")
  void maxPoolTakesNegativeValuesToo(Case c) {
    float[] plain = Maps.gaussian(c.random(), c.values());
    for (int i = 0; i < plain.length; i++) {
      plain[i] = -Math.abs(plain[i]) - 1;
    }
    MapLayout half = half(c.map());
    float[] pooled = Maps.garbage(half, c.images());

    tested
        .kernels()
        .maxPool(
            c.map(), c.images(), Maps.layOut(c.map(), c.images(), plain), pooled, null, workers);

    int[] argmax = Reference.poolArgmax(c.map(), c.images(), Maps.doubles(plain));
    assertThat(Maps.doubles(Maps.readWritten(half, c.images(), pooled)))
        .isEqualTo(Reference.pool(c.map(), c.images(), Maps.doubles(plain), argmax));
  }

  @ParameterizedTest
  @MethodSource("poolableCases")
  void maxPoolBackwardHandsGradientsToTheirSource(Case c) {
    Random random = c.random();
    MapLayout half = half(c.map());
    int pooledValues = c.images() * half.channels() * half.height() * half.width();
    float[] gradient = Maps.gaussian(random, pooledValues);
    int[] argmax = random.ints(pooledValues, 0, 4).toArray();
    float[] inputGradient = Maps.garbage(c.map(), c.images());
    byte[] argmaxBytes = new byte[c.images() * half.imageLength()];
    Arrays.fill(argmaxBytes, (byte) -1); // what lies in the halo must not matter
    int from = 0;
    for (int n = 0; n < c.images(); n++) {
      for (int channel = 0; channel < half.channels(); channel++) {
        for (int y = 0; y < half.height(); y++) {
          for (int x = 0; x < half.width(); x++) {
            int at = half.index(n, channel / MapLayout.LANES, y, x) + channel % MapLayout.LANES;
            argmaxBytes[at] = (byte) argmax[from++];
          }
        }
      }
    }

    tested
        .kernels()
        .maxPoolBackward(
            c.map(),
            c.images(),
            Maps.layOut(half, c.images(), gradient),
            argmaxBytes,
            inputGradient,
            workers);

    // also says that a dropped last row or column gets zero
    assertThat(Maps.doubles(Maps.readWritten(c.map(), c.images(), inputGradient)))
        .isEqualTo(Reference.poolBackward(c.map(), c.images(), Maps.doubles(gradient), argmax));
  }

  @Test
  void notANumberComesThroughThePoolFromAnyOfTheFourPixels() {
    MapLayout map = new MapLayout(16, 2, 2);
    for (int which = 0; which < 4; which++) {
      float[] input = Maps.layOut(map, 1, Maps.rectified(new Random(3), 64));
      int lane = 5;
      input[map.index(0, 0, which / 2, which % 2) + lane] = Float.NaN;
      float[] pooled = Maps.garbage(half(map), 1);

      tested.kernels().maxPool(map, 1, input, pooled, new byte[pooled.length], workers);

      int first = half(map).index(0, 0, 0, 0);
      for (int i = 0; i < MapLayout.LANES; i++) {
        assertThat(Float.isNaN(pooled[first + i])).as("lane %d", i).isEqualTo(i == lane);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("lrnShapes")
  void lrnFollowsItsFormula(LrnShape shape) {
    Case c = new Case(shape.map(), 2);
    float[] plain = Maps.rectified(c.random(), c.values());
    for (int i = 0; i < plain.length; i++) {
      plain[i] *= 30; // large enough that the sum matters beside k
    }
    float[] output = Maps.garbage(c.map(), c.images());

    tested
        .kernels()
        .lrn(shape, c.images(), Maps.layOut(c.map(), c.images(), plain), output, workers);

    Maps.assertClose(
        "normalised",
        Maps.readWritten(c.map(), c.images(), output),
        Reference.lrn(shape, c.images(), Maps.doubles(plain)),
        tested.tolerance());
  }

  @Test
  void notANumberComesThroughTheNormInTheWindowsThatHoldIt() {
    LrnShape shape = new LrnShape(new MapLayout(32, 2, 3), 5, 2f, 1e-4f, 0.75f);
    float[] input = Maps.layOut(shape.map(), 1, Maps.rectified(new Random(6), 192));
    int channel = 17;
    input[shape.map().index(0, channel / MapLayout.LANES, 1, 2) + channel % MapLayout.LANES] =
        Float.NaN;
    float[] output = Maps.garbage(shape.map(), 1);

    tested.kernels().lrn(shape, 1, input, output, workers);

    float[] actual = Maps.readWritten(shape.map(), 1, output);
    for (int i = 0; i < actual.length; i++) {
      boolean inWindow = i % 6 == 5 && Math.abs(i / 6 - channel) <= 2;
      assertThat(Float.isNaN(actual[i])).as("value %d", i).isEqualTo(inWindow);
    }
  }

  @ParameterizedTest
  @MethodSource("lrnShapes")
  void lrnBackwardIsTheJacobianTimesTheGradient(LrnShape shape) {
    Case c = new Case(shape.map(), 2);
    Random random = c.random();
    float[] plain = Maps.rectified(random, c.values());
    float[] gradient = Maps.gaussian(random, c.values());
    for (int i = 0; i < plain.length; i++) {
      plain[i] *= 30;
    }
    double[] expected =
        Reference.lrnByInput(shape, c.images(), Maps.doubles(plain), Maps.doubles(gradient));
    for (int i = 0; i < plain.length; i++) {
      if (plain[i] == 0f) {
        expected[i] = 0;
        gradient[i] = Float.NaN; // "may be anything" where the output is zero
      }
    }
    float[] inputGradient = Maps.garbage(c.map(), c.images());

    tested
        .kernels()
        .lrnBackward(
            shape,
            c.images(),
            Maps.layOut(c.map(), c.images(), plain),
            Maps.layOut(c.map(), c.images(), gradient),
            inputGradient,
            workers);

    Maps.assertClose(
        "input gradient",
        Maps.readWritten(c.map(), c.images(), inputGradient),
        expected,
        tested.tolerance());
  }

  @ParameterizedTest
  @MethodSource("lrnShapes")
  void lrnBackwardMayWriteOverTheOutputsGradient(LrnShape shape) {
    Case c = new Case(shape.map(), 2);
    Random random = c.random();
    float[] input = Maps.layOut(c.map(), c.images(), Maps.rectified(random, c.values()));
    float[] gradient = Maps.layOut(c.map(), c.images(), Maps.gaussian(random, c.values()));
    float[] beside = Maps.garbage(input.length);
    tested.kernels().lrnBackward(shape, c.images(), input, gradient, beside, workers);

    tested.kernels().lrnBackward(shape, c.images(), input, gradient, gradient, workers);

    assertThat(gradient).isEqualTo(beside);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void flattenIsTheOrderChannelRowColumn(Case c) {
    float[] plain = Maps.gaussian(c.random(), c.values());
    float[] features = Maps.garbage(c.values() + 1);

    tested
        .kernels()
        .flatten(c.map(), c.images(), Maps.layOut(c.map(), c.images(), plain), features, workers);

    assertThat(Arrays.copyOf(features, c.values())).isEqualTo(plain);
    assertThat(features[c.values()]).isNaN();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void unflattenIsItsReverseAndWritesTheHalo(Case c) {
    float[] plain = Maps.gaussian(c.random(), c.values());
    float[] maps = Maps.garbage(c.map(), c.images());

    tested.kernels().unflatten(c.map(), c.images(), plain, maps, workers);

    assertThat(Maps.readWritten(c.map(), c.images(), maps)).isEqualTo(plain);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 7, 8, 15, 16, 17, 1000, 65_536, 140_003})
  void dropoutScalesWhatStaysAndZeroesTheRest(int length) {
    Random random = new Random(4);
    float[] before = Maps.gaussian(random, length + 1);
    byte[] mask = new byte[length];
    for (int i = 0; i < length; i++) {
      mask[i] = (byte) random.nextInt(2);
      if (mask[i] == 0 && i % 3 == 0) {
        before[i] = Float.NaN; // what is dropped does not matter
      }
    }
    float[] values = before.clone();

    tested.kernels().dropout(length, values, mask, 2.5f, workers);

    for (int i = 0; i < length; i++) {
      assertThat(values[i]).isEqualTo(mask[i] == 0 ? 0f : before[i] * 2.5f);
    }
    assertThat(values[length]).as("beyond the length").isEqualTo(before[length]);
  }
}
