package org.vgg4j.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

/** What is looked at, in which order, and what the network says of it. */
class ViewsTest {
  private static final int CROP = 32;
  private static ModelFile model;
  private static Parameters parameters;
  private static Engine engine;

  @BeforeAll
  static void network() {
    model = TestModels.random(Configuration.A, "a", "b", "c");
    parameters = new Parameters(model.architecture(), model.arrays());
    engine = Engines.open(Device.CPU, 1);
  }

  @AfterAll
  static void end() {
    engine.close();
  }

  private record Seen(View view, int rows, int columns, float[] posteriors, float[] firstWindow) {}

  private static List<Seen> look(ViewPlan plan, List<Integer> scales, int batch, RgbImage... all) {
    Views views =
        new Views(
            engine.hostThreads(),
            engine.load(parameters),
            model.preprocessing(),
            plan,
            scales,
            batch);
    List<Seen> seen = new ArrayList<>();
    views.look(
        List.of(all).stream().map(views::rescale).toList(),
        (view, outputs) ->
            seen.add(
                new Seen(
                    view,
                    outputs.rows(),
                    outputs.columns(),
                    outputs.posteriors(),
                    outputs.posteriors(0, 0))));
    return seen;
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void sharesOfAnImageSumToOneAndNoViewComesTwice(Protocol protocol) {
    List<Seen> seen =
        look(
            ViewPlan.of(protocol),
            List.of(36, 70),
            7,
            TestImages.noise(50, 40, 1),
            TestImages.noise(40, 50, 2));
    for (int image = 0; image < 2; image++) {
      int number = image;
      List<View> views =
          seen.stream().map(Seen::view).filter(view -> view.image() == number).toList();
      assertThat(views.stream().mapToDouble(View::share).sum()).isCloseTo(1, within(1e-12));
      Set<String> places =
          views.stream()
              .map(
                  view ->
                      "%d %b %d %d %b"
                          .formatted(
                              view.rescaled().height(),
                              view.whole(),
                              view.x(),
                              view.y(),
                              view.mirrored()))
              .collect(Collectors.toSet());
      assertThat(places).hasSameSizeAs(views);
    }
  }

  @Test
  void aWholeImageHasAWindowEvery32Pixels() {
    List<Seen> seen =
        look(ViewPlan.of(Protocol.DENSE), List.of(70), 1, TestImages.noise(100, 70, 1));
    assertThat(seen).extracting(one -> one.view().mirrored()).containsExactly(false, true);
    for (Seen one : seen) {
      assertThat(one.view().whole()).isTrue();
      assertThat(one.view().width()).isEqualTo(100);
      assertThat(one.view().height()).isEqualTo(70);
      assertThat(one.rows()).isEqualTo(2);
      assertThat(one.columns()).isEqualTo(3);
      assertThat(one.posteriors()).isNotEqualTo(one.firstWindow());
    }
  }

  /** To the last bit. */
  @Test
  void anImageOfTheSizeOfTheCropIsACrop() {
    RgbImage image = TestImages.noise(CROP, CROP, 3);
    List<Seen> seen =
        look(
            ViewPlan.of(Protocol.BOTH).withGrid(1).withMirrorImages(false),
            List.of(CROP),
            1,
            image);
    assertThat(seen).extracting(one -> one.view().whole()).containsExactly(false, true);
    assertThat(seen.get(1).posteriors()).isEqualTo(seen.get(0).posteriors());
    assertThat(seen.get(1).firstWindow()).isEqualTo(seen.get(0).posteriors());
  }

  @Test
  void scalesComeOneAfterAnotherAndImagesOfOneSizeTogether() {
    List<Seen> seen =
        look(
            ViewPlan.of(Protocol.DENSE).withMirrorImages(false),
            List.of(40, 36),
            8,
            TestImages.noise(60, 40, 1),
            TestImages.noise(40, 60, 2),
            TestImages.noise(60, 40, 3));
    assertThat(seen)
        .extracting(one -> Math.min(one.view().width(), one.view().height()))
        .containsExactly(40, 40, 40, 36, 36, 36);
    assertThat(seen).extracting(one -> one.view().image()).containsExactly(0, 2, 1, 0, 2, 1);
  }

  @Test
  void nothingIsSeenOfNoImages() {
    assertThat(look(ViewPlan.of(Protocol.BOTH), List.of(40), 8)).isEmpty();
  }
}
