package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.base.InputException;
import org.vgg4j.evaluate.boxes.ScoredBox;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.model.Task;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Network;
import org.vgg4j.network.Networks;
import org.vgg4j.network.ScoreMaps;

/** Boxes of windows in whole images, against the same outputs decoded by hand. */
class BoxFinderTest {
  private static final int CROP = 64;
  private static final List<String> CLASSES = List.of("a", "b", "c");
  private static final Preprocessing PREPROCESSING =
      Preprocessing.paper(new Rgb(110, 100, 90), CROP, CROP);

  private final Engine engine = Engines.open(Device.CPU, 2);

  @AfterEach
  void close() {
    engine.close();
  }

  private static Architecture architecture(Task task) {
    return Networks.smallest(Configuration.A, CROP, CLASSES.size()).withTask(task);
  }

  private Network network(Task task, long seed) {
    return engine.load(Networks.random(architecture(task), seed));
  }

  private static BoxFinder.Member member(Network network, Integer... scales) {
    return new BoxFinder.Member("m", network, PREPROCESSING, CLASSES, List.of(scales));
  }

  private static RgbImage image(int width, int height, long seed) {
    byte[] pixels = new byte[3 * width * height];
    new Random(seed).nextBytes(pixels);
    return new RgbImage(width, height, pixels);
  }

  private static BoxSearch.Question question(RgbImage image) {
    return new BoxSearch.Question(image, new int[] {2, 0}, new double[] {0.7, 0.2});
  }

  private static float[] input(RgbImage rescaled) {
    float[] input = new float[3 * rescaled.width() * rescaled.height()];
    new Preprocessor(PREPROCESSING).write(rescaled, input, 0);
    return input;
  }

  @ParameterizedTest
  @EnumSource(
      value = Task.class,
      names = {"SINGLE_BOX", "BOX_PER_CLASS"})
  void everyWindowGivesABoxInPixelsOfTheImage(Task task) {
    Network network = network(task, 1);
    BoxFinder finder =
        new BoxFinder(
            engine.hostThreads(), List.of(member(network, 64, 130)), List.of(), CLASSES, 3);
    RgbImage wide = image(150, 100, 2);
    RgbImage tall = image(90, 117, 3);
    List<List<List<ScoredBox>>> found = finder.find(List.of(question(wide), question(tall)));
    for (int n = 0; n < 2; n++) {
      RgbImage image = n == 0 ? wide : tall;
      int at = 0;
      for (int scale : new int[] {64, 130}) {
        RgbImage rescaled = Rescale.toShorterSide(image, scale, PREPROCESSING.interpolation());
        try (DenseInference dense = network.dense()) {
          ScoreMaps maps = dense.scores(input(rescaled), 1, rescaled.height(), rescaled.width());
          for (int window = 0; window < maps.rows() * maps.columns(); window++) {
            int row = window / maps.columns();
            int column = window % maps.columns();
            for (int k = 0; k < 2; k++) {
              int label = k == 0 ? 2 : 0;
              int first = maps.index(0, row, column) + (task == Task.SINGLE_BOX ? 0 : 4 * label);
              double[] o = new double[4];
              for (int i = 0; i < 4; i++) {
                o[i] = CROP * (maps.values()[first + i] / 4 + 0.5);
              }
              double across = (double) image.width() / rescaled.width();
              double down = (double) image.height() / rescaled.height();
              ScoredBox box = found.get(n).get(k).get(at);
              assertThat(box.label()).isEqualTo(label);
              assertThat(box.score()).isEqualTo(k == 0 ? 0.7 : 0.2);
              Box there = box.box();
              double width = Math.max(0, o[2]);
              double height = Math.max(0, o[3]);
              close(there.left(), (32 * column + o[0] - width / 2) * across);
              close(there.top(), (32 * row + o[1] - height / 2) * down);
              close(there.right(), (32 * column + o[0] + width / 2) * across);
              close(there.bottom(), (32 * row + o[1] + height / 2) * down);
            }
            at++;
          }
        }
      }
      assertThat(found.get(n)).hasSize(2).allSatisfy(boxes -> assertThat(boxes).isNotEmpty());
      assertThat(found.get(n).get(0)).hasSize(at);
    }
  }

  private static void close(double actual, double expected) {
    assertThat(actual).isCloseTo(expected, within(1e-4 * Math.max(1, Math.abs(expected))));
  }

  @Test
  void anImageOfTheCropsSizeGivesWhatTheCropGives() {
    Network network = network(Task.BOX_PER_CLASS, 4);
    RgbImage image = image(CROP, CROP, 5);
    BoxFinder finder =
        new BoxFinder(engine.hostThreads(), List.of(member(network, CROP)), List.of(), CLASSES, 1);
    List<List<ScoredBox>> found = finder.find(List.of(question(image))).get(0);
    float[] outputs = network.inference(1, Set.of()).outputs(input(image), 1);
    assertThat(found.get(0)).hasSize(1);
    double middle = CROP * (outputs[8] / 4 + 0.5);
    Box box = found.get(0).get(0).box();
    assertThat((box.left() + box.right()) / 2).isCloseTo(middle, within(1e-4 * Math.abs(middle)));
  }

  @Test
  void boxesAreRatedByTheMeanPosteriorOfTheirWindows() {
    Network one = network(Task.CLASSIFICATION, 6);
    Network other = network(Task.CLASSIFICATION, 7);
    RgbImage image = image(140, 100, 8);
    BoxFinder finder =
        new BoxFinder(
            engine.hostThreads(),
            List.of(member(network(Task.SINGLE_BOX, 9), 96)),
            List.of(member(one, 64), member(other, 64)),
            CLASSES,
            2);
    List<ScoredBox> found = finder.find(List.of(question(image))).get(0).get(0);
    RgbImage rescaled = Rescale.toShorterSide(image, 96, PREPROCESSING.interpolation());
    double[] expected = new double[found.size()];
    for (Network rater : List.of(one, other)) {
      try (DenseInference dense = rater.dense()) {
        ScoreMaps maps = dense.scores(input(rescaled), 1, rescaled.height(), rescaled.width());
        assertThat(maps.rows() * maps.columns()).isEqualTo(found.size()).isGreaterThan(1);
        for (int window = 0; window < expected.length; window++) {
          float[] scores = new float[CLASSES.size()];
          System.arraycopy(maps.values(), CLASSES.size() * window, scores, 0, scores.length);
          expected[window] += dense.posteriors(scores)[2] / 2.0;
        }
      }
    }
    for (int window = 0; window < expected.length; window++) {
      assertThat(found.get(window).score()).isCloseTo(expected[window], within(1e-6));
    }
  }

  @Test
  void whatCannotWorkTogetherIsRefused() {
    Network boxes = network(Task.BOX_PER_CLASS, 10);
    Preprocessing smaller = Preprocessing.paper(new Rgb(110, 100, 90), 32, 32);
    Network small =
        engine.load(Networks.random(Networks.smallest(Configuration.A, 32, CLASSES.size()), 11));
    BoxFinder.Member rater = new BoxFinder.Member("small", small, smaller, CLASSES, List.of(64));
    assertThatThrownBy(
            () ->
                new BoxFinder(
                    engine.hostThreads(), List.of(member(boxes, 64)), List.of(rater), CLASSES, 1))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("small looks at windows of 32 pixels, and m at windows of 64");
    assertThatThrownBy(
            () ->
                new BoxFinder(
                    engine.hostThreads(),
                    List.of(member(boxes, 64)),
                    List.of(),
                    List.of("a", "z"),
                    1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "m does not fit the classes that are asked for: it does not know z; its classes are a,"
                + " b, c");
  }
}
