package org.vgg4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.vgg4j.kernels.JitOptions;

class EngineSpecTest {
  @Test
  void vgg4jRunsAsItsLauncherRunsIt() throws IOException {
    List<String> options = new ArrayList<>(line("incubator=\""));
    options.addAll(line("options=\""));

    assertThat(String.join(" ", Workloads.engine("vgg4j").jvmOptions()))
        .startsWith(String.join(" ", options));
    assertThat(Workloads.engine("vgg4j").jvmOptions())
        .extracting(option -> option.replaceAll("MaxNewSize=.*", "MaxNewSize=\\${young}m"))
        .containsAll(variable("collector"))
        .contains("-XX:CompileCommand=quiet")
        .containsAll(JitOptions.commandLine());
    if (System.getProperty("os.name").equals("Linux")) {
      assertThat(Files.readString(Path.of("..", "vgg")))
          .contains("$(uname)\" != Linux ] || pages=-XX:+UseTransparentHugePages");
      assertThat(Workloads.engine("vgg4j").jvmOptions()).contains("-XX:+UseTransparentHugePages");
    }
  }

  /** The options in the launcher's first line that begins so, but for its variables. */
  private static List<String> line(String start) throws IOException {
    String line =
        Files.readAllLines(Path.of("..", "vgg")).stream()
            .filter(one -> one.startsWith(start))
            .findFirst()
            .orElseThrow();
    List<String> options =
        Arrays.stream(line.substring(start.length()).replace("\"", "").split(" "))
            .filter(option -> !option.contains("$"))
            .toList();
    assertThat(options).isNotEmpty();
    return options;
  }

  /** The options that the launcher puts into a variable. */
  private static List<String> variable(String name) throws IOException {
    List<String> options =
        Files.readAllLines(Path.of("..", "vgg")).stream()
            .filter(line -> line.strip().startsWith(name + "=\""))
            .flatMap(line -> Arrays.stream(line.strip().replace("\"", "").split(" |^\\w+=")))
            .filter(option -> option.startsWith("-XX:"))
            .toList();
    assertThat(options).hasSizeGreaterThan(4);
    return options;
  }
}
