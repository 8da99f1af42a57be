package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.embed.DescriptorTable;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Task;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;
import org.vgg4j.weights.TestModels;

/** Models that were trained without mirror images are shown none, unless they are asked for. */
class MirrorImagesTest {
  private static final String[] CLASSES = {"blue", "green"};

  @TempDir Path root;
  private Path unflipped;
  private Path usual;
  private Path folder;
  private Path image;

  @BeforeEach
  void write() throws IOException {
    ModelFile random = unsure(TestModels.random(Configuration.A, CLASSES));
    usual = write("usual", random);
    unflipped = write("unflipped", withoutMirrorImages(random));
    folder = root.resolve("pictures");
    image = Pictures.write(folder.resolve("blue/0.png"), 0, new Random(4), 36, 36);
    Pictures.write(folder.resolve("green/0.png"), 1, new Random(5), 36, 36);
  }

  private Path write(String name, ModelFile model) {
    Path file = root.resolve(name + ".safetensors");
    model.write(file);
    return file;
  }

  /** With small scores, so that probabilities are neither 0 nor 1. */
  private static ModelFile unsure(ModelFile model) {
    Map<String, float[]> arrays = new LinkedHashMap<>(model.arrays());
    for (String name : List.of("classifier.6.weight", "classifier.6.bias")) {
      float[] values = arrays.get(name).clone();
      for (int i = 0; i < values.length; i++) {
        values[i] *= 1e-3F;
      }
      arrays.put(name, values);
    }
    return with(model, arrays, model.provenance());
  }

  private static ModelFile withoutMirrorImages(ModelFile model) {
    Provenance provenance = new Provenance(Map.of("flip", false), "pets", "0123", "1.0", Map.of());
    return with(model, model.arrays(), provenance);
  }

  private static ModelFile with(
      ModelFile model, Map<String, float[]> arrays, Provenance provenance) {
    return new ModelFile(
        model.architecture(), arrays, model.preprocessing(), model.classNames(), provenance);
  }

  private static JsonNode json(Object... words) throws IOException {
    Vgg vgg = Vgg.run(words);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return new ObjectMapper().readTree(vgg.out());
  }

  /** Each model of a fusion as it was trained. */
  @Test
  void evaluate() throws IOException {
    Object[] words = {
      "evaluate", "--model", unflipped, "--fuse", usual, "--data", folder, "--protocol=dense", "-q"
    };
    assertThat(flips(words)).containsExactly(false, true);
    assertThat(flips(and(words, "--flip"))).containsExactly(true, true);
    assertThat(flips(and(words, "--no-flip"))).containsExactly(false, false);
    words[7] = "--protocol=center-crop";
    assertThat(flips(words)).containsExactly(false, false);
  }

  private static List<Boolean> flips(Object... words) throws IOException {
    return json(and(words, "--json")).findValues("flip").stream()
        .map(JsonNode::booleanValue)
        .toList();
  }

