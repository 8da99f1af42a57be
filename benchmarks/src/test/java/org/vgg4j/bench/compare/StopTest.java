package org.vgg4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** No engine outlives the driver. */
@DisabledOnOs(OS.WINDOWS)
class StopTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path folder;

  @Test
  void aSignalEndsTheEnginesAndLeavesNoFiles() throws Exception {
    Process driver = start();
    List<ProcessHandle> engines = engines(driver);
    signal(driver, "TERM");

    assertThat(driver.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(driver.exitValue()).isEqualTo(143);
    await(() -> engines.stream().noneMatch(ProcessHandle::isAlive));
    assertThat(folder.resolve("tmp")).isEmptyDirectory();
  }

  @Test
  void enginesEndOnTheirOwnWhenTheDriverIsKilled() throws Exception {
    Process driver = start();
    List<ProcessHandle> engines = engines(driver);
    signal(driver, "KILL");

    await(() -> engines.stream().noneMatch(ProcessHandle::isAlive));
  }

  /** Measures for longer than the test waits. */
  private Process start() throws IOException {
    File temporary = folder.resolve("tmp").toFile();
    assertThat(temporary.mkdirs()).isTrue();
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Djava.io.tmpdir=" + temporary,
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "--engines=vgg4j",
            "--workloads=small-256",
            "--rounds=1000000")
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log").toFile())
        .start();
  }

  private static List<ProcessHandle> engines(Process driver) throws InterruptedException {
    await(() -> driver.descendants().findAny().isPresent());
    return driver.descendants().toList();
  }

  private static void signal(Process process, String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("still waiting").isLessThan(end);
      Thread.sleep(20);
    }
  }
}
