package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.embed.DescriptorTable;
import org.vgg4j.svm.SvmModel;

class SvmCommandTest {
  @TempDir static Path shared;
  private static Trained trained;
  private static Path train;
  private static Path test;

  @TempDir Path root;

  @BeforeAll
  static void describe() throws IOException {
    trained = Trained.in(shared);
    train = embed("train", shared.resolve("train.npy"));
    test = embed("test", shared.resolve("test.npy"));
  }

  private static Path embed(String split, Path out, String... more) {
    Vgg vgg =
        Vgg.run(
            "embed",
            trained.data(),
            "--split",
            split,
            "--model",
            trained.model(),
            "--out",
            out,
            more.length == 0 ? "--flip" : more[0]);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return out;
  }

  private Path svm() {
    return root.resolve("svm.safetensors");
  }

  private void trainSvm(Object... options) {
    Object[] words = new Object[options.length + 5];
    System.arraycopy(new Object[] {"svm", "train", train, "--out", svm()}, 0, words, 0, 5);
    System.arraycopy(options, 0, words, 5, options.length);
    Vgg vgg = Vgg.run(words);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
  }

  private static void assertRefused(Vgg vgg, String sentence) {
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err().lines()).as(vgg.err()).hasSize(1);
    assertThat(vgg.err()).startsWith("vgg: ").contains(sentence);
  }

  /** From descriptors to the classes of images that neither network nor classifiers have seen. */
  @Test
  void trainsEvaluatesAndPredicts() throws IOException {
    Vgg vgg = Vgg.run("svm", "train", train, "--out", svm());
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out().lines()).hasSize(8 + 1);
    assertThat(vgg.out()).contains("C = 0.001    mean class recall ", ": 3 classes, C = ");
    Vgg given =
        Vgg.run("svm", "train", train, "--out", root.resolve("given.svm"), "--cost", 100_000);
    assertThat(given.out()).endsWith(": 3 classes, C = 100000\n");

    Vgg measured = Vgg.run("svm", "evaluate", test, "--svm", svm(), "--json");
    JsonNode json = new ObjectMapper().readTree(measured.out());
    assertThat(json.get("images").intValue()).isEqualTo(9);
    assertThat(json.get("accuracy").doubleValue()).isGreaterThan(0.8);
    assertThat(json.get("classRecall")).hasSize(3);

    Path picture = trained.data().resolve("test/green/1.png");
    Vgg predicted =
        Vgg.run("svm", "predict", picture, "--svm", svm(), "--model", trained.model(), "--json");
    JsonNode result = new ObjectMapper().readTree(predicted.out()).get(0);
    assertThat(result.get("file").textValue()).isEqualTo(picture.toString());
    JsonNode predictions = result.get("predictions");
    assertThat(predictions).hasSize(3);
    assertThat(predictions.get(0).get("label").textValue()).isEqualTo("green");
    assertThat(predictions.get(0).get("score").doubleValue())
        .isGreaterThan(predictions.get(1).get("score").doubleValue());
  }

  @Test
  void optionsReachTheTraining() {
    trainSvm("--cost=2.5", "--loss=L1", "--seed=3");
    SvmModel model = SvmModel.read(svm());
    assertThat(model.options().cost()).isEqualTo(2.5);
    assertThat(model.options().loss()).hasToString("L1");
    assertThat(model.options().seed()).isEqualTo(3);
    assertThat(model.recipe()).containsEntry("tap", "fc7").containsKey("modelSha256");
  }

  @Test
  void otherDescriptorsAndNetworksAreRefused() throws IOException {
    trainSvm("--cost=1");
    Path other = embed("test", root.resolve("other.npy"), "--no-flip");
    assertRefused(
        Vgg.run("svm", "evaluate", other, "--svm", svm()),
        "has descriptors with mirrored false, but the classifiers were trained on true");
    Path network = trained.model().resolveSibling("other.safetensors");
    Files.copy(trained.model().getParent().resolveSibling("last/model.safetensors"), network);
    Path picture = trained.data().resolve("test/green/1.png");
    assertRefused(
        Vgg.run("svm", "predict", picture, "--svm", svm(), "--model", network),
        network + " is not the network that made the descriptors");
    assertRefused(
        Vgg.run("svm", "evaluate", test, "--svm", trained.model()),
        "holds no linear classifiers but a network");
    Path loose = root.resolve("loose.npy");
    Vgg vgg = Vgg.run("embed", picture, "--model", trained.model(), "--out", loose);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertRefused(
        Vgg.run("svm", "train", loose, "--out", svm()), "descriptors of images without classes");
    assertRefused(
        Vgg.run("svm", "train", train, "--out", svm(), "--cost=0"),
        "option cost is 0.0 but must be above 0");
    for (String command : new String[] {"train", "evaluate"}) {
      String file = command.equals("train") ? "--out" : "--svm";
      assertRefused(
          Vgg.run("svm", command, train, file, svm(), "--threads=0"), "option threads is 0");
    }
    assertRefused(
        Vgg.run("svm", "predict", picture, "--svm", svm(), "--model", network, "--top=0"),
        "option top is 0");
    assertThat(Vgg.run("svm").exitCode()).isEqualTo(2);
  }

  /** Two kinds of descriptors of the same images, one behind the other. */
  @Test
  void stackedDescriptors() throws IOException {
    Path trainAlone = embed("train", root.resolve("train-alone.npy"), "--no-flip");
    Path testAlone = embed("test", root.resolve("test-alone.npy"), "--no-flip");
    Vgg vgg = Vgg.run("svm", "train", train, trainAlone, "--out", svm(), "--cost=1");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    SvmModel model = SvmModel.read(svm());
    assertThat(model.svm().width())
        .isEqualTo(2 * SvmCommand.Labelled.open(List.of(train)).rows().width());

    Vgg measured = Vgg.run("svm", "evaluate", test, testAlone, "--svm", svm(), "--json");
    assertThat(measured.exitCode()).as(measured.err()).isZero();
    assertThat(new ObjectMapper().readTree(measured.out()).get("accuracy").doubleValue())
        .isGreaterThan(0.8);
    Path picture = trained.data().resolve("test/green/1.png");
    Vgg predicted =
        Vgg.run(
            "svm",
            "predict",
            picture,
            "--svm",
            svm(),
            "--json",
            "--model",
            trained.model(),
            "--model",
            trained.model());
    assertThat(predicted.exitCode()).as(predicted.err()).isZero();
    JsonNode best = new ObjectMapper().readTree(predicted.out()).get(0).get("predictions").get(0);
    assertThat(best.get("label").textValue()).isEqualTo("green");
    // the score is that of the same image's stored descriptor
    List<String> ids = DescriptorTable.read(test).ids();
    int row =
        ids.indexOf(
            ids.stream().filter(id -> id.endsWith("green/1.png")).findFirst().orElseThrow());
    double[][] scores =
        model.svm().scores(SvmCommand.Labelled.open(List.of(test, testAlone)).rows(), 1);
    assertThat(best.get("score").doubleValue()).isCloseTo(scores[row][1], within(1e-5));

    assertRefused(
        Vgg.run("svm", "evaluate", test, "--svm", svm()),
        "were trained on descriptors of 2 kind(s), but these are of 1");
    assertRefused(
        Vgg.run("svm", "evaluate", testAlone, test, "--svm", svm()),
        "has descriptors with mirrored false, but the classifiers were trained on true");
    assertRefused(
        Vgg.run("svm", "predict", picture, "--svm", svm(), "--model", trained.model()),
        "of 2 kind(s), but option model is given 1 time(s)");
    assertRefused(
        Vgg.run("svm", "train", train, test, "--out", svm()), "has other images than " + train);
    assertRefused(
        Vgg.run("svm", "train", train, train, "--out", svm()), "by the same network and recipe");
    Path copy = Files.copy(trainAlone, root.resolve("copy.npy"));
    Files.copy(root.resolve("train-alone.json"), root.resolve("copy.json"));
    assertRefused(
        Vgg.run("svm", "train", train, trainAlone, copy, "--out", svm()),
        copy + " was made by the same network and recipe as " + trainAlone);
  }
}