  private static Object[] and(Object[] words, Object... more) {
    Object[] all = new Object[words.length + more.length];
    System.arraycopy(words, 0, all, 0, words.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return all;
  }

  @Test
  void classify() throws IOException {
    double upright = blue(unflipped, "--no-flip");
    assertThat(blue(unflipped)).isEqualTo(upright).isNotEqualTo(blue(usual));
    assertThat(blue(unflipped, "--flip")).isEqualTo(blue(usual));
  }

  private double blue(Path model, Object... more) throws IOException {
    Object[] words = {"classify", image, "--model", model, "--protocol=dense", "--json"};
    for (JsonNode guess : json(and(words, more)).at("/0/predictions")) {
      if (guess.get("index").intValue() == 0) {
        return guess.get("probability").doubleValue();
      }
    }
    throw new AssertionError("no class blue");
  }

  @Test
  void calibrate() throws IOException {
    ModelFile constant = TestModels.constant(new float[] {3, 0}, CLASSES);
    Path data = mostly("blue");
    Object[] words = {"calibrate", "", "--data", data, "--protocol=dense", "--json"};
    words[1] = write("without", withoutMirrorImages(constant));
    assertThat(json(words).at("/calibration/protocol").textValue())
        .isEqualTo("dense, no mirror images");
    words[1] = write("with", constant);
    assertThat(json(words).at("/calibration/protocol").textValue()).isEqualTo("dense");
  }

  @Test
  void embedAndIndex() throws IOException {
    Path rows = root.resolve("rows.npy");
    for (Object[] words :
        List.of(
            new Object[] {"embed", folder, "--unlabelled", "--out", rows},
            new Object[] {"index", folder, "--out", root.resolve("pictures.index")})) {
      Object[] of = and(words, "--json", "--model", unflipped);
      assertThat(json(of).at("/recipe/mirrored").booleanValue()).isFalse();
      Files.deleteIfExists(Path.of(words[words.length - 1].toString()));
      assertThat(json(and(of, "--flip")).at("/recipe/mirrored").booleanValue()).isTrue();
      Files.deleteIfExists(Path.of(words[words.length - 1].toString()));
      of[of.length - 1] = usual;
      assertThat(json(of).at("/recipe/mirrored").booleanValue()).isTrue();
    }
    assertThat(DescriptorTable.read(rows).recipe()).containsEntry("mirrored", true);
  }

  @Test
  void reproduceFeatures() throws IOException {
    Path year = new FeatureSets(root).voc2007();
    Path out = root.resolve("tables");
    Object[] words = {
      "reproduce", "features", "--model", unflipped, "--model", usual, "--voc-2007", year
    };
    Vgg vgg = Vgg.run(and(words, "--out", out, "--test-scales=32", "-q"));
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    Path descriptors = out.resolve("descriptors");
    assertThat(DescriptorTable.read(descriptors.resolve("voc-2007-test-1.npy")).recipe())
        .containsEntry("mirrored", false);
    assertThat(DescriptorTable.read(descriptors.resolve("voc-2007-test-2.npy")).recipe())
        .containsEntry("mirrored", true);
    assertThat(Files.readString(out.resolve("tables.html")))
        .containsPattern("positions and, but for [^,]+, which learnt without them, mirror images");
  }

  /** What is sought is described as the index says, whatever its model's habit is. */
  @Test
  void searchTakesTheIndexsRecipe() throws IOException {
    for (String option : List.of("--flip", "--no-flip")) {
      Path index = root.resolve("of" + option);
      json("index", folder, "--out", index, "--model", unflipped, option, "--json");
      JsonNode best = json("search", index, image, "--json").findValues("cosine").get(0);
      assertThat(best.doubleValue()).as(option).isGreaterThan(0.999999);
    }
  }

  /**
   * The classifier takes a picture for blue, and together with its mirror image for green: the bias
   * of blue is chosen so.
   */
  @Test
  void localizeEvaluate() throws IOException {
    double upright = logit(blue(usual, "--no-flip"));
    Path flipped = root.resolve("flipped.png");
    mirror(image, flipped);
    Path kept = image;
    image = flipped;
    double mirrored = logit(blue(usual, "--no-flip"));
    image = kept;
    ModelFile model = withoutMirrorImages(ModelFile.read(usual));
    Map<String, float[]> arrays = new LinkedHashMap<>(model.arrays());
    float[] biases = arrays.get("classifier.6.bias").clone();
    biases[0] -= (float) (0.75 * upright + 0.25 * mirrored);
    arrays.put("classifier.6.bias", biases);
    String seen = upright > mirrored ? "blue" : "green"; // without the mirror image
    Path classifier = write("narrow", with(model, arrays, model.provenance()));
    Path data = mostly(seen);
    Object[] words = {"evaluate", "--model", classifier, "--data", data, "--json"};
    assertThat(top1(and(words, "--protocol=dense", "--flip"))).isCloseTo(200 / 3.0, within(0.1));
    assertThat(top1(and(words, "--protocol=dense"))).isCloseTo(100 / 3.0, within(0.1));
    assertThat(top1(localize(data, classifier.toString()))).isCloseTo(100 / 3.0, within(0.1));
  }

  /** At temperature 1, the first of the models would decide; at its own, the second does. */
  @Test
  void localizeEvaluateTakesModelsAtTheirTemperatures() throws IOException {
    Path sure =
        write(
            "sure",
            TestModels.constant(new float[] {6, 0}, CLASSES)
                .withCalibration(new Calibration(20, "pets", 9, "dense", List.of(36))));
    Path modest = write("modest", TestModels.constant(new float[] {0, 2}, CLASSES));
    Path data = mostly("green");
    Object[] evaluate = {"evaluate", "--fuse", sure + "," + modest, "--data", data, "--json"};
    assertThat(top1(evaluate)).isCloseTo(100 / 3.0, within(0.1));
    assertThat(top1(localize(data, sure + "," + modest))).isCloseTo(100 / 3.0, within(0.1));
  }

  /** The same picture three times, twice in the folder of one class, with boxes for all. */
  private Path mostly(String label) throws IOException {
    Path data = root.resolve("data");
    List<String> lines = new ArrayList<>(List.of("file,label,xmin,ymin,xmax,ymax"));
    for (int i = 0; i < 3; i++) {
      String own = i < 2 ? label : label.equals("blue") ? "green" : "blue";
      Path file = data.resolve(own).resolve(i + ".png");
      Files.createDirectories(file.getParent());
      Files.copy(image, file);
      lines.add("%d.png,%s,4,4,30,30".formatted(i, own));
    }
    Files.write(root.resolve("boxes.csv"), lines);
    return data;
  }

  private Object[] localize(Path data, String labels) {
    Path finder = write("finder", TestModels.constant(Task.BOX_PER_CLASS, new float[8], CLASSES));
    return new Object[] {
      "localize",
      "evaluate",
      "--model",
      finder,
      "--labels",
      labels,
      "--data",
      data,
      "--boxes",
      root.resolve("boxes.csv"),
      "--json"
    };
  }

  private static double top1(Object... words) throws IOException {
    return json(words).get("top1Error").doubleValue();
  }

  private static double logit(double probability) {
    return Math.log(probability / (1 - probability));
  }

  private static void mirror(Path from, Path to) throws IOException {
    BufferedImage upright = ImageIO.read(from.toFile());
    int width = upright.getWidth();
    BufferedImage flipped = new BufferedImage(width, upright.getHeight(), upright.getType());
    for (int y = 0; y < upright.getHeight(); y++) {
      for (int x = 0; x < width; x++) {
        flipped.setRGB(width - 1 - x, y, upright.getRGB(x, y));
      }
    }
    assertThat(ImageIO.write(flipped, "png", to.toFile())).isTrue();
  }
}
