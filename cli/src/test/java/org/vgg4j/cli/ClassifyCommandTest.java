package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifyCommandTest {
  @TempDir static Path shared;
  private static Trained trained;

  @TempDir Path root;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(shared);
  }

  private static Vgg classify(Object... args) {
    List<Object> all = new ArrayList<>(List.of("classify", "--model", trained.model()));
    all.addAll(List.of(args));
    return Vgg.run(all.toArray());
  }

  private Path picture(String name, int label) throws IOException {
    return Pictures.write(root.resolve(name), label, new Random(9));
  }

  @Test
  void text() throws IOException {
    Path red = picture("red.png", 2);
    Vgg vgg = classify(red);
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.err()).isEmpty();
    List<String> lines = vgg.out().lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0)).isEqualTo(red.toString());
    assertThat(lines.get(1)).matches(" +[0-9.]+ %  red");
    assertThat(classify(red, "--top", "1").out().lines()).hasSize(2);
  }

  @Test
  void json() throws IOException {
    Path red = picture("red.png", 2);
    Path blue = picture("blue.png", 0);
    Vgg vgg = classify("--json", blue, red);
    assertThat(vgg.exitCode()).isZero();
    JsonNode results = new ObjectMapper().readTree(vgg.out());
    assertThat(results.findValuesAsText("file")).containsExactly(blue.toString(), red.toString());
    JsonNode guesses = results.get(1).get("predictions");
    assertThat(guesses).hasSize(3);
    assertThat(guesses.get(0).get("label").textValue()).isEqualTo("red");
    assertThat(guesses.get(0).get("index").intValue()).isEqualTo(2);
    double sum = 0;
    for (JsonNode guess : guesses) {
      sum += guess.get("probability").doubleValue();
    }
    assertThat(sum).isCloseTo(1, within(1e-5));
  }

  @Test
  void csvQuotesWhatItMust() throws IOException {
    Path comma = picture("red, \"really\".png", 2);
    Vgg vgg = classify("--csv", "--top=1", comma);
    assertThat(vgg.exitCode()).isZero();
    List<String> lines = vgg.out().lines().toList();
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).isEqualTo("file,rank,label,index,probability");
    String quoted = "\"" + comma.toString().replace("\"", "\"\"") + "\"";
    assertThat(lines.get(1)).startsWith(quoted + ",1,red,2,");
  }

  /** Runs with some bytes on standard input. */
  private static Vgg classify(byte[] input, Object... args) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input));
    try {
      return classify(args);
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void standardInput() throws IOException {
    Path red = picture("red.png", 2);
    Vgg vgg = classify(Files.readAllBytes(red), "--json", "-", red);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    JsonNode results = new ObjectMapper().readTree(vgg.out());
    assertThat(results.findValuesAsText("file")).containsExactly("-", red.toString());
    assertThat(results.get(0).get("predictions")).isEqualTo(results.get(1).get("predictions"));
  }

  @Test
  void standardInputWithoutAnImage() {
    Vgg empty = classify(new byte[0], "-");
    assertThat(empty.exitCode()).isEqualTo(1);
    assertThat(empty.err())
        .isEqualToIgnoringNewLines(
            "vgg: standard input is empty: give it an image, as in vgg classify - < photo.jpg");
    Vgg text = classify("no picture".getBytes(StandardCharsets.UTF_8), "-");
    assertThat(text.exitCode()).isEqualTo(1);
    assertThat(text.err()).startsWith("vgg: standard input is not an image that can be read");
    Vgg twice = classify(new byte[0], "-", "-");
    assertThat(twice.exitCode()).isEqualTo(1);
    assertThat(twice.err())
        .isEqualToIgnoringNewLines("vgg: standard input holds one image: give - only once");
  }

  /** More than fit into one round of the command and into one batch of the network. */
  @Test
  void folder() throws IOException {
    Path folder = Pictures.writeClasses(root.resolve("folder"), 25, 4);
    Files.writeString(folder.resolve("notes.txt"), "not a picture, and not one by its name");
    Vgg vgg = classify("--json", folder, "--top", "1");
    assertThat(vgg.exitCode()).isZero();
    JsonNode results = new ObjectMapper().readTree(vgg.out());
    assertThat(results).hasSize(75);
    for (JsonNode result : results) {
      String label = result.get("predictions").get(0).get("label").textValue();
      assertThat(result.get("file").textValue()).contains("/" + label + "/");
    }
  }

  /** Cameras of telephones make HEIC by default: whoever has a folder of both must not miss any. */
  @Test
  void imagesOfAFolderThatCannotBeReadAreSaid() throws IOException {
    Path folder = Pictures.writeClasses(root.resolve("telephone"), 1, 4);
    for (String name : List.of("red/a.heic", "blue/b.HEIC", "c.avif")) {
      Files.write(folder.resolve(name), new byte[] {0, 0, 0, 24});
    }
    Files.writeString(folder.resolve("notes.txt"), "no image");
    Vgg vgg = classify("--csv", "--top=1", folder);
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out().lines()).hasSize(4);
    assertThat(vgg.err().lines())
        .containsExactly(
            "vgg: 1 AVIF file of %s is passed over, since that format is not read (convert to JPEG or PNG): c.avif"
                .formatted(folder),
            "vgg: 2 HEIC files of %s are passed over, since that format is not read (convert to JPEG or PNG): blue/b.HEIC, red/a.heic"
                .formatted(folder));
  }

  @Test
  void aFolderOfNothingElseIsRefused() throws IOException {
    Path folder = Files.createDirectory(root.resolve("heic"));
    Files.write(folder.resolve("a.heic"), new byte[] {0, 0, 0, 24});
    Vgg vgg = classify(folder);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err())
        .contains("folder " + folder + " holds no image (jpg, ")
        .contains("check the path; 1 HEIC file of " + folder + " is passed over");
  }

  @Test
  void brokenPictureAmongGoodOnes() throws IOException {
    Path red = picture("a.png", 2);
    Path broken = Files.writeString(root.resolve("b.png"), "no picture");
    Path missing = root.resolve("c.png");
    Path blue = picture("d.png", 0);
    Vgg vgg = classify("--csv", "--top=1", red, broken, missing, blue);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err().lines())
        .containsExactly(
            "vgg: "
                + broken
                + " is not an image that can be read: give a JPEG, PNG, BMP, GIF, TIFF, WebP, PPM,"
                + " PGM or PBM file",
            "vgg: there is no image file " + missing + ": check the path");
    List<String> lines = vgg.out().lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(1)).startsWith(red + ",1,red,");
    assertThat(lines.get(2)).startsWith(blue + ",1,blue,");
  }

  @Test
  void nothingButBrokenPictures() throws IOException {
    Path broken = Files.writeString(root.resolve("b.png"), "no picture");
    Vgg vgg = classify("--json", broken);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(new ObjectMapper().readTree(vgg.out())).isEmpty();
  }

  /** What rounding changed goes to stderr: the answer is the same in form, and here in content. */
  @Test
  void roundedWeights() throws IOException {
    Path red = picture("red.png", 2);
    Vgg vgg = classify("--json", "--top=1", "--fc-weights", "bf16", red);
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.err().lines())
        .singleElement()
        .asString()
        .startsWith("weights rounded to bf16: fc6 by 0.1");
    JsonNode guess = new ObjectMapper().readTree(vgg.out()).get(0).get("predictions").get(0);
    assertThat(guess.get("label").textValue()).isEqualTo("red");
  }

  @Test
  void topOutOfRange() throws IOException {
    Vgg vgg = classify(picture("a.png", 2), "--top", "0");
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).isEqualToIgnoringNewLines("vgg: option top is 0 but must be at least 1");
  }

  /** The way of the README: images exported from the test images get their own labels back. */
  @Test
  void exportedPictures() throws IOException {
    Path samples = root.resolve("samples");
    Vgg export = Vgg.run("data", "export", "--data", trained.data(), "--out", samples, "--limit=2");
    assertThat(export.exitCode()).as(export.err()).isZero();
    assertThat(export.out()).startsWith("6 images of pets/test in " + samples + ", for example ");
    JsonNode results = new ObjectMapper().readTree(classify("--json", "--top=1", samples).out());
    assertThat(results).hasSize(6);
    for (JsonNode result : results) {
      String label = result.get("predictions").get(0).get("label").textValue();
      assertThat(result.get("file").textValue()).contains("/samples/" + label + "/");
    }
  }

  @Test
  void exportNamesWhatItPassesOver(@TempDir Path folder) throws IOException {
    Path photos = Pictures.writeClasses(folder.resolve("photos"), 2, 1);
    Path broken = Files.writeString(photos.resolve("red/0.png"), "no image");
    Vgg vgg = Vgg.run("data", "export", "--data", photos, "--out", folder.resolve("out"));
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out()).startsWith("5 images of photos in ");
    assertThat(vgg.err().lines())
        .containsExactly("vgg: 1 of the images cannot be read and is passed over:", "  " + broken);
  }

  /**
   * Who pipes into head wants no more: what comes after the first failed write is not even read.
   */
  @Test
  void stopsWhenNobodyReads(@TempDir Path folder) throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      Pictures.write(folder.resolve("%03d.png".formatted(i)), 0, random);
    }
    Files.writeString(folder.resolve("999.png"), "no image");
    String[] args = {
      "classify", folder.toString(), "--model", trained.model().toString(), "--csv", "-q"
    };
    StringWriter err = new StringWriter();
    StringWriter all = new StringWriter();
    assertThat(Main.run(args, new PrintWriter(all, true), new PrintWriter(err, true))).isEqualTo(1);
    assertThat(err.toString()).contains("999.png");
    StandardOutput closed =
        new StandardOutput(
            new OutputStream() {
              @Override
              public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
              }
            });
    StringWriter nothing = new StringWriter();
    PrintWriter out = new PrintWriter(new OutputStreamWriter(closed, StandardCharsets.UTF_8), true);
    int exitCode = Main.run(args, out, new PrintWriter(nothing, true));
    assertThat(nothing.toString()).isEmpty();
    assertThat(closed.exitCode(exitCode, new PrintWriter(nothing, true))).isEqualTo(1);
  }
}
