package org.vgg4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said where Java can call no native functions, each time and not only the first. */
class NativeCallsTest {
  @TempDir Path root;

  /** A JVM in which JNA has no folder for its library. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      for (int i = 0; i < 2; i++) {
        try {
          System.out.println(Driver.open());
        } catch (UnusableDeviceException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  @Test
  void saysThatTheLibraryCannotBeUnpackedAsOftenAsItIsAsked() throws Exception {
    Path file = Files.createFile(root.resolve("file"));
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-Djna.tmpdir=" + file.resolve("folder"),
                "-D" + Driver.LIBRARY_PROPERTY + "=libnotthere.so.1",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD) // JNA logs there, too
            .start();
    List<String> lines =
        new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    assertThat(child.waitFor()).as("%s", lines).isZero();
    assertThat(lines)
        .hasSize(2)
        .allSatisfy(
            line ->
                assertThat(line)
                    .startsWith(
                        "The library by which Java calls the NVIDIA driver cannot be unpacked and"
                            + " loaded (")
                    .endsWith(
                        "): let this user write and execute files there (in a container: --tmpfs"
                            + " /tmp:exec), name another folder by Java's option"
                            + " -Djna.tmpdir=FOLDER, or use --device cpu."));
  }
}
