package org.vgg4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--engines=tensorflow | 2 | there is no engine 'tensorflow': choose from vgg4j, libtorch,",
        "--workloads=huge | 2 | there is no workload 'huge': choose from inference-1,",
        "--rounds=many | 2 | Invalid value for option '--rounds'",
        "--rounds=0 | 1 | options rounds and threads must be at least 1",
        "--threads=0 | 1 | options rounds and threads must be at least 1",
        "--json=missing/a.json | 1 | cannot write missing/a.json: give a file in a folder",
        "--chart=. | 1 | cannot write .: give a file in a folder that exists",
        "--from=missing.json | 1 | cannot read missing.json: there is no such file",
      })
  void wrongOptionsAreNamed(String option, int code, String sentence) {
    assertThat(run(option)).isEqualTo(code);
    assertThat(err.toString()).contains(sentence);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void anEngineThatCannotTrainIsNoContender() {
    assertThat(run("--engines=onnxruntime", "--workloads=small-256")).isEqualTo(1);
    assertThat(err.toString()).contains("none of these engines can do small-256: onnxruntime");
  }

  @Test
  void anotherFileIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("other.json"), "{\"results\": 3}");
    assertThat(run("--from=" + file)).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("compare: " + file + " was not written by benchmarks/compare --json: ");
  }

  private static Result result() {
    Result.Measured own =
        new Result.Measured(
            "vgg4j", "vgg4j", 50.4, 49, 52, 19.8, 1, 1L << 31, 0, 1e-4, List.of(49.0, 50.4, 52.0));
    Result.Measured peer =
        new Result.Measured(
            "libtorch", "libtorch", 211, 200, 230, 4.74, 4.19, null, 3e-6, 1e-4, List.of(211.0));
    return new Result(Workload.ALL.get(1), 2, "0.1", "17", List.of(own, peer));
  }

  @Test
  void resultsAreKeptAndPrintedAgain() {
    Path file = folder.resolve("results.json");
    new ResultFile(List.of(result())).write(file);
    assertThat(ResultFile.read(file).results()).containsExactly(result());

    assertThat(run("--from=" + file + "," + file)).isZero();
    String table =
        """
        **Inference, network D, 224x224, batch 16** (2 threads, median of 3 rounds, vgg4j 0.1, Java 17)

        | engine   | ms/image |    rounds | images/s | time / vgg4j's | peak memory, MiB | scores differ by |
        |:---------|---------:|----------:|---------:|---------------:|-----------------:|-----------------:|
        | vgg4j    |     50.4 | 49.0-52.0 |     19.8 |           1.00 |            2,048 |                - |
        | libtorch |      211 |   200-230 |     4.74 |           4.19 |          unknown |            3e-06 |

        """;
    assertThat(out.toString()).isEqualTo(table + table);
  }

  @Test
  void theChartShowsTheBars() throws IOException {
    Path file = folder.resolve("results.json");
    Path chart = folder.resolve("chart.png");
    new ResultFile(List.of(result())).write(file);
    assertThat(run("--from=" + file, "--chart=" + chart)).isZero();

    BufferedImage image = ImageIO.read(chart.toFile());
    Set<Integer> own = new HashSet<>();
    Set<Integer> peer = new HashSet<>();
    for (int y = 0; y < image.getHeight(); y++) {
      own.add(count(image, y, 0xFF1B6EC2));
      peer.add(count(image, y, 0xFFB8C2CC));
    }
    int longest = own.stream().mapToInt(Integer::intValue).max().orElseThrow();
    int shorter = peer.stream().mapToInt(Integer::intValue).max().orElseThrow();
    // as long as the images per second
    assertThat((double) shorter / longest).isBetween(0.98 * 4.74 / 19.8, 1.02 * 4.74 / 19.8);
  }

  private static int count(BufferedImage image, int y, int color) {
    int count = 0;
    for (int x = 0; x < image.getWidth(); x++) {
      count += image.getRGB(x, y) == color ? 1 : 0;
    }
    return count;
  }
}
