package org.vgg4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.TestImages;
import org.vgg4j.weights.TestModels;

/** The README's programs are what people copy: they compile and run. */
class ReadmeExampleTest {
  private static final Path README = Path.of("../README.md");
  private static final Pattern JAVA_BLOCK = Pattern.compile("(?s)```java\n(.*?)```");

  @TempDir Path root;

  private static String program(String name) throws IOException {
    Matcher block = JAVA_BLOCK.matcher(Files.readString(README));
    while (block.find()) {
      if (block.group(1).contains("class " + name + " ")) {
        return block.group(1);
      }
    }
    throw new AssertionError("no java block of the README has a class " + name);
  }

  @Test
  void bodyHasFewerThanTenLines() throws IOException {
    List<String> lines = program("Classify").lines().toList();
    int start = 0;
    while (!lines.get(start).contains(" main(")) {
      start++;
    }
    String indentation = lines.get(start).replaceAll("\\S.*", "");
    int end = start;
    while (!lines.get(end).equals(indentation + "}")) {
      end++;
    }
    assertThat(lines.subList(start + 1, end)).isNotEmpty().hasSizeLessThan(10);
  }

  @Test
  void compilesAndLabelsAPicture() throws Exception {
    compile("Classify");
    Path model = root.resolve("model.safetensors");
    TestModels.constant(new float[] {1, 3}, "cat", "dog").write(model);
    Path picture = root.resolve("picture.png");
    TestImages.noise(50, 40, 1).writePng(picture);
    String printed = run("Classify", model.toString(), picture.toString());
    assertThat(printed.lines().findFirst()).hasValueSatisfying(l -> assertThat(l).contains("dog"));
    assertThat(printed).contains("cat").contains("0.88");
  }

  @Test
  void describesMapsAndClassifiesManyFromEightThreads() throws Exception {
    compile("Embed");
    Path model = root.resolve("embed.safetensors");
    TestModels.constant(new float[] {1, 3}, "cat", "dog").write(model);
    Path drawing = root.resolve("map.png");
    List<String> args = new ArrayList<>(List.of(model.toString(), drawing.toString()));
    for (int i = 0; i < 9; i++) {
      Path picture = root.resolve(i + ".png");
      TestImages.noise(50 + i, 40, i).writePng(picture);
      args.add(picture.toString());
    }
    List<String> printed = run("Embed", args.toArray(String[]::new)).lines().toList();
    assertThat(printed).hasSize(9 + 1 + 1 + 1 + 9);
    assertThat(printed.subList(0, 9)).containsOnly("dog");
    assertThat(printed.get(9)).matches("\\d+ numbers of unit length");
    assertThat(printed.get(10)).matches("fc7 \\[\\d+]");
    assertThat(printed.get(11)).isEqualTo("9 x 9 values");
    assertThat(printed.subList(12, 21)).containsOnly("dog");
    assertThat(ImageDecoder.decode(drawing).width()).isGreaterThan(2 * 384);
  }

  private void compile(String name) throws IOException {
    Path source = Files.writeString(root.resolve(name + ".java"), program(name));
    ByteArrayOutputStream complaints = new ByteArrayOutputStream();
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                complaints,
                complaints,
                "-proc:none",
                "-Xlint:all",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                root.toString(),
                source.toString());
    assertThat(failed).as(complaints.toString(StandardCharsets.UTF_8)).isZero();
  }

  @Test
  void dependencyHasTheVersionThatIsBuilt() throws IOException {
    Matcher version =
        Pattern.compile("<version>(.*?)</version>")
            .matcher(Files.readString(Path.of("../pom.xml")));
    assertThat(version.find()).isTrue();
    String readme = Files.readString(README);
    assertThat(readme)
        .contains("<artifactId>vgg4j-core</artifactId>\n  <version>" + version.group(1) + "<")
        .contains("\"org.vgg4j:vgg4j-core:" + version.group(1) + "\"");
  }

  private String run(String name, String... args) throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {root.toUri().toURL()}, getClass().getClassLoader())) {
      Method main = loader.loadClass(name).getMethod("main", String[].class);
      main.setAccessible(true); // its class is not public, which the java command does not mind
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      main.invoke(null, (Object) args);
    } finally {
      System.setOut(before);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
