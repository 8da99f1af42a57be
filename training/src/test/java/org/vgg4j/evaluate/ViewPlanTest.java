package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.TestDataset;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Parameters;
import org.vgg4j.parallel.Threads;
import org.vgg4j.views.Protocol;
import org.vgg4j.views.ViewPlan;

/** Other grids, no mirror images, and images that cannot be read, beside centre crops alone. */
class ViewPlanTest {
  private static final List<String> CLASSES = List.of("a", "b", "c");
  private static final int CROP = 32;
  private static final Preprocessing PREPROCESSING =
      Preprocessing.paper(new Rgb(110, 100, 90), CROP, CROP);
  private static Parameters parameters;
  private static Engine engine;

  @BeforeAll
  static void network() {
    Architecture architecture = new Architecture(Configuration.A, 0.02, CROP, CLASSES.size());
    Random random = new Random(3);
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      float[] values = new float[shape.length()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian() * 0.1f;
      }
      arrays.put(shape.name(), values);
    }
    parameters = new Parameters(architecture, arrays);
    engine = Engines.open(Device.CPU, 1);
  }

  @AfterAll
  static void end() {
    engine.close();
  }

  private static ProtocolEvaluator evaluator(ViewPlan views, Integer... scales) {
    return new ProtocolEvaluator(
        engine.hostThreads(),
        engine.load(parameters),
        PREPROCESSING,
        CLASSES,
        "a",
        views,
        List.of(scales),
        8);
  }

  private static float[] run(RgbImage image, ViewPlan views, int scale) {
    TestDataset one = new TestDataset("a", "b", "c").add(0, image);
    return evaluator(views, scale).run(one, UnreadableLimit.NONE, done -> {}).values();
  }

  /** Each crop on its own, as an image that is no larger than the crop. */
  private static double[] naive(RgbImage image, int scale, int grid, boolean mirrored) {
    RgbImage rescaled = Rescale.toShorterSide(image, scale, PREPROCESSING.interpolation());
    List<RgbImage> crops = new ArrayList<>();
    for (int row = 0; row < grid; row++) {
      for (int column = 0; column < grid; column++) {
        double x = (double) column / (grid - 1) * (rescaled.width() - CROP);
        double y = (double) row / (grid - 1) * (rescaled.height() - CROP);
        RgbImage crop =
            rescaled.crop((int) Math.floor(x + 0.5), (int) Math.floor(y + 0.5), CROP, CROP);
        crops.add(crop);
        if (mirrored) {
          crops.add(crop.flipHorizontally());
        }
      }
    }
    double[] mean = new double[CLASSES.size()];
    for (RgbImage crop : crops) {
      float[] posteriors = run(crop, ViewPlan.of(Protocol.CENTER_CROP), CROP);
      for (int k = 0; k < mean.length; k++) {
        mean[k] += (double) posteriors[k] / crops.size();
      }
    }
    return mean;
  }

  private static void assertClose(float[] actual, double[] expected) {
    for (int k = 0; k < expected.length; k++) {
      assertThat((double) actual[k]).isCloseTo(expected[k], within(1e-5));
    }
  }

  @ParameterizedTest
  @CsvSource({"5, true", "5, false", "3, true", "3, false", "2, false", "4, true"})
  void aGridIsTheMeanOfItsCrops(int grid, boolean mirrored) {
    RgbImage image = TestImages.noise(57, 44, 1);
    ViewPlan views = ViewPlan.of(Protocol.MULTI_CROP).withGrid(grid).withMirrorImages(mirrored);
    assertClose(run(image, views, 41), naive(image, 41, grid, mirrored));
  }

  @Test
  void aGridOfOneIsTheCentreCrop() {
    RgbImage image = TestImages.noise(57, 44, 1);
    assertThat(run(image, ViewPlan.of(Protocol.MULTI_CROP).withGrid(1).withMirrorImages(false), 41))
        .isEqualTo(run(image, ViewPlan.of(Protocol.CENTER_CROP), 41));
  }

  /** With mirror images it is the mean of without, of the image and of its mirror image. */
  @ParameterizedTest
  @EnumSource(names = {"TEN_CROP", "DENSE"})
  void mirrorImagesLeftOut(Protocol protocol) {
    RgbImage image = TestImages.noise(80, 66, 2);
    float[] upright = run(image, ViewPlan.of(protocol).withMirrorImages(false), 66);
    float[] turned =
        run(image.flipHorizontally(), ViewPlan.of(protocol).withMirrorImages(false), 66);
    float[] both = run(image, ViewPlan.of(protocol), 66);
    assertThat(upright).isNotEqualTo(turned);
    for (int k = 0; k < both.length; k++) {
      assertThat(both[k]).isCloseTo((upright[k] + turned[k]) / 2, within(1e-5f));
    }
  }

  @Test
  void whatWasLookedAtIsTold() {
    TestDataset one = new TestDataset("a", "b", "c").add(0, TestImages.noise(40, 40, 1));
    ViewPlan views = ViewPlan.of(Protocol.BOTH).withGrid(3).withMirrorImages(false);
    Posteriors.About about =
        evaluator(views, 32).run(one, UnreadableLimit.NONE, done -> {}).about().get(0);
    assertThat(about.plan()).isEqualTo(views);
    assertThat(about.windowsPerImage()).isEqualTo(9 + 1);
    assertThat(about.plan().label()).isEqualTo("both (3x3 crops), no mirror images");
    assertThat(ViewPlan.of(Protocol.MULTI_CROP).label()).isEqualTo("multi-crop");
    assertThat(ViewPlan.of(Protocol.CENTER_CROP).label()).isEqualTo("center-crop");
  }

  @Test
  void ofAModelThatDoesNotKnowMirrorImages() {
    for (Protocol protocol : Protocol.values()) {
      assertThat(ViewPlan.of(protocol, true)).isEqualTo(ViewPlan.of(protocol));
      assertThat(ViewPlan.of(protocol, false).mirrored()).isFalse();
      assertThat(ViewPlan.of(protocol, false).grid()).isEqualTo(ViewPlan.of(protocol).grid());
    }
  }

  @Test
  void whatAProtocolDoesNotHaveIsRefused() {
    assertThatThrownBy(() -> ViewPlan.of(Protocol.CENTER_CROP).withMirrorImages(false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("center-crop has no mirror images");
    for (Protocol protocol : List.of(Protocol.CENTER_CROP, Protocol.TEN_CROP, Protocol.DENSE)) {
      assertThatThrownBy(() -> ViewPlan.of(protocol).withGrid(5))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("has no grid");
    }
    for (int grid : new int[] {0, -1, 51}) {
      assertThatThrownBy(() -> ViewPlan.of(Protocol.MULTI_CROP).withGrid(grid))
          .isInstanceOf(InputException.class)
          .hasMessage("option grid is " + grid + " but must be from 1 to 50");
    }
  }

  /** Twenty images, of which some cannot be read. */
  private static TestDataset pictures(Set<Integer> unreadable) {
    TestDataset dataset = new TestDataset("a", "b", "c");
    for (int i = 0; i < 20; i++) {
      dataset.add(i % 3, TestImages.noise(40 + i, 36, i));
    }
    return dataset.beforeImage(
        index -> {
          if (unreadable.contains(index)) {
            throw new UnreadableImageException("test/" + index + " is damaged: replace it");
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void rowsKeepTheirNamesWithoutTheUnreadable(Protocol protocol) {
    ProtocolEvaluator evaluator = evaluator(ViewPlan.of(protocol), 36, 40);
    Posteriors all = evaluator.run(pictures(Set.of()), UnreadableLimit.NONE, done -> {});
    Posteriors some = evaluator.run(pictures(Set.of(0, 13)), UnreadableLimit.AUTO, done -> {});
    assertThat(some.images()).isEqualTo(18);
    assertThat(some.ids()).doesNotContain("test/0", "test/13").hasSize(18);
    assertThat(some.about().get(0).unreadable()).containsExactly("test/0", "test/13");
    for (int n = 0; n < 18; n++) {
      int before = all.ids().indexOf(some.ids().get(n));
      assertThat(some.labels()[n]).isEqualTo(all.labels()[before]).isEqualTo(before % 3);
      float[] row = Arrays.copyOfRange(some.values(), 3 * n, 3 * n + 3);
      float[] expected = Arrays.copyOfRange(all.values(), 3 * before, 3 * before + 3);
      for (int k = 0; k < 3; k++) {
        assertThat(row[k]).isCloseTo(expected[k], within(1e-6f));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void allProcessesAgree(int ranks) {
    Posteriors alone =
        evaluator(ViewPlan.of(Protocol.CENTER_CROP), 36)
            .run(pictures(Set.of(3, 19)), UnreadableLimit.AUTO, done -> {});
    Map<Integer, Posteriors> found = new ConcurrentHashMap<>();
    Threads.run(
        ranks,
        group -> {
          try (Engine own = Engines.open(Device.CPU, 1)) {
            ProtocolEvaluator evaluator =
                new ProtocolEvaluator(
                    own.hostThreads(),
                    own.load(parameters),
                    PREPROCESSING,
                    CLASSES,
                    "a",
                    ViewPlan.of(Protocol.CENTER_CROP),
                    List.of(36),
                    8);
            found.put(
                group.rank(),
                evaluator.run(pictures(Set.of(3, 19)), UnreadableLimit.AUTO, group, done -> {}));
          }
        });
    assertThat(found).hasSize(ranks);
    found
        .values()
        .forEach(
            posteriors -> {
              assertThat(posteriors.ids()).isEqualTo(alone.ids());
              assertThat(posteriors.about().get(0).unreadable())
                  .containsExactly("test/3", "test/19");
              assertThat(posteriors.values()).hasSameSizeAs(alone.values());
              for (int i = 0; i < alone.values().length; i++) {
                assertThat(posteriors.values()[i]).isCloseTo(alone.values()[i], within(1e-5f));
              }
            });
    assertThatThrownBy(
            () ->
                Threads.run(
                    ranks,
                    group -> {
                      try (Engine own = Engines.open(Device.CPU, 1)) {
                        new ProtocolEvaluator(
                                own.hostThreads(),
                                own.load(parameters),
                                PREPROCESSING,
                                CLASSES,
                                "a",
                                ViewPlan.of(Protocol.CENTER_CROP),
                                List.of(36),
                                8)
                            .run(
                                pictures(Set.of(3, 7, 19)),
                                UnreadableLimit.AUTO,
                                group,
                                done -> {});
                      }
                    }))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("test/3", "test/7", "test/19");
  }

  @Test
  void tooManyAreAllNamed() {
    assertThatThrownBy(
            () ->
                evaluator(ViewPlan.of(Protocol.DENSE), 36)
                    .run(pictures(Set.of(2, 5, 18)), UnreadableLimit.AUTO, done -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "3 of the 20 images of test cannot be read, more than the 2 that are passed over"
                + " (option max-unreadable): repair or remove them; the first: test/2 is damaged:"
                + " replace it")
        .hasMessageContainingAll("\n  test/2", "\n  test/5", "\n  test/18");
  }

  @Test
  void notOneIsLeft() {
    TestDataset one = new TestDataset("a", "b", "c").add(0, TestImages.noise(9, 9, 1));
    one.beforeImage(
        index -> {
          throw new UnreadableImageException("test/0 is damaged");
        });
    assertThatThrownBy(
            () ->
                evaluator(ViewPlan.of(Protocol.DENSE), 36)
                    .run(one, UnreadableLimit.of("100%"), done -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("1 of the 1 images of test cannot be read");
  }
}
