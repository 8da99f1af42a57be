package org.vgg4j.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.ImageClassifier;
import org.vgg4j.Prediction;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

class HeatMapsTest {
  private static final int CLASSES = 3;

  /** Soft-max of the scores 2 and 0. */
  private static final float SURE = (float) (1 / (1 + Math.exp(-2)));

  @TempDir Path root;

  /** Whose soft-max is not 1 for one class. */
  private static ModelFile unsure(Preprocessing preprocessing) {
    ModelFile model = TestModels.random(Configuration.A, "cat", "dog", "cow");
    float[] last = model.arrays().get("classifier.6.weight");
    for (int i = 0; i < last.length; i++) {
      last[i] *= 0.05f;
    }
    return new ModelFile(
        model.architecture(), model.arrays(), preprocessing, model.classNames(), null);
  }

  private static Preprocessing scaled(int scale) {
    return Preprocessing.paper(new Rgb(120, 100, 90), scale, 32);
  }

  private static HeatMaps maps(Engine engine, ModelFile model, RgbImage picture) {
    Parameters parameters = new Parameters(model.architecture(), model.arrays());
    return new HeatMaps(
        engine.hostThreads(),
        engine.load(parameters),
        model.preprocessing(),
        new Temperature(model.temperature()),
        picture);
  }

  @Test
  void theyAreOfThePredictionThatTheClassifierGives() {
    ModelFile model = unsure(scaled(40));
    Path file = root.resolve("model.safetensors");
    model.write(file);
    try (ImageClassifier classifier = ImageClassifier.load(file);
        Engine engine = Engines.open(Device.CPU, 2)) {
      for (int i = 0; i < 20; i++) {
        RgbImage picture = TestImages.noise(30 + 3 * i, 70 - i, i);
        Prediction first = classifier.classify(List.of(picture), 1).get(0).get(0);
        HeatMaps maps = maps(engine, model, picture);
        int best = Ranking.top(maps.posteriors(), 0, CLASSES, 1)[0];
        assertThat(best).isEqualTo(first.index());
        HeatMap map = maps.occlusion(best).get(0);
        assertThat(map.label()).isEqualTo(first.index());
        assertThat(map.probability()).isEqualTo(first.probability());
        assertThat(map.scale()).isEqualTo(40);
      }
    }
  }

  /** The classifier sees images on which the square is painted with the mean colour. */
  @Test
  void valuesAreWhatPaintingOverThePictureTakesAway() {
    ModelFile model = unsure(scaled(32));
    Path file = root.resolve("model.safetensors");
    model.write(file);
    RgbImage picture = TestImages.coordinates(32, 32);
    try (ImageClassifier classifier = ImageClassifier.load(file);
        Engine engine = Engines.open(Device.CPU, 2)) {
      double[] whole = probabilities(classifier, picture);
      List<HeatMap> maps = maps(engine, model, picture).occlusion(2, 0);
      assertThat(maps).extracting(HeatMap::label).containsExactly(2, 0);
      for (HeatMap map : maps) {
        assertThat(map.window()).isEqualTo(8);
        assertThat(map.rows()).isEqualTo(9);
        assertThat(map.columns()).isEqualTo(9);
        double largest = 0;
        for (int row = 0; row < 9; row++) {
          for (int column = 0; column < 9; column++) {
            RgbImage covered = painted(picture, 4 * column - 4, 4 * row - 4, 8);
            double fall = whole[map.label()] - probabilities(classifier, covered)[map.label()];
            assertThat(map.values()[row][column]).isCloseTo((float) fall, within(1e-5f));
            largest = Math.max(largest, Math.abs(fall));
          }
        }
        assertThat(largest).isGreaterThan(1e-3);
      }
    }
  }

  private static double[] probabilities(ImageClassifier classifier, RgbImage picture) {
    double[] probabilities = new double[CLASSES];
    for (Prediction guess : classifier.classify(List.of(picture), CLASSES).get(0)) {
      probabilities[guess.index()] = guess.probability();
    }
    return probabilities;
  }

