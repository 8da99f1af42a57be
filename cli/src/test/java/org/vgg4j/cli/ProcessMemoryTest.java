package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code vgg summary} says of a process, and what the process then takes. */
class ProcessMemoryTest {
  private static final List<String> AS_THE_LAUNCHER =
      List.of("-XX:+UseSerialGC", "-XX:MaxNewSize=32m", "-XX:MinHeapFreeRatio=5");

  @TempDir Path root;

  /** Runs {@code vgg ARGS} in a process of its own and returns what it printed. */
  private String run(List<String> options, String... args) throws Exception {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("--add-modules", "jdk.incubator.vector"));
    words.addAll(options);
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), "org.vgg4j.cli.Main"));
    words.addAll(List.of(args));
    Path complaints = root.resolve("complaints.txt");
    Process process = new ProcessBuilder(words).redirectError(complaints.toFile()).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s, see %s", printed, complaints).isZero();
    return printed;
  }

  private JsonNode summary(List<String> options) throws Exception {
    return new ObjectMapper()
        .readTree(
            run(
                options,
                "summary",
                "--json",
                "--arch=A",
                "--width=0.5",
                "--crop=64",
                "--classes=10",
                "--batch=256"));
  }

  private static long sum(JsonNode parts) {
    long sum = 0;
    for (JsonNode part : parts) {
      sum += part.longValue();
    }
    return sum;
  }

  @Test
  void peakIsPredicted() throws Exception {
    assumeTrue(ProcessMemory.peak().isPresent(), "only Linux tells the peak");
    JsonNode summary = summary(AS_THE_LAUNCHER);
    long predicted = summary.get("trainingProcessBytes").longValue();
    assertThat(predicted).isEqualTo(sum(summary.get("trainingBytes")) + 100_000_000 + (32 << 20));

    String printed =
        run(
            AS_THE_LAUNCHER,
            "train",
            "--arch=A",
            "--width=0.5",
            "--crop=64",
            "--batch=256",
            "--max-steps=2",
            "--out=" + root.resolve("run"));

    Matcher peak = Pattern.compile("([0-9,]+) MB of memory at the peak").matcher(printed);
    assertThat(peak.find()).as(printed).isTrue();
    double measured = Long.parseLong(peak.group(1).replace(",", "")) * 1e6;
    assertThat(measured).isCloseTo(predicted, withPercentage(10));
  }

  /** Other collectors let garbage lie, more or less of it, so nothing is said. */
  @Test
  void nothingIsPredictedForOtherCollectors() throws Exception {
    JsonNode summary = summary(List.of("-XX:+UseParallelGC"));
    assertThat(summary.has("trainingBytes")).isTrue();
    assertThat(summary.has("trainingProcessBytes")).isFalse();
    assertThat(summary.has("inferenceProcessBytes")).isFalse();
  }

  @Test
  void peakIsLargerThanTheHeapInUse() throws IOException {
    assumeTrue(System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux"));
    Runtime runtime = Runtime.getRuntime();
    assertThat(ProcessMemory.peak()).isPresent();
    assertThat(ProcessMemory.peak().getAsLong())
        .isGreaterThan(runtime.totalMemory() - runtime.freeMemory())
        .isLessThan(1L << 40);
  }
}
