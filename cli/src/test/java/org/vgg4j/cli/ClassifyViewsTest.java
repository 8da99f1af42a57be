package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.evaluate.Posteriors;
import org.vgg4j.evaluate.PosteriorsFile;
import sun.misc.Signal;

/** {@code vgg classify} with many views of an image, and how its results come. */
class ClassifyViewsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

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

  /** Images that are no squares, of several sizes, so that the views differ. */
  private Path pictures() throws IOException {
    Path folder = root.resolve("pictures");
    Random random = new Random(5);
    for (int label = 0; label < 3; label++) {
      for (int n = 0; n < 3; n++) {
        Path file = folder.resolve(Pictures.CLASSES.get(label)).resolve(n + ".png");
        Pictures.write(file, label, random, 40 + 9 * n, 50 + 20 * label);
      }
    }
    return folder;
  }

  /** The same views and scales as vgg evaluate, to the last digit of its stored posteriors. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--protocol=10-crop",
        "--protocol=multi-crop --grid=3",
        "--protocol=dense --test-scales=32,40",
        "--protocol=both --no-flip --test-scales=40",
        "--protocol=center-crop --test-scales=48"
      })
  void seesWhatEvaluateSees(String options) throws IOException {
    Path folder = pictures();
    Path stored = root.resolve("stored.npy");
    List<Object> evaluate =
        new ArrayList<>(List.of("evaluate", "--model", trained.model(), "--data", folder));
    evaluate.addAll(List.of("--save-posteriors", stored, "--quiet"));
    evaluate.addAll(List.of(options.split(" ")));
    Vgg evaluated = Vgg.run(evaluate.toArray());
    assertThat(evaluated.exitCode()).as(evaluated.err()).isZero();
    Posteriors expected = PosteriorsFile.read(stored);

    List<Object> args = new ArrayList<>(List.of("--json-lines", folder));
    args.addAll(List.of(options.split(" ")));
    Vgg vgg = classify(args.toArray());
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    List<String> lines = vgg.out().lines().toList();
    assertThat(lines).hasSize(9);
    double differs = 0;
    Vgg plain = classify("--json-lines", folder);
    List<String> centre = plain.out().lines().toList();
    for (int i = 0; i < 9; i++) {
      JsonNode line = JSON.readTree(lines.get(i));
      String file = line.get("file").textValue();
      int n = expected.ids().indexOf(file);
      for (JsonNode guess : line.get("predictions")) {
        float other = expected.values()[n * 3 + guess.get("index").intValue()];
        assertThat(guess.get("probability").doubleValue()).isCloseTo(other, within(1e-6));
      }
      differs +=
          Math.abs(
              line.get("predictions").get(0).get("probability").doubleValue()
                  - JSON.readTree(centre.get(i))
                      .get("predictions")
                      .get(0)
                      .get("probability")
                      .doubleValue());
    }
    assertThat(differs).as("the options change what is seen").isPositive();
  }

  @Test
  void impossibleViewsAreRefusedBeforeAnythingIsRead() {
    assertThat(classify("none.png", "--protocol=11-crop").err())
        .contains("there is no protocol '11-crop': choose center-crop, 10-crop, multi-crop, ");
    assertThat(classify("none.png", "--grid=3").err()).contains("protocol center-crop has no grid");
    assertThat(classify("none.png", "--test-scales=8").err())
        .contains("test scale Q = 8 is below crop 32");
  }

  /** An image that no scale fits is named, and the others are classified. */
  @Test
  void anElongatedImageAmongOthers() throws IOException {
    Path good = Pictures.write(root.resolve("a.png"), 2, new Random(1));
    Path line = Pictures.write(root.resolve("b.png"), 2, new Random(1), 180_000, 1);
    Vgg vgg = classify("--csv", "--top=1", "--protocol=10-crop", line, good);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).startsWith("vgg: " + line + ": ").hasLineCount(1);
    assertThat(vgg.out().lines()).hasSize(2).element(1).asString().startsWith(good + ",1,red");
  }

  /** JSON is printed piece by piece, with the bytes of a whole. */
  @Test
  void jsonLinesAndJsonSayTheSame() throws IOException {
    Path folder = pictures();
    String json = classify("--json", folder).out();
    JsonNode array = JSON.readTree(json);
    assertThat(json).isEqualTo(Json.of(array) + System.lineSeparator());
    List<String> lines = classify("--json-lines", folder).out().lines().toList();
    assertThat(lines).hasSize(array.size());
    for (int i = 0; i < lines.size(); i++) {
      assertThat(JSON.readTree(lines.get(i))).isEqualTo(array.get(i));
    }
  }

  /** When the last image of 65 is looked at, the results of 64 are there already. */
  @Test
  void resultsComeWhileImagesAreRead() throws IOException {
    List<Object> args = new ArrayList<>(List.of("classify", "--model", trained.model()));
    args.addAll(List.of("--json-lines", "--top=1"));
    Path red = Pictures.write(root.resolve("red.png"), 2, new Random(1));
    for (int i = 0; i < 64; i++) {
      args.add(red);
    }
    args.add(root.resolve("missing.png"));
    StringWriter out = new StringWriter();
    List<Long> before = new ArrayList<>();
    PrintWriter err =
        new PrintWriter(
            new StringWriter() {
              @Override
              public void write(String text) {
                before.add(out.toString().lines().count());
              }
            },
            true);
    int exitCode = Main.run(words(args), new PrintWriter(out, true), err);
    assertThat(exitCode).isEqualTo(1);
    assertThat(before).isNotEmpty().allMatch(lines -> lines == 64);
  }

  private static String[] words(List<Object> args) {
    return args.stream().map(Object::toString).toArray(String[]::new);
  }

  /** Ctrl-C while results are printed: the images that were read are finished, in whole lines. */
  @Test
  void stopsBetweenImages() throws IOException {
    List<Object> args = new ArrayList<>(List.of("classify", "--model", trained.model()));
    args.addAll(List.of("--json-lines"));
    Path red = Pictures.write(root.resolve("red.png"), 2, new Random(1));
    for (int i = 0; i < 200; i++) {
      args.add(red);
    }
    StringWriter err = new StringWriter();
    StringBuilder printed = new StringBuilder();
    PrintWriter out =
        new PrintWriter(
            new StringWriter() {
              @Override
              public void write(String text, int offset, int length) {
                if (printed.isEmpty() && length > 0) {
                  Signal.raise(new Signal("INT"));
                  while (!err.toString().contains("stopping")) {
                    Thread.onSpinWait(); // the signal is handled by another thread
                  }
                }
                printed.append(text, offset, offset + length);
              }
            });
    int exitCode = Main.run(words(args), out, new PrintWriter(err, true));
    assertThat(exitCode).isEqualTo(130);
    List<String> lines = printed.toString().lines().toList();
    assertThat(lines).hasSizeBetween(64, 128);
    for (String line : lines) {
      assertThat(JSON.readTree(line).get("predictions")).hasSize(3);
    }
  }

  /** A web address and a file give the same; what cannot be had is named. */
  @Test
  void addresses() throws IOException {
    Path red = Pictures.write(root.resolve("red.png"), 2, new Random(9));
    byte[] content = Files.readAllBytes(red);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/red.png",
        exchange -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content);
          exchange.close();
        });
    server.start();
    try {
      String address = "http://127.0.0.1:" + server.getAddress().getPort();
      Vgg vgg = classify("--json", address + "/red.png", red, address + "/none.png");
      assertThat(vgg.exitCode()).isEqualTo(1);
      assertThat(vgg.err())
          .startsWith("vgg: " + address + "/none.png cannot be had: the server answers 404");
      JsonNode results = JSON.readTree(vgg.out());
      assertThat(results.findValuesAsText("file"))
          .containsExactly(address + "/red.png", red.toString());
      assertThat(results.get(0).get("predictions")).isEqualTo(results.get(1).get("predictions"));
    } finally {
      server.stop(0);
    }
    assertThat(classify("s3://bucket/a.png").err())
        .isEqualToIgnoringNewLines(
            "vgg: s3://bucket/a.png cannot be read: of addresses only http and https; download it,"
                + " and give the file");
  }

  /** Whether ffmpeg is here or not, what is no video gets a sentence. */
  @Test
  void noVideo() throws IOException {
    Path film = Files.writeString(root.resolve("film.mp4"), "no film");
    Vgg vgg = classify(film, Pictures.write(root.resolve("red.png"), 2, new Random(9)));
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).startsWith("vgg: " + film + " ").contains("ffmpeg").hasLineCount(1);
    assertThat(vgg.out()).contains("red.png");
    assertThat(classify(film, "--every=never").err())
        .contains("option every is never but must be a time such as 1s, 200ms or 2m");
  }

  @Test
  void noneOfThese() throws IOException {
    Path red = Pictures.write(root.resolve("red.png"), 2, new Random(9));
    JsonNode sure = JSON.readTree(classify("--json", red, "--min-probability=0.01").out()).get(0);
    assertThat(sure.get("result").textValue()).isEqualTo("red");
    assertThat(JSON.readTree(classify("--json", red).out()).get(0).has("result")).isFalse();
    double best = sure.get("predictions").get(0).get("probability").doubleValue();
    String above = String.valueOf(Math.min(1, best + 1e-3));
    assertThat(best).isLessThan(1);

    JsonNode none = JSON.readTree(classify("--json", red, "--min-probability", above).out()).get(0);
    assertThat(none.get("result").textValue()).isEqualTo("none of these");
    assertThat(none.get("predictions")).isEqualTo(sure.get("predictions"));
    List<String> csv = classify("--csv", red, "--min-probability", above).out().lines().toList();
    assertThat(csv.get(0)).isEqualTo("file,rank,label,index,probability,result");
    assertThat(csv.get(1)).startsWith(red + ",1,red,2,").endsWith(",none of these");
    List<String> text = classify(red, "--min-probability", above).out().lines().toList();
    assertThat(text).hasSize(5);
    assertThat(text.get(1)).matches("  none of these \\(no class reaches [0-9.]+ %\\)");
    String equal = String.valueOf(best);
    assertThat(classify("--csv", red, "--min-probability", equal).out()).doesNotContain("none of");
  }

  @Test
  void aLimitThatIsNoProbability() {
    for (String wrong : List.of("0", "1.01", "60")) {
      assertThat(classify("none.png", "--min-probability", wrong).err())
          .contains("option min-probability is ")
          .contains(" but must be above 0 and at most 1");
    }
    assertThat(Files.exists(root.resolve("none.png"))).isFalse();
  }
}
