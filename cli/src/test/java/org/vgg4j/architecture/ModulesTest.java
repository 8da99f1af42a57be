package org.vgg4j.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the Java module system asks of our jars: a name each, and no package in two of them. */
class ModulesTest {
  private static final Path ROOT = Path.of("..");

  private static List<String> modules() throws IOException {
    List<String> modules = all(ROOT.resolve("pom.xml"), "<module>(.*?)</module>");
    assertThat(modules).contains("kernels", "core", "formats", "training", "cli");
    return modules;
  }

  @Test
  void eachJarHasItsOwnName() throws IOException {
    Map<String, String> owners = new HashMap<>();
    for (String module : modules()) {
      List<String> names =
          all(
              ROOT.resolve(module).resolve("pom.xml"),
              "<automatic.module.name>(.*?)</automatic.module.name>");
      assertThat(names).as(module).hasSize(1).allMatch(name -> name.matches("org\\.vgg4j\\.\\w+"));
      assertThat(owners.put(names.get(0), module)).as(names.get(0)).isNull();
    }
  }

  @Test
  void noPackageIsInTwoJars() throws IOException {
    Map<String, String> owners = new HashMap<>();
    for (String module : modules()) {
      Path sources = ROOT.resolve(module).resolve("src/main/java");
      try (Stream<Path> files = Files.walk(sources)) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .map(file -> sources.relativize(file).getParent().toString())
            .distinct()
            .forEach(
                name -> assertThat(owners.put(name, module)).as(name + " in " + module).isNull());
      }
    }
    assertThat(owners).containsEntry("org/vgg4j/network", "core");
  }

  private static List<String> all(Path file, String pattern) throws IOException {
    return Pattern.compile(pattern)
        .matcher(Files.readString(file))
        .results()
        .map(match -> match.group(1))
        .toList();
  }
}
