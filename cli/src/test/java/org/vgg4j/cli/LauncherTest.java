package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script {@code vgg}, in a folder that looks built, with a Java that prints its arguments. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
  @TempDir Path root;
  private Path home;

  @BeforeEach
  void write() throws IOException {
    home = Files.createDirectory(root.resolve("clone"));
    Files.copy(Path.of("..", "vgg"), home.resolve("vgg"));
    assertThat(home.resolve("vgg").toFile().setExecutable(true)).isTrue();
    file("kernels/src/main/resources/org/vgg4j/kernels/jit.txt", "");
    file("cli/target/vgg4j/lib/vgg4j-cli-1.jar", "");
    file("cli/target/vgg4j/stamp", "");
    file("torch/target/torch/stamp", "");
    Path java =
        file(
            "jdk/bin/java",
            """
            #!/bin/sh
            [ "$1" != -version ] || { echo 'openjdk version "17.0.1"' >&2; exit; }
            printf '%s\\n' "$@"
            """);
    assertThat(java.toFile().setExecutable(true)).isTrue();
  }

  private Path file(String name, String text) throws IOException {
    Path file = home.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private List<String> launch(Map<String, String> variables, String... words)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(home.resolve("vgg").toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("WORLD_SIZE");
    builder.environment().put("JAVA_HOME", home.resolve("jdk").toString());
    builder.environment().putAll(variables);
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said.lines().toList();
  }

  private boolean hasGroup(List<String> arguments) {
    String classes = arguments.get(arguments.indexOf("-cp") + 1);
    return classes.contains(home.getFileName() + "/torch/target/torch/lib/*");
  }

  /** What several processes need is on the class path only of commands that can use them. */
  @ParameterizedTest
  @CsvSource({
    "train --nproc 2, true",
    "finetune --model m --nproc=2, true",
    "sweep s.yaml --nproc 2, true",
    "evaluate --nproc 2, true",
    "localize train --nproc 2, true",
    "localize train --from m --nproc=3, true",
    "localize train --nproc 1, false",
    "localize train --nproc 2 --dry-run, false",
    "localize train --nproc 2 --help, false",
    "localize evaluate --nproc 2, false",
    "localize a.png --labels train, false",
    "train --nproc=1, false",
    "classify --nproc 2, false"
  })
  void severalProcesses(String words, boolean several) throws Exception {
    List<String> arguments = launch(Map.of(), words.split(" "));
    assertThat(hasGroup(arguments)).isEqualTo(several);
    assertThat(arguments).endsWith(words.split(" "));
  }

  @Test
  void oneOfSeveralProcesses() throws Exception {
    Map<String, String> member = Map.of("WORLD_SIZE", "2", "RANK", "1");
    assertThat(hasGroup(launch(member, "localize", "train"))).isTrue();
    assertThat(hasGroup(launch(member, "localize", "evaluate"))).isFalse();
  }
}
