package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.ImageClassifier;
import org.vgg4j.Prediction;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.ModelFile;

class CalibrateCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path shared;
  private static Trained trained;

  /** Images of which every fourth is in the folder of another class. */
  private static Path doubtful;

  private static Path calibrated;
  private static JsonNode result;

  @TempDir Path root;

  @BeforeAll
  static void calibrate() throws IOException {
    trained = Trained.in(shared);
    doubtful = Pictures.writeClasses(shared.resolve("doubtful"), 8, 11);
    Random random = new Random(12);
    for (int label = 0; label < 3; label++) {
      for (int i = 0; i < 2; i++) {
        Path file = doubtful.resolve(Pictures.CLASSES.get(label)).resolve(i + ".png");
        Pictures.write(file, (label + 1) % 3, random);
      }
    }
    calibrated = shared.resolve("calibrated.safetensors");
    Vgg vgg =
        Vgg.run(
            "calibrate",
            trained.model(),
            "--data",
            doubtful,
            "--out",
            calibrated,
            "--json",
            "--right=0.7,0.99");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    result = JSON.readTree(vgg.out());
  }

  @Test
  void writesTheSameModelWithATemperature() {
    ModelFile before = ModelFile.read(trained.model());
    ModelFile after = ModelFile.read(calibrated);
    Calibration calibration = after.calibration();
    assertThat(calibration).isNotNull();
    assertThat(calibration.temperature())
        .isEqualTo(result.get("calibration").get("temperature").doubleValue())
        .isGreaterThan(1);
    assertThat(calibration.images()).isEqualTo(24);
    assertThat(calibration.protocol()).isEqualTo("center-crop");
    assertThat(after.withCalibration(null).arrays().keySet()).isEqualTo(before.arrays().keySet());
    before
        .arrays()
        .forEach((name, values) -> assertThat(after.arrays().get(name)).isEqualTo(values));
    assertThat(after.provenance()).isEqualTo(before.provenance());
    assertThat(before.calibration()).isNull();
    assertThat(before.temperature()).isEqualTo(1);
  }

  @Test
  void fits() {
    JsonNode before = result.get("before");
    JsonNode after = result.get("after");
    assertThat(after.get("negativeLogLikelihood").doubleValue())
        .isLessThan(before.get("negativeLogLikelihood").doubleValue());
    assertThat(after.get("calibrationError").doubleValue())
        .isLessThan(before.get("calibrationError").doubleValue());
    assertThat(after.get("top1Error")).isEqualTo(before.get("top1Error"));
  }

  /** What is printed is what the new file's probabilities then give. */
  @Test
  void evaluateAppliesIt() throws IOException {
    Vgg vgg = Vgg.run("evaluate", "--model", calibrated, "--data", doubtful, "--json");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.err()).contains("calibrated.safetensors is at its temperature ");
    JsonNode evaluated = JSON.readTree(vgg.out());
    assertThat(evaluated.get("meanLoss").doubleValue())
        .isCloseTo(result.get("after").get("negativeLogLikelihood").doubleValue(), within(1e-6));
    assertThat(evaluated.get("calibrationError").doubleValue())
        .isCloseTo(result.get("after").get("calibrationError").doubleValue(), within(1e-6));
  }

  /** All ways to a prediction apply it: p^(1/T), normalised. */
  @Test
  void everyoneAppliesIt() throws IOException {
    Path image = doubtful.resolve("red/5.png");
    JsonNode raw = predictions(trained.model(), image);
    double temperature = result.get("calibration").get("temperature").doubleValue();
    double sum = 0;
    for (JsonNode guess : raw) {
      sum += Math.pow(guess.get("probability").doubleValue(), 1 / temperature);
    }
    JsonNode tempered = predictions(calibrated, image);
    for (int i = 0; i < 3; i++) {
      double expected =
          Math.pow(raw.get(i).get("probability").doubleValue(), 1 / temperature) / sum;
      assertThat(tempered.get(i).get("label")).isEqualTo(raw.get(i).get("label"));
      assertThat(tempered.get(i).get("probability").doubleValue())
          .isCloseTo(expected, within(1e-6));
    }
    double best = tempered.get(0).get("probability").doubleValue();
    JsonNode views = predictions(calibrated, image, "--test-scales=36");
    assertThat(views.get(0).get("probability").doubleValue()).isCloseTo(best, within(1e-6));
    try (ImageClassifier classifier = ImageClassifier.load(calibrated)) {
      Prediction prediction = classifier.classify(image, 1).get(0);
      assertThat(prediction.probability()).isCloseTo(best, within(1e-6));
    }
    Vgg heatmap =
        Vgg.run("heatmap", image, "--model", calibrated, "--json", "--out", root.resolve("h.png"));
    assertThat(heatmap.exitCode()).as(heatmap.err()).isZero();
    JsonNode map = JSON.readTree(heatmap.out());
    assertThat(map.get("predictions").get(0).get("probability").doubleValue())
        .isCloseTo(best, within(1e-6));
  }

  private static JsonNode predictions(Path model, Path image, Object... more) throws IOException {
    Object[] args = new Object[more.length + 5];
    System.arraycopy(new Object[] {"classify", image, "--model", model, "--json"}, 0, args, 0, 5);
    System.arraycopy(more, 0, args, 5, more.length);
    Vgg vgg = Vgg.run(args);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return JSON.readTree(vgg.out()).get(0).get("predictions");
  }

  /** The suggested threshold gives on the same images just the shares that it promises. */
  @Test
  void thresholdsKeepTheirPromise() throws IOException {
    JsonNode suggestion = result.get("thresholds").get(0);
    assertThat(suggestion.get("wanted").doubleValue()).isEqualTo(0.7);
    String least = suggestion.get("minProbability").asText();
    Vgg vgg =
        Vgg.run(
            "classify",
            doubtful,
            "--model",
            calibrated,
            "--json-lines",
            "--min-probability",
            least);
    int answered = 0;
    int right = 0;
    for (String line : vgg.out().lines().toList()) {
      JsonNode one = JSON.readTree(line);
      String named = one.get("result").textValue();
      if (!named.equals("none of these")) {
        answered++;
        right += one.get("file").textValue().contains("/" + named + "/") ? 1 : 0;
      }
    }
    assertThat(answered / 24.0).isCloseTo(suggestion.get("answered").doubleValue(), within(1e-9));
    assertThat((double) right / answered)
        .isCloseTo(suggestion.get("right").doubleValue(), within(1e-9))
        .isGreaterThanOrEqualTo(0.7);
  }

  @Test
  void text() throws IOException {
    Vgg vgg = Vgg.run("calibrate", trained.model(), "--data", doubtful, "--protocol=dense");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .containsSubsequence(
            "doubtful: 24 images, dense, Q = 36",
            "before",
            "after",
            "temperature",
            "negative log-likelihood",
            "calibration error",
            "top-1 error",
            "--min-probability",
            "90.00 %",
            "nothing is written: give --out FILE");
  }

  /** Of centre crops no more are held than there are images. */
  @Test
  void aBatchOfMoreThanAllImages() throws IOException {
    Vgg vgg =
        Vgg.run("calibrate", trained.model(), "--data", doubtful, "--json", "--batch=10000000");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(JSON.readTree(vgg.out()).get("before").get("negativeLogLikelihood").doubleValue())
        .isCloseTo(result.get("before").get("negativeLogLikelihood").doubleValue(), within(1e-6));
  }

  /** A model that gets all images right has no best temperature. */
  @Test
  void imagesThatAreAllRightAreRefused() {
    Path out = root.resolve("none.safetensors");
    Vgg vgg = Vgg.run("calibrate", trained.model(), "--data", trained.data(), "--out", out);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err())
        .contains("no temperature fits: the surer the posteriors of these 12 images the better");
    assertThat(Files.exists(out)).isFalse();
  }

  @Test
  void mistakes() {
    Vgg learnt =
        Vgg.run("calibrate", trained.model(), "--data", trained.data(), "--split", "train");
    assertThat(learnt.exitCode()).isEqualTo(1);
    assertThat(learnt.err())
        .contains("the model was trained on split train of ")
        .contains("take split val, or other images");
    assertThat(Vgg.run("calibrate", "m", "--data", "d", "--right", "95").err())
        .contains("option right is 95.0 but must be above 0 and at most 1");
    Vgg over = Vgg.run("calibrate", trained.model(), "--data", doubtful, "--out", trained.model());
    assertThat(over.err()).contains("is the file that is read, and would be lost");
  }
}
