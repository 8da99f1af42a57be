package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.views.MapBox;

class HeatmapCommandTest {
  private static final int PANEL = 16 + 384; // from one panel to the next, of square images

  @TempDir static Path shared;
  private static Trained trained;

  @TempDir Path root;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(shared);
  }

  private Path out() {
    return root.resolve("map.png");
  }

  private Vgg heatmap(Path picture, Object... options) {
    List<Object> words =
        new ArrayList<>(List.of("heatmap", picture, "--model", trained.model(), "--out", out()));
    words.addAll(List.of(options));
    return Vgg.run(words.toArray());
  }

  private static JsonNode json(Vgg vgg) throws IOException {
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return new ObjectMapper().readTree(vgg.out());
  }

  /** Images of two colours, side by side, of which the network is not sure. */
  private Path mixed(int number, int width, int height) {
    Random random = new Random(number);
    byte[] pixels = new byte[3 * width * height];
    int border = random.nextInt(width);
    for (int i = 0; i < width * height; i++) {
      int color = i % width < border ? number % 3 : (number + 1) % 3;
      pixels[3 * i + color] = (byte) (random.nextInt(80) + 100 + number);
    }
    Path file = root.resolve("mixed-" + number + ".png");
    new RgbImage(width, height, pixels).writePng(file);
    return file;
  }

  @Test
  void labelAndProbabilityAreThoseOfClassify() throws IOException {
    for (int number = 0; number < 20; number++) {
      Path picture = mixed(number, 30 + 5 * number, 120 - 4 * number);
      Vgg classified = Vgg.run("classify", picture, "--model", trained.model(), "--top=1");
      Vgg drawn = heatmap(picture);
      assertThat(drawn.exitCode()).as(drawn.err()).isZero();
      assertThat(drawn.out()).startsWith(classified.out());

      JsonNode all =
          json(Vgg.run("classify", picture, "--model", trained.model(), "--json")).get(0);
      JsonNode map = json(heatmap(picture, "--json", "--top=3"));
      assertThat(map.get("file")).isEqualTo(all.get("file"));
      assertThat(map.get("predictions")).isEqualTo(all.get("predictions"));
      for (int i = 0; i < 3; i++) {
        JsonNode prediction = all.get("predictions").get(i);
        assertThat(map.get("maps").get(i).get("index")).isEqualTo(prediction.get("index"));
        assertThat(map.get("maps").get(i).get("probability"))
            .isEqualTo(prediction.get("probability"));
        assertThat(map.get("maps").get(i).get("method").asText()).isEqualTo("occlusion");
        assertThat(map.get("maps").get(i).get("values"))
            .hasSize(9)
            .allMatch(row -> row.size() == 9);
      }
    }
  }

  @Test
  void aPanelForEachClass() {
    Vgg vgg = heatmap(mixed(2, 40, 40), "--top=2");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out()).contains(": covering 8 x 8 pixels lowers the probability by up to ");
    RgbImage sheet = ImageDecoder.decode(out());
    assertThat(sheet.width()).isEqualTo(16 + 3 * PANEL);
    assertThat(sheet.height()).isGreaterThan(384);
  }

  @Test
  void classScoreMapsAtLargerScales() throws IOException {
    Path picture = mixed(1, 64, 32);
    Vgg vgg = heatmap(picture, "--test-scales=64,96", "--top=2");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .contains(" at Q = 64: ")
        .contains("by the mean score of 2 x 4 windows")
        .contains(" at Q = 96: ")
        .contains("by the mean score of 3 x 6 windows");
    RgbImage sheet = ImageDecoder.decode(out());
    assertThat(sheet.width()).isEqualTo(16 + 3 * (768 + 16));
    assertThat(sheet.height()).isGreaterThan(2 * 384);

    JsonNode all = json(Vgg.run("classify", picture, "--model", trained.model(), "--json")).get(0);
    JsonNode maps = json(heatmap(picture, "--test-scales=64,96", "--top=3", "--json"));
    assertThat(maps.get("predictions")).isEqualTo(all.get("predictions"));
    assertThat(maps.get("maps")).hasSize(6);
    assertThat(maps.get("maps").get(5).get("method").asText()).isEqualTo("class_scores");
    assertThat(maps.get("maps").get(5).get("values")).hasSize(3).allMatch(row -> row.size() == 6);
  }

  @Test
  void gradCamOverTheWholeImageAndItsBox() throws IOException {
    Path picture = mixed(1, 160, 96);
    Vgg vgg = heatmap(picture, "--grad-cam", "--test-scales=96", "--top=3", "--json");
    JsonNode maps = json(vgg).get("maps");
    assertThat(maps).hasSize(3);
    int boxes = 0;
    for (JsonNode map : maps) {
      assertThat(map.get("method").asText()).isEqualTo("grad_cam");
      assertThat(map.get("testScale").asInt()).isEqualTo(96);
      assertThat(map.get("step").asDouble()).isEqualTo(16);
      float[][] values = new ObjectMapper().treeToValue(map.get("values"), float[][].class);
      assertThat(values).hasDimensions(6, 10);
      Optional<Box> expected = MapBox.of(values, 16, 16, 160, 96, 0.15);
      assertThat(map.has("box")).isEqualTo(expected.isPresent());
      if (expected.isPresent()) {
        boxes++;
        Box box = expected.get();
        assertThat(new ObjectMapper().treeToValue(map.get("box"), double[].class))
            .containsExactly(box.left(), box.top(), box.right(), box.bottom());
      }
    }
    assertThat(boxes).isPositive();

    Vgg one = heatmap(picture, "--grad-cam");
    assertThat(one.exitCode()).as(one.err()).isZero();
    assertThat(one.out()).containsPattern("by Grad-CAM at Q = \\d+: (most|nothing) speaks for it");
    RgbImage sheet = ImageDecoder.decode(out());
    assertThat(sheet.width()).isEqualTo(16 + 2 * (640 + 16));
  }

  @Test
  void oneWindowIsNoMapAndThatIsSaid() {
    Vgg vgg = heatmap(trained.data().resolve("test/red/0.png"), "--test-scales=32");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out()).contains("one window tells no places apart: take a larger --test-scales");
  }

  @ParameterizedTest
  @CsvSource({"green, green", "1, green", "GREEN, green", "0, blue"})
  void aClassByNameOrIndex(String word, String label) throws IOException {
    JsonNode json = json(heatmap(mixed(1, 40, 40), "--class", word, "--json"));
    assertThat(json.get("predictions")).hasSize(1);
    assertThat(json.get("predictions").get(0).get("label").asText()).isEqualTo(label);
  }

  @ParameterizedTest
  @CsvSource({"gren", "3", "-1"})
  void anUnknownClassIsAnsweredWithTheKnownOnes(String word) {
    Vgg vgg = heatmap(mixed(1, 40, 40), "--class=" + word);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err())
        .endsWith(
            "vgg: option class is '"
                + word
                + "' but must be a name of a class, or an index from 0 to 2: "
                + (word.equals("gren") ? "perhaps green?" : "blue, green, red")
                + "\n");
    assertThat(out()).doesNotExist();
  }

  @Test
  void whereNothingMattersThatIsSaid() {
    // the network is sure of this one, whichever square is covered
    Vgg vgg = heatmap(trained.data().resolve("test/green/0.png"));
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out()).contains("or raises it by up to 0.0: no single square decides\n");
  }

  @Test
  void wrongInput() throws IOException {
    Path picture = trained.data().resolve("test/red/0.png");
    Vgg vgg = heatmap(picture, "--top=0");
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).isEqualTo("vgg: option top is 0 but must be at least 1\n");
    Vgg two = heatmap(picture, "--top=2", "--class=red");
    assertThat(two.exitCode()).isEqualTo(2);
    assertThat(two.err()).contains("--class").contains("--top").contains("mutually exclusive");
    Vgg missing = heatmap(root.resolve("no.png"));
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.err()).contains("there is no").contains("no.png");
    byte[] before = Files.readAllBytes(picture);
    Vgg itself = Vgg.run("heatmap", picture, "--model", trained.model(), "--out", picture);
    assertThat(itself.exitCode()).isEqualTo(1);
    assertThat(itself.err()).contains(picture.toString());
    assertThat(Files.readAllBytes(picture)).isEqualTo(before);
  }
}
