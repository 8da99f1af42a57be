package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;

/** Processes that are killed (SIGKILL) at random instants, writing or not, and resumed. */
class KilledRunTest {
  private static final int KILLS = 10;
  private static final long LEAST_NANOS = 200_000_000; // a JVM does nothing of ours before
  private static final int MOST_SECONDS = 120;

  @TempDir Path root;

  private static final List<String> SMALL =
      List.of(
          "--width=0.03",
          "--batch=8",
          "--epochs=5",
          "--checkpoint-every=1",
          "--lr=0.003",
          "--max-steps=28");

  /** Starts {@code vgg train ARGS} in a process of its own. */
  private Process start(List<String> args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-Xmx256m", "-Dvgg.kernels=scalar"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.add("train");
    command.addAll(args);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(root.resolve("output.txt").toFile())
        .start();
  }

  private List<String> fresh(Path data, Path out) {
    List<String> args = new ArrayList<>(SMALL);
    args.addAll(List.of("--data=" + data, "--out=" + out));
    return args;
  }

  /** Runs to the end. */
  private void finish(Path data, Path out) throws IOException, InterruptedException {
    boolean begun = Files.exists(out.resolve("config.yaml"));
    Process process = start(begun ? List.of("--resume=" + out) : fresh(data, out));
    assertThat(process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(root.resolve("output.txt"))).isZero();
  }

  @Test
  void afterEachKillTheSameModels() throws IOException, InterruptedException {
    Path data = Pictures.writeParts(root.resolve("pets"));
    Path whole = root.resolve("whole");
    long began = System.nanoTime();
    finish(data, whole);
    long nanos = System.nanoTime() - began;
    RandomStream random = new RandomStream(4, 0, 0, Purpose.SHUFFLE);
    int killedWhileTraining = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Path run = root.resolve("run-" + kill);
      Process process = start(fresh(data, run));
      long wait = LEAST_NANOS + (long) (random.nextDouble() * (nanos - LEAST_NANOS));
      boolean ended = process.waitFor(wait, TimeUnit.NANOSECONDS);
      process.destroyForcibly().waitFor();
      killedWhileTraining += !ended && Files.exists(run.resolve("last")) ? 1 : 0;
      finish(data, run);
      for (String model : List.of("last/model.safetensors", "best/model.safetensors")) {
        assertThat(Files.readAllBytes(run.resolve(model)))
            .as("kill %d after %d ms, %s", kill, wait / 1_000_000, model)
            .isEqualTo(Files.readAllBytes(whole.resolve(model)));
      }
    }
    assertThat(killedWhileTraining).as("kills between first and last checkpoint").isPositive();
  }
}
