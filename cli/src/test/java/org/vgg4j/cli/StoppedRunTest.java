package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.train.RunLock;

/** A process that trains, the signals that it gets, and others that want its run folder. */
@DisabledOnOs(OS.WINDOWS)
class StoppedRunTest {
  private static final int MOST_SECONDS = 60;

  /** Whoever runs the tests in the background may have some signals ignored, which is inherited. */
  private static final String NOT_IGNORED =
      "if env --default-signal true 2>/dev/null; then set -- env --default-signal \"$@\"; fi; ";

  @TempDir Path root;
  private Path run;
  private Path data;
  private Process process;

  @BeforeEach
  void pictures() throws IOException {
    data = Pictures.writeParts(root.resolve("pets"));
    run = root.resolve("run");
  }

  @AfterEach
  void end() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  /** Starts a run that does not end by itself, and waits for its first checkpoint. */
  private void start(String before) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-Xmx256m", "-Dvgg.kernels=scalar"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("train", "--data=" + data, "--out=" + run, "--width=0.03"));
    command.addAll(
        List.of(
            "--batch=8",
            "--lr=0.0001",
            "--epochs=100000",
            "--schedule=paper",
            "--patience=100000"));
    command.add("--checkpoint-every=1");
    List<String> shell = new ArrayList<>(List.of("sh", "-c", before + "exec \"$@\"", "sh"));
    shell.addAll(command);
    process =
        new ProcessBuilder(shell)
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("output.txt").toFile())
            .start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
    while (!Files.exists(run.resolve("last/checkpoint.safetensors"))) {
      assertThat(process.isAlive()).as(Files.readString(root.resolve("output.txt"))).isTrue();
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(50);
    }
  }

  private void send(String signal) throws IOException, InterruptedException {
    int code = new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
    assertThat(code).isZero();
  }

  private int exitCode() throws InterruptedException {
    assertThat(process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143", "HUP, 129"})
  void savesAndEndsWithTheSignalsCode(String signal, int code) throws Exception {
    start(NOT_IGNORED);
    send(signal);
    assertThat(exitCode()).isEqualTo(code);
    assertThat(root.resolve("output.txt"))
        .content()
        .contains("stopping after this step", "stopped; the model so far");
    assertThat(run.resolve("last/model.safetensors")).exists();
    assertThat(run.resolve("run.lock")).doesNotExist();
  }

  /** As nohup starts it. */
  @Test
  void ignoredSignalsStayIgnored() throws Exception {
    start("trap '' HUP; ");
    send("HUP");
    assertThat(process.waitFor(2, TimeUnit.SECONDS)).isFalse();
    send("TERM");
    assertThat(exitCode()).isEqualTo(143);
  }

  @Test
  void oneFolderOneWriter() throws Exception {
    start(NOT_IGNORED);
    for (List<String> second :
        List.of(
            List.of("train", "--resume=" + run),
            List.of("train", "--width=0.03", "--data=" + data, "--out=" + run))) {
      Vgg vgg = Vgg.run(second.toArray());
      assertThat(vgg.exitCode()).isEqualTo(1);
      assertThat(vgg.err())
          .contains("another run is writing into " + run + " (process " + process.pid() + " on ");
    }
    assertThat(process.isAlive()).isTrue();
    while (!Files.exists(run.resolve("best/model.safetensors"))) {
      assertThat(process.isAlive()).isTrue();
      Thread.sleep(50);
    }
    // those that only read are not kept out
    Vgg report = Vgg.run("report", run);
    assertThat(report.err()).doesNotContain("another run");
    assertThat(report.exitCode()).as(report.err()).isZero();
    process.destroyForcibly().waitFor();
    RunLock.requireFree(run);
  }
}
