package org.vgg4j.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.image.TestImages;
import org.vgg4j.serve.http.Tls;
import org.vgg4j.weights.TestModels;

/** The lines of docs/serving.md that begin with a dollar sign print what stands below them. */
@Timeout(120)
class ServingDocTest {
  private static final Path DOC = Path.of("..", "docs", "serving.md");

  @TempDir private Path folder;

  /** A line for a shell, and what it prints. */
  private record Example(String line, String output) {}

  private static List<Example> examples() throws IOException {
    List<Example> all = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(DOC)) {
      if (line.startsWith("```")) {
        inside = line.equals("```console");
      } else if (inside && line.startsWith("$ ")) {
        all.add(new Example(line.substring(2), ""));
      } else if (inside) {
        Example last = all.remove(all.size() - 1);
        all.add(new Example(last.line(), last.output() + line + "\n"));
      }
    }
    return all;
  }

  private String run(String line) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("sh", "-c", line)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", line, output).isZero();
    return output.strip();
  }

  private static void requireTools() {
    for (String tool : List.of("sh", "curl", "openssl", "base64", "grep")) {
      Assumptions.assumeTrue(
          Arrays.stream(System.getenv("PATH").split(":"))
              .anyMatch(path -> Files.isExecutable(Path.of(path, tool))),
          "docs/serving.md cannot be tried: there is no " + tool);
    }
  }

  @Test
  void linesPrintWhatIsShown() throws Exception {
    requireTools();
    Path file = folder.resolve("model.safetensors");
    TestModels.constant(new float[] {0, 2, 1}, "cat", "dog", "cow").write(file);
    Files.write(folder.resolve("photo.png"), TestImages.noise(70, 50, 1).toPng());
    Files.writeString(folder.resolve("notes.txt"), "no image");
    List<Example> examples = examples();
    assertThat(examples).hasSizeGreaterThan(8);
    ServiceOptions options =
        new ServiceOptions(
            Map.of("default", file),
            ServiceOptions.Access.local(0),
            ServiceOptions.Load.usual(),
            ClassifierOptions.defaults().withThreads(2).withPasses(1),
            null);
    try (Service service = Service.start(options)) {
      for (Example example : examples) {
        String output = run(example.line().replace(":8080", ":" + service.port()));
        String pattern =
            Arrays.stream(example.output().strip().split("…", -1))
                .map(Pattern::quote)
                .collect(Collectors.joining(".*"));
        assertThat(output).as(example.line()).matches(Pattern.compile(pattern, Pattern.DOTALL));
      }
    }
    Tls tls = Tls.pem(folder.resolve("cert.pem"), folder.resolve("key.pem"));
    assertThat(tls.keys().containsAlias("key")).isTrue();
    assertThat(Files.readString(folder.resolve("token.txt")).strip()).hasSize(32);
  }
}