  private static RgbImage painted(RgbImage picture, int x, int y, int side) {
    byte[] pixels = picture.pixels().clone();
    for (int row = Math.max(0, y); row < Math.min(32, y + side); row++) {
      for (int column = Math.max(0, x); column < Math.min(32, x + side); column++) {
        pixels[3 * (32 * row + column)] = 120;
        pixels[3 * (32 * row + column) + 1] = 100;
        pixels[3 * (32 * row + column) + 2] = 90;
      }
    }
    return new RgbImage(32, 32, pixels);
  }

  /** A network that hands on the reddest pixel, as the score of its first class. */
  private static ModelFile reddest() {
    Architecture architecture = new Architecture(Configuration.A, 0.02, 32, 2);
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      float[] values = new float[shape.length()];
      if (shape.isWeight()) {
        // the first output is the first input: of a convolution, at the middle of the filter
        int taps = shape.dimensions().size() == 4 ? 9 : 1;
        values[taps / 2] = 1;
      }
      arrays.put(shape.name(), values);
    }
    Preprocessing preprocessing = Preprocessing.paper(Rgb.ZERO, 32, 32);
    return new ModelFile(architecture, arrays, preprocessing, List.of("red", "other"), null);
  }

  /** Black, but for four by four pixels whose red is 2. */
  private static RgbImage spot(int width, int height, int x, int y) {
    byte[] pixels = new byte[3 * width * height];
    for (int i = 0; i < 16; i++) {
      pixels[3 * ((y + i / 4) * width + x + i % 4)] = 2;
    }
    return new RgbImage(width, height, pixels);
  }

  @Test
  void onlyWindowsWithTheSpotScore() {
    try (Engine engine = Engines.open(Device.CPU, 2)) {
      HeatMap map =
          maps(engine, reddest(), spot(160, 96, 3 * 32 + 20, 32 + 8)).classScores(96, 0).get(0);
      float[][] expected = new float[3][5];
      for (float[] row : expected) {
        Arrays.fill(row, 0.5f);
      }
      expected[1][3] = SURE;
      for (int row = 0; row < 3; row++) {
        assertThat(map.values()[row]).containsExactly(expected[row], within(1e-5f));
      }
    }
  }

  /** Only squares that hide all of the spot change anything; then both classes are as probable. */
  @Test
  void whatSpeaksForTheClassIsWhereItIs() {
    try (Engine engine = Engines.open(Device.CPU, 2)) {
      HeatMaps maps = maps(engine, reddest(), spot(32, 32, 20, 8));
      assertThat(maps.posteriors()[0]).isCloseTo(SURE, within(1e-5f));
      HeatMap red = maps.occlusion(0, 1).get(0);
      HeatMap other = maps.occlusion(0, 1).get(1);
      for (int row = 0; row < 9; row++) {
        for (int column = 0; column < 9; column++) {
          // the middle of a square of 8 pixels is a multiple of 4
          boolean hidden = (row == 2 || row == 3) && (column == 5 || column == 6);
          float fall = hidden ? SURE - 0.5f : 0;
          assertThat(red.values()[row][column]).isCloseTo(fall, within(1e-5f));
          assertThat(other.values()[row][column]).isCloseTo(-fall, within(1e-5f));
        }
      }
    }
  }

  /** Scaled to 54 x 36, of which columns 11 to 43 and rows 2 to 34 are looked at. */
  @Test
  void pointsLieInTheCropOfThePicture() {
    ModelFile model = unsure(scaled(36));
    try (Engine engine = Engines.open(Device.CPU, 1)) {
      HeatMap map = maps(engine, model, TestImages.noise(720, 480, 1)).occlusion(1).get(0);
      double pixels = 720 / 54.0;
      assertThat(map.x()).isCloseTo(11 * pixels, within(1e-9));
      assertThat(map.y()).isCloseTo(2 * pixels, within(1e-9));
      assertThat(map.step()).isCloseTo(4 * pixels, within(1e-9));
      assertThat(map.seen().width()).isCloseTo(32 * pixels, within(1e-9));
      assertThat(map.seen().height()).isCloseTo(32 * pixels, within(1e-9));
    }
  }

  @Test
  void classScoresOfOneWindowAreTheClassifiersProbabilities() {
    ModelFile model = unsure(scaled(32));
    try (Engine engine = Engines.open(Device.CPU, 2)) {
      HeatMaps maps = maps(engine, model, TestImages.noise(32, 32, 4));
      for (HeatMap map : maps.classScores(32, 0, 1, 2)) {
        assertThat(map.values()).isDeepEqualTo(new float[][] {{maps.posteriors()[map.label()]}});
        assertThat(map.probability()).isEqualTo(maps.posteriors()[map.label()]);
        assertThat(map.x()).isEqualTo(16);
        assertThat(map.y()).isEqualTo(16);
      }
    }
  }

  @Test
  void classScoresHaveAPointForEachWindow() {
    ModelFile model = unsure(scaled(36));
    try (Engine engine = Engines.open(Device.CPU, 2)) {
      HeatMaps maps = maps(engine, model, TestImages.noise(200, 100, 4));
      HeatMap map = maps.classScores(80, 1).get(0);
      assertThat(map.rows()).isEqualTo(2);
      assertThat(map.columns()).isEqualTo(5);
      assertThat(map.x()).isEqualTo(20);
      assertThat(map.step()).isEqualTo(40);
      assertThat(map.seen()).isEqualTo(new HeatMap.Area(0, 0, 200, 100));
    }
  }

  @Test
  void gradCamCoversTheWholeImageAndItsLargestValueIsOne() {
    ModelFile model = unsure(scaled(32));
    RgbImage picture = TestImages.noise(200, 100, 4);
    GradCam gradCam = new GradCam(new Parameters(model.architecture(), model.arrays()));
    try (Engine engine = Engines.open(Device.CPU, 2)) {
      HeatMaps maps = maps(engine, model, picture);
      int shown = 0;
      for (HeatMap map : maps.gradCam(gradCam, 80, 0, 1, 2)) {
        assertThat(map.method()).isEqualTo(HeatMap.Method.GRAD_CAM);
        assertThat(map.probability()).isEqualTo(maps.posteriors()[map.label()]);
        assertThat(map.rows()).isEqualTo(5);
        assertThat(map.columns()).isEqualTo(10);
        assertThat(map.step()).isEqualTo(20);
        assertThat(map.x()).isEqualTo(10);
        assertThat(map.seen()).isEqualTo(new HeatMap.Area(0, 0, 200, 100));
        assertThat(map.smallest()).isNotNegative();
        shown += map.largest() > 0 ? 1 : 0;
        assertThat(map.largest()).isIn(0f, 1f);
        RgbImage sheet =
            HeatMapSheet.draw(picture, "noise", model.classNames(), List.of(List.of(map)));
        assertThat(sheet.height()).isGreaterThan(384);
      }
      assertThat(shown).isPositive();
    }
  }

  @Test
  void betweenPointsValuesAreLinear() {
    HeatMap map =
        new HeatMap(
            HeatMap.Method.OCCLUSION,
            32,
            0,
            0.5,
            new float[][] {{0, 1}, {0.5f, -1}},
            10,
            20,
            4,
            8,
            new HeatMap.Area(10, 20, 4, 4));
    assertThat(map.at(10, 20)).isEqualTo(0);
    assertThat(map.at(14, 20)).isEqualTo(1);
    assertThat(map.at(12, 20)).isEqualTo(0.5);
    assertThat(map.at(12, 22)).isEqualTo(0.125);
    assertThat(map.at(-100, 1000)).isEqualTo(0.5);
    assertThat(map.smallest()).isEqualTo(-1);
    assertThat(map.largest()).isEqualTo(1);
  }

  @Test
  void whatIsNoNumberIsRefused() {
    ModelFile model = TestModels.constant(new float[] {1, Float.NaN}, "cat", "dog");
    try (Engine engine = Engines.open(Device.CPU, 1)) {
      assertThatThrownBy(() -> maps(engine, model, TestImages.noise(40, 40, 1)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("NaN");
    }
  }

  /** The left half of the map speaks for the class; outside of what is seen there is no colour. */
  @Test
  void theSheetIsRedWhereTheMapIsPositiveAndPaleWhereNothingIsSeen() {
    RgbImage grey = TestImages.plain(200, 100, 128, 128, 128);
    HeatMap map =
        new HeatMap(
            HeatMap.Method.OCCLUSION,
            100,
            1,
            0.75,
            new float[][] {{0.4f, 0.4f, -0.2f}},
            50,
            50,
            50,
            25,
            new HeatMap.Area(50, 0, 100, 100));
    RgbImage sheet =
        HeatMapSheet.draw(grey, "grey.png", List.of("cat", "dog"), List.of(List.of(map)));
    assertThat(sheet.width()).isEqualTo(16 + 2 * (768 + 16));
    int panel = 16 + 768 + 16;
    int middle = 16 + 2 * 24 + 192;
    assertThat(color(sheet, panel + 10, middle)).satisfies(HeatMapsTest::isGrey);
    assertThat(color(sheet, panel + 300, middle))
        .satisfies(c -> assertThat(c[0] - c[2]).isPositive());
    assertThat(color(sheet, panel + 560, middle))
        .satisfies(c -> assertThat(c[2] - c[0]).isPositive());
    assertThat(color(sheet, panel + 760, middle)).satisfies(HeatMapsTest::isGrey);
    assertThat(color(sheet, panel + 760, middle)[0]).isGreaterThan(200);
    assertThat(color(sheet, 16 + 384, middle)).containsExactly(128, 128, 128);
  }

  private static void isGrey(int[] color) {
    assertThat(color[0]).isEqualTo(color[1]).isEqualTo(color[2]);
  }

  private static int[] color(RgbImage image, int x, int y) {
    int at = 3 * (y * image.width() + x);
    return new int[] {
      image.pixels()[at] & 0xFF, image.pixels()[at + 1] & 0xFF, image.pixels()[at + 2] & 0xFF
    };
  }

  @Test
  void sheetsOfPicturesOfAnyShape() {
    for (int[] size : new int[][] {{1, 1}, {2000, 3}, {3, 2000}, {28, 28}}) {
      HeatMap map =
          new HeatMap(
              HeatMap.Method.CLASS_SCORES,
              32,
              0,
              1,
              new float[][] {{1}},
              0,
              0,
              1,
              32,
              new HeatMap.Area(0, 0, size[0], size[1]));
      RgbImage sheet =
          HeatMapSheet.draw(
              TestImages.noise(size[0], size[1], 1),
              "猫".repeat(99),
              List.of("猫"),
              List.of(List.of(map)));
      assertThat(sheet.width()).isBetween(816, 16 + 2 * (3 * 384 + 16));
      assertThat(sheet.height()).isBetween(384, 3 * 384 + 300);
    }
  }

  @Test
  void tooManyClassesForASheet() {
    HeatMap map =
        new HeatMap(
            HeatMap.Method.CLASS_SCORES,
            32,
            0,
            1,
            new float[][] {{1}},
            0,
            0,
            1,
            32,
            new HeatMap.Area(0, 0, 9, 9));
    HeatMap[] many = new HeatMap[1000];
    Arrays.fill(many, map);
    assertThatThrownBy(
            () ->
                HeatMapSheet.draw(
                    TestImages.noise(9, 9, 1), "a", List.of("cat"), List.of(List.of(many))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("1000 classes at 1 scales are too many for one drawing");
  }
}
