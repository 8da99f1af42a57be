package org.vgg4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngineSpecTest {
  @Test
  void vgg4jRunsAsItsLauncherRunsIt() throws IOException {
    String start = "exec \"$java\" ";
    String line =
        Files.readAllLines(Path.of("..", "vgg")).stream()
            .filter(one -> one.startsWith(start))
            .findFirst()
            .orElseThrow();
    List<String> options =
        Arrays.stream(line.substring(start.length()).replace("\\", "").strip().split(" "))
            .filter(option -> !option.contains("$"))
            .toList();

    assertThat(options).isNotEmpty();
    assertThat(String.join(" ", Workloads.engine("vgg4j").jvmOptions()))
        .startsWith(String.join(" ", options));
    List<String> collector =
        Files.readAllLines(Path.of("..", "vgg")).stream()
            .filter(one -> one.strip().startsWith("collector=\""))
            .flatMap(one -> Arrays.stream(one.strip().replace("\"", "").split("[ =]")))
            .filter(option -> option.startsWith("-XX:"))
            .toList();
    assertThat(collector).contains("-XX:+UseSerialGC");
    assertThat(Workloads.engine("vgg4j").jvmOptions())
        .extracting(option -> option.replaceAll("=.*", ""))
        .containsAll(collector);
  }
}
