package org.vgg4j.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.cuda.Sources;

/** That the PTX among the resources is what the sources give. */
class PtxTest {
  private static final Path ROOT = Sources.module().resolve("..").normalize();
  private static final Path RESOURCES = ROOT.resolve("cuda/src/main/resources/org/vgg4j/cuda");
  private static final List<String> FILES = KernelLibrary.files(Family.HOPPER);

  @Test
  void everySourceIsAFileOfKernels() throws IOException {
    assertThat(names(Sources.kernels(), ".cu")).containsExactlyInAnyOrderElementsOf(FILES);
    for (String folder : List.of("sm_80", "sm_90a")) {
      assertThat(names(RESOURCES.resolve(folder), ".ptx"))
          .containsExactlyInAnyOrderElementsOf(
              FILES.stream().filter(file -> KernelLibrary.folder(file).equals(folder)).toList());
    }
  }

  private static List<String> names(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(ending))
          .map(name -> name.substring(0, name.length() - ending.length()))
          .sorted()
          .toList();
    }
  }

  @Test
  void ptxIsForDriversOfCuda111AndGpusSinceAmpere() {
    for (String file : KernelLibrary.files(Family.AMPERE)) {
      assertThat(KernelLibrary.ptx(file)).contains(".version 7.1").contains(".target sm_80");
    }
  }

  @Test
  void ptxOfHopperIsForDriversOfCuda120() {
    for (String file : FILES) {
      if (KernelLibrary.folder(file).equals("sm_90a")) {
        assertThat(KernelLibrary.ptx(file)).contains(".version 8.0").contains(".target sm_90a");
      }
    }
  }

  @Test
  void toolsPtxMakesItOfTheSources(@TempDir Path folder) throws Exception {
    assumeTrue(isThere("clang++-19"), "There is no clang 19: the PTX is not compiled anew.");
    run("tools/ptx", "--out", folder.toString());
    for (String file : FILES) {
      String ptx = KernelLibrary.folder(file) + "/" + file + ".ptx";
      assertThat(folder.resolve(ptx))
          .as("tools/ptx was not run after a change: the PTX of " + file)
          .hasSameTextualContentAs(RESOURCES.resolve(ptx));
    }
  }

  /** Registers and spills; takes a minute. */
  @Test
  void ptxasAssemblesItForEveryGenerationWithoutASpill(@TempDir Path folder) throws Exception {
    assumeTrue(isThere("clang++-19") && isThere("ptxas"), "There is no ptxas.");
    String table = run("tools/ptx", "--check", "--out", folder.toString());
    for (String arch : List.of("80", "86", "89", "90", "90a", "100", "120")) {
      assertThat(table).contains("sm_" + arch + " ");
    }
    assertThat(table.lines()).allMatch(line -> line.endsWith("no spills"));
  }

  private static boolean isThere(String command) {
    return Arrays.stream(System.getenv("PATH").split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, command)));
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(ROOT.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return said;
  }
}
