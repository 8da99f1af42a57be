package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables 11 and 12 on miniatures of the data sets. */
class ReproduceFeaturesCommandTest {
  @TempDir static Path shared;
  private static Path model;
  private static Path other;

  @TempDir Path root;

  @BeforeAll
  static void train() throws IOException {
    model = Trained.in(shared).model();
    other = model.getParent().resolveSibling("last/model.safetensors");
  }

  private Path out() {
    return root.resolve("tables");
  }

  private Vgg reproduce(Object... options) {
    Object[] words = {"reproduce", "features", "--model", model, "--out", out()};
    Object[] all = Arrays.copyOf(words, words.length + options.length);
    System.arraycopy(options, 0, all, words.length, options.length);
    return Vgg.run(all);
  }

  private List<String> lines(String table) throws IOException {
    return Files.readAllLines(out().resolve(table + ".csv"));
  }

  private static void assertRefused(Vgg vgg, String sentence) {
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err().strip().lines()).as(vgg.err()).hasSize(1);
    assertThat(vgg.err()).startsWith("vgg: ").contains(sentence);
  }

  /** Both networks, both years, actions; the second time nothing is described again. */
  @Test
  void vocAndActions() throws IOException {
    FeatureSets sets = new FeatureSets(root);
    Object[] options = {
      "--model", other, "--voc-2007", sets.voc2007(), "--voc-2012", sets.voc2012()
    };
    Vgg vgg = reproduce(options);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .contains("All of it takes about", "describing action-test-boxes", "The tables: open");
    assertThat(Files.readString(out().resolve("tables.html")))
        .contains("Table 11: classification", "Table 12: actions", "learnt from train");
    // the colours are easily told apart
    String one = "here: A (%s)".formatted(model);
    assertThat(lines("table-11"))
        .hasSize(1 + 8 + 3)
        .contains(one + ",100.0,100.0 (val),-,-", "here: both stacked,100.0,100.0 (val),-,-");
    assertThat(lines("table-12"))
        .hasSize(1 + 5 + 6)
        .contains("\"paper: VGG D and E, image and box\",84.0,-")
        .contains("\"" + one + ", image and box\",100.0 (val),with other 100.0");
    assertThat(lines("details").get(1)).contains(",24,12 of test,");
    assertThat(lines("details").get(2)).contains(",12,12 of val,");
    Path submission = out().resolve("submission-all/results/VOC2012/Main");
    assertThat(Files.readAllLines(submission.resolve("comp2_cls_test_green.txt")))
        .hasSize(FeatureSets.IMAGES)
        .allMatch(line -> line.matches("0000\\d\\d -?\\d.*"));
    Path actions = out().resolve("submission-1-image-and-box/results/VOC2012/Action");
    assertThat(Files.readAllLines(actions.resolve("comp10_action_test_jumping.txt")))
        .hasSize(FeatureSets.IMAGES)
        .allMatch(line -> line.matches("0000\\d\\d 1 -?\\d.*"));

    Path descriptors = out().resolve("descriptors/voc-2007-test-1.npy");
    FileTime written = Files.getLastModifiedTime(descriptors);
    List<String> before = lines("details");
    Vgg again = reproduce(options);
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(Files.getLastModifiedTime(descriptors)).isEqualTo(written);
    assertThat(lines("details")).isEqualTo(before);
    assertRefused(
        reproduce("--voc-2007", root.resolve("VOCdevkit/VOC2007"), "--cost", 3),
        "give another --out, or the same options");
  }

  @Test
  void caltech() throws IOException {
    Path caltech = new FeatureSets(root).caltech101();
    Vgg vgg = reproduce("--caltech-101", caltech, "--cost", 0.01, "--test-scales", "32,40");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    // three colours, and 102 classes
    assertThat(lines("table-11").get(9)).matches("here: A \\(.*\\),-,-,[1-5]\\.\\d±\\d\\.\\d,-");
    assertThat(lines("details").get(1)).contains(",\"3,060\",204 of test,", ",0.01; 0.01; 0.01,");
    assertThat(lines("classes")).hasSize(1 + 102);
  }

  @Test
  void mistakesAreNamedBeforeTheWork() throws IOException {
    assertRefused(reproduce(), "there is no data set to measure on");
    Path year = new FeatureSets(root).voc2007();
    assertRefused(
        reproduce("--voc-2012", year), "is called VOC2007, but option voc-2012 needs VOC2012");
    assertRefused(reproduce("--voc-2007", year, "--model", model), "one model is given twice");
    assertRefused(
        reproduce("--voc-2007", year, "--cost", 0), "option cost is 0.0 but must be above 0");
    assertRefused(
        reproduce("--voc-2007", year, "--test-scales", "16"), "test scale Q = 16 is below crop 32");
    assertRefused(
        reproduce("--voc-2007", year, "--test-scales", "x"), "option test-scales is x but must be");
    for (String name : Pictures.CLASSES) {
      Files.delete(year.resolve("ImageSets/Main/" + name + "_test.txt"));
    }
    assertRefused(
        reproduce("--voc-2007", year),
        "no lists of the classes that the images of VOC2007/test show");
    Files.delete(year.resolve("JPEGImages/000003.jpg"));
    assertRefused(reproduce("--voc-2007", year), "1 of the 24 images of trainval are missing");
    assertRefused(reproduce("--caltech-101", year), "is neither Caltech-101 nor Caltech-256");
    assertThat(out()).doesNotExist();
  }

  @Test
  void anUnreadableImageEndsTheRun() throws IOException {
    Path year = new FeatureSets(root).voc2007();
    Files.writeString(year.resolve("JPEGImages/000030.jpg"), "none");
    Vgg vgg = reproduce("--voc-2007", year);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).contains("1 of the 12 images of VOC2007/test cannot be read", "000030");
  }
}
