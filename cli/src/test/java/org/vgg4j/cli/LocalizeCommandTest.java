package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Boxes of 10 pixels for blue, 18 for green and 28 for red, in the middle of 32 x 32. */
class LocalizeCommandTest {
  @TempDir static Path shared;
  private static Trained trained;
  private static TrainedBoxes boxes;

  @TempDir Path root;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(shared);
    boxes = TrainedBoxes.in(shared, trained);
  }

  private static Vgg evaluate(Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("localize", "evaluate", "--data", trained.data(), "--boxes", boxes.boxes()));
    words.addAll(Arrays.asList(more));
    return Vgg.run(words.toArray());
  }

  private static JsonNode json(Vgg vgg) throws IOException {
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return new ObjectMapper().readTree(vgg.out());
  }

  @Test
  void centralCrop() throws IOException {
    Vgg text = evaluate("--model", boxes.model());
    assertThat(text.exitCode()).as(text.err()).isZero();
    assertThat(text.out())
        .contains("pets/test, class known, central crop: error ", " of 9 images", "mean overlap");
    JsonNode network = json(evaluate("--model", boxes.model(), "--json")).at("/networks/0");
    assertThat(network.get("images").asInt()).isEqualTo(9);
    assertThat(network.get("boxError").asDouble()).isLessThan(20);
    assertThat(network.get("meanOverlap").asDouble()).isBetween(0.6, 1.0);
    assertThat(network.at("/classes/2/label").asText()).isEqualTo("red");
    JsonNode part = json(evaluate("--model", boxes.model(), "--split", "val", "--json"));
    assertThat(part.at("/networks/0/images").asInt()).isEqualTo(12);
  }

  /** A stored opinion is worth as much as the model's, but rates images instead of windows. */
  @Test
  void fullProtocol() throws IOException {
    Path posteriors = root.resolve("test.npy");
    Vgg stored =
        Vgg.run(
            "evaluate",
            "--model",
            trained.model(),
            "--data",
            trained.data(),
            "--protocol=dense",
            "--save-posteriors",
            posteriors);
    assertThat(stored.exitCode()).as(stored.err()).isZero();
    JsonNode rated =
        json(evaluate("--model", boxes.model(), "--labels", trained.model(), "--json"));
    assertThat(rated.get("ratedBy").asText()).isEqualTo("window");
    assertThat(rated.get("localisationTop5Error").asDouble()).isLessThan(20);
    assertThat(rated.get("top5Error").asDouble()).isZero();
    assertThat(rated.get("boxesPerImage").asDouble()).as("a window, 3 classes").isEqualTo(3);
    JsonNode byImage = json(evaluate("--model", boxes.model(), "--labels", posteriors, "--json"));
    assertThat(byImage.get("ratedBy").asText()).isEqualTo("image");
    for (String figure : List.of("localisationTop5Error", "localisationTop1Error", "top1Error")) {
      assertThat(byImage.get(figure).asDouble()).isEqualTo(rated.get(figure).asDouble());
    }
    Vgg text = evaluate("--model", boxes.model(), "--labels", posteriors, "--threshold", 0.3);
    assertThat(text.out())
        .contains("3.0 boxes an image, rated by the image's posteriors, merged up to 0.3 (ours)")
        .contains("localisation    top-5");
  }

  /** The boxes but for those of some images. */
  private Path boxesWithout(String... images) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(boxes.boxes()));
    for (String image : images) {
      assertThat(lines.removeIf(line -> line.startsWith(image + ","))).isTrue();
    }
    return Files.write(root.resolve("some.csv"), lines);
  }

  /** Both protocols, for people and for programs, with -q too. */
  @Test
  void imagesWithoutABoxAreCounted() throws IOException {
    Path some = boxesWithout("test/red/0.png", "test/blue/2.png", "val/red/0.png");
    Object[] of = {
      "localize", "evaluate", "--data", trained.data(), "--model", boxes.model(), "-q"
    };
    for (Object[] words : List.of(of, and(of, "--labels", trained.model()))) {
      Vgg text = Vgg.run(and(words, "--boxes", some));
      assertThat(text.exitCode()).as(text.err()).isZero();
      assertThat(text.out())
          .contains("2 images have no box of their class, and are in none of these figures.\n")
          .contains(" of 7 images");
      JsonNode found = json(Vgg.run(and(words, "--boxes", some, "--json")));
      JsonNode result = found.has("networks") ? found.at("/networks/0") : found;
      assertThat(result.get("leftOut").asInt()).isEqualTo(2);
      assertThat(result.get("images").asInt()).isEqualTo(7);
      Vgg all = Vgg.run(and(words, "--boxes", boxes.boxes()));
      assertThat(all.out()).contains(" of 9 images").doesNotContain("in none of these figures");
      assertThat(Vgg.run(and(words, "--boxes", boxes.boxes(), "--json")).out())
          .contains("\"leftOut\" : 0");
    }
    Object[] choice = and(of, "--labels", trained.model(), "--split=val", "--choose-threshold");
    assertThat(Vgg.run(and(choice, "--boxes", some)).out())
        .contains("1 image has no box of its class, and is in none of these figures.\n");
    assertThat(json(Vgg.run(and(choice, "--boxes", some, "--json"))).get("leftOut").asInt())
        .isEqualTo(1);
  }

  /** Posteriors are stored of all images, also of those without a box. */
  @Test
  void storedPosteriorsOfMoreImagesAreFused() throws IOException {
    Path posteriors = root.resolve("test.npy");
    Object[] store = {
      "evaluate", "--model", trained.model(), "--data", trained.data(), "--protocol=dense"
    };
    assertThat(Vgg.run(and(store, "--save-posteriors", posteriors)).exitCode()).isZero();
    Path some = boxesWithout("test/blue/1.png");
    Object[] of = {"localize", "evaluate", "--data", trained.data(), "--boxes", some};
    for (String labels :
        List.of(
            trained.model() + "," + posteriors,
            posteriors + "," + trained.model(),
            posteriors.toString())) {
      JsonNode found =
          json(Vgg.run(and(of, "--model", boxes.model(), "--labels", labels, "--json")));
      assertThat(found.get("images").asInt()).as(labels).isEqualTo(8);
      assertThat(found.get("top5Error").asDouble()).isZero();
    }
    Object[] validation = {"--split=val", "--labels", trained.model() + "," + posteriors};
    Vgg missing = Vgg.run(and(and(of, "--model", boxes.model()), validation));
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.err().strip())
        .startsWith("vgg: the posteriors have nothing of image ")
        .endsWith("store them for the same images, with vgg evaluate --save-posteriors")
        .doesNotContain("\n");
  }

  /** Of the same data, with another seed, other images were held out. */
  @Test
  void imagesThatTheClassifierLearntFromAreNoted() throws IOException {
    Path data = Pictures.writeClasses(root.resolve("colours"), 20, 9);
    List<String> lines = new ArrayList<>(List.of("file,label,xmin,ymin,xmax,ymax"));
    for (String name : Pictures.CLASSES) {
      for (int i = 0; i < 20; i++) {
        lines.add("%s/%d.png,%s,4,4,28,28".formatted(name, i, name));
      }
    }
    Path table = Files.write(root.resolve("colours.csv"), lines);
    String[] small = {
      "--width=0.03", "--crop=32", "--scale=32", "--batch=16", "--epochs=1", "--quiet"
    };
    Object[] train = {"train", "--data", data, "--seed=1", "--out", root.resolve("what")};
    assertThat(Vgg.run(and(train, (Object[]) small)).exitCode()).isZero();
    Object[] where = {
      "localize", "train", "--data", data, "--boxes", table, "--seed=2", "--held-out=0.2", "--out"
    };
    Object[] all = and(and(where, root.resolve("where")), (Object[]) small);
    assertThat(Vgg.run(all).exitCode()).isZero();
    Path classifier = root.resolve("what/best/model.safetensors");
    Object[] evaluate = {
      "localize", "evaluate", "--data", data, "--boxes", table, "--labels", classifier, "--model"
    };
    Vgg vgg = Vgg.run(and(evaluate, root.resolve("where/best/model.safetensors"), "-q"));
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.err())
        .startsWith("vgg: " + classifier + " learnt from ")
        .containsPattern("from \\d+ of the 12 images, so errors will be too low");
  }

  /** 1 + 4 windows at 32 and 64 pixels, 3 classes, 2 networks. */
  @Test
  void scalesAndNetworksAreTakenTogether() throws IOException {
    Path other =
        TrainedBoxes.train(root.resolve("scr"), trained, boxes.boxes(), "--regression=scr");
    String both = boxes.model() + "," + other;
    JsonNode found =
        json(
            evaluate(
                "--model", both, "--labels", trained.model(), "--test-scales=32,64", "--json"));
    assertThat(found.get("boxesPerImage").asDouble()).isEqualTo(30);
    assertThat(found.get("models")).hasSize(2);
    assertThat(json(evaluate("--model", both, "--json")).get("networks")).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({"ours,18", "published,17"})
  void choosesAThreshold(String rule, int size) throws IOException {
    List<Object> words =
        List.of(
            "--model",
            boxes.model(),
            "--labels",
            trained.model(),
            "--split=val",
            "--test-scales=32,64",
            "--choose-threshold",
            "--merge=" + rule);
    JsonNode found = json(evaluate(Stream.concat(words.stream(), Stream.of("--json")).toArray()));
    assertThat(found.get("grid")).hasSize(size);
    double best = Double.POSITIVE_INFINITY;
    double threshold = -1;
    for (JsonNode one : found.get("grid")) {
      if (one.get("localisationError").asDouble() < best) {
        best = one.get("localisationError").asDouble();
        threshold = one.get("threshold").asDouble();
      }
    }
    assertThat(found.get("threshold").asDouble()).isEqualTo(threshold);
    // and with it, the same error
    JsonNode again =
        json(
            evaluate(
                "--model",
                boxes.model(),
                "--labels",
                trained.model(),
                "--split=val",
                "--test-scales=32,64",
                "--merge=" + rule,
                "--threshold=" + threshold,
                "--json"));
    assertThat(again.get("localisationTop5Error").asDouble()).isCloseTo(best, within(1e-9));
    assertThat(evaluate(words.toArray()).out())
        .contains(
            "The best on these images is --threshold "
                + found.get("threshold").asText().replaceFirst("\\.0$", ""));
  }

  @Test
  void drawsAndPrintsBoxes() throws IOException {
    Path image = trained.data().resolve("test/green/0.png");
    Path folder = root.resolve("drawn");
    Object[] words = {
      "localize", image, "--model", boxes.model(), "--labels", trained.model(), "--top=2"
    };
    JsonNode found = json(Vgg.run(and(words, "--json"))).get(0);
    assertThat(found.get("file").asText()).isEqualTo(image.toString());
    assertThat(found.get("objects")).hasSize(2);
    JsonNode first = found.at("/objects/0");
    assertThat(first.get("label").asText()).isEqualTo("green");
    assertThat(first.get("probability").asDouble()).isBetween(0.5, 1.0);
    for (int edge = 0; edge < 4; edge++) {
      assertThat(first.at("/box/" + edge).asDouble()).isCloseTo(edge < 2 ? 7 : 25, within(3.0));
    }
    List<String> lines = Vgg.run(and(words, "--csv")).out().lines().toList();
    assertThat(lines).hasSize(3).startsWith("file,rank,label,probability,xmin,ymin,xmax,ymax");
    assertThat(lines.get(1)).startsWith(image + ",1,green,").matches(".*(,\\d+\\.\\d{2}){4}");
    Vgg text = Vgg.run(and(words, "--out", folder));
    assertThat(text.out()).contains(" %  green  x ").contains("drawn: " + folder);
    assertThat(ImageIO.read(folder.resolve("0.png").toFile()).getWidth()).isPositive();

    // beside the images themselves, which are kept
    Path beside = Files.createDirectories(folder.resolve("beside"));
    Path own = Files.copy(image, beside.resolve("cat.png"));
    words[1] = own;
    assertThat(Vgg.run(and(words, "--out", beside.resolve("../beside"))).exitCode()).isZero();
    assertThat(own).hasSameBinaryContentAs(image);
    assertThat(beside.resolve("cat-2.png")).exists();
  }

  private static Object[] and(Object[] words, Object... more) {
    List<Object> all = new ArrayList<>(Arrays.asList(words));
    all.addAll(Arrays.asList(more));
    return all.toArray();
  }

  @Test
  void oneImageThatCannotBeReadIsNamedAndTheOthersAreDone() throws IOException {
    Path broken = Files.write(root.resolve("broken.png"), new byte[] {1, 2, 3});
    Path image = trained.data().resolve("test/red/1.png");
    Vgg vgg =
        Vgg.run(
            "localize",
            broken,
            image,
            "--model",
            boxes.model(),
            "--labels",
            trained.model(),
            "--csv");
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.out().lines()).hasSize(2);
    assertThat(vgg.err().strip().lines()).hasSize(1).first().asString().contains("broken.png");
  }

  /** MODEL finds boxes, LABELS classifies, DATA are the images and BOXES theirs. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "localize evaluate --data DATA --boxes BOXES --model LABELS"
            + " | LABELS classifies and finds no boxes",
        "localize evaluate --data DATA --boxes BOXES --model MODEL --labels MODEL"
            + " | MODEL finds boxes and does not classify",
        "localize evaluate --data DATA --model MODEL"
            + " | pets has no boxes, which localisation needs: put boxes.csv",
        "localize evaluate --data fashion-boxes --model MODEL"
            + " | the model does not fit the data fashion-boxes/test: it does not know T-shirt/top",
        "localize evaluate --data DATA --boxes BOXES --model MODEL --test-scales 32,64"
            + " | option test-scales is 32,64, but the central crop is of one scale: give one",
        "localize evaluate --data DATA --boxes BOXES --model MODEL --labels LABELS --merge"
            + " published | the published score has no threshold that suits all images: choose one",
        "localize evaluate --data DATA --boxes BOXES --model MODEL --labels LABELS --merge theirs |"
            + " option merge is 'theirs' but must be ours or published",
        "localize evaluate --data DATA --boxes BOXES --model MODEL --threshold 1"
            + " | the central crop gives one box for each image, and nothing to merge or submit",
        "localize evaluate --data DATA --boxes BOXES --model MODEL --labels LABELS --threshold 1"
            + " --choose-threshold | option threshold is 1.0, though it is to be chosen: leave out"
            + " one",
        "localize IMAGE --model LABELS --labels LABELS" + " | LABELS classifies and finds no boxes",
        "localize IMAGE --model MODEL --labels MODEL"
            + " | MODEL finds boxes and does not classify",
        "classify IMAGE --model MODEL" + " | MODEL finds boxes and does not classify",
        "evaluate --data DATA --model MODEL" + " | MODEL finds boxes and does not classify",
        "heatmap IMAGE --model MODEL --out ROOT/h.png"
            + " | MODEL finds boxes and does not classify",
        "localize IMAGE --model MODEL --labels LABELS --test-scales 16"
            + " | test scale Q = 16 is below crop 32: take scales of at least",
      })
  void wrongInputIsOneSentence(String command, String sentence) {
    Vgg vgg = Vgg.run((Object[]) filled(command).split(" "));
    assertThat(vgg.exitCode()).as(vgg.err()).isEqualTo(1);
    assertThat(vgg.err().strip()).startsWith("vgg: " + filled(sentence)).doesNotContain("\n");
  }

  private String filled(String text) {
    return text.replace("DATA", trained.data().toString())
        .replace("BOXES", boxes.boxes().toString())
        .replace("MODEL", boxes.model().toString())
        .replace("LABELS", trained.model().toString())
        .replace("IMAGE", trained.data().resolve("test/red/0.png").toString())
        .replace("ROOT", root.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nowhere/77.png,red,1,1,9,9 | has no boxes of these images",
        "train/red/0.png,red,40,40,50,50 | none of the boxes that were tried lies inside",
        "train/red/0.png,pink,1,1,9,9 | are of other classes than pets has: pink is none of blue",
      })
  void boxesThatDoNotFit(String line, String sentence) throws IOException {
    Path file =
        Files.writeString(root.resolve("b.csv"), "file,label,xmin,ymin,xmax,ymax\n" + line + "\n");
    for (String command : List.of("train --dry-run --from LABELS", "evaluate --model MODEL")) {
      Vgg vgg =
          Vgg.run(
              (Object[]) filled("localize " + command + " --data DATA --boxes " + file).split(" "));
      assertThat(vgg.exitCode()).isEqualTo(1);
      assertThat(vgg.err().strip()).startsWith("vgg: ").contains(sentence).doesNotContain("\n");
    }
  }
}
