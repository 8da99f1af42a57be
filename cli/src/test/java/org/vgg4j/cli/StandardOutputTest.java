package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Results that are lost are an exit code and a sentence. */
class StandardOutputTest {
  @TempDir Path root;

  private record Ended(int exitCode, String err) {}

  /** Runs the command in a process of its own, with a shell's redirection behind it. */
  private Ended run(String line, String redirection) throws IOException, InterruptedException {
    assumeTrue(Files.exists(Path.of("/dev/full")), "/dev/full is Linux's");
    Path err = root.resolve("err");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String command =
        "\"$JAVA\" --add-modules jdk.incubator.vector -cp \"$CLASSES\" org.vgg4j.cli.Main ";
    ProcessBuilder builder =
        new ProcessBuilder("/bin/sh", "-c", command + line + " " + redirection)
            .redirectError(err.toFile());
    builder.environment().put("JAVA", java);
    builder.environment().put("CLASSES", System.getProperty("java.class.path"));
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    String complaints = Files.readString(err);
    return new Ended(
        process.exitValue(),
        complaints.lines().filter(one -> one.startsWith("vgg:")).findFirst().orElse(""));
  }

  @ParameterizedTest
  @CsvSource({
    "--help,>/dev/full,No space left on device",
    "--version,>/dev/full,No space left on device",
    "summary --json,>/dev/full,No space left on device",
    "models,>&-,Bad file descriptor",
  })
  void thatCannotBeWritten(String line, String redirection, String reason)
      throws IOException, InterruptedException {
    Ended ended = run(line, redirection);
    assertThat(ended.err())
        .isEqualTo("vgg: standard output cannot be written (" + reason + "): results are lost");
    assertThat(ended.exitCode()).isEqualTo(1);
  }

  /** As head leaves it: no message, but no success either. */
  @Test
  void readerThatHasSeenEnough() {
    StandardOutput output = new StandardOutput(failing("Broken pipe"));
    StringWriter err = new StringWriter();
    output.write('x');
    output.write('y'); // is not tried again
    assertThat(output.exitCode(0, new PrintWriter(err, true))).isEqualTo(1);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void otherFailuresKeepTheirExitCode() {
    StandardOutput output = new StandardOutput(failing("Input/output error"));
    StringWriter err = new StringWriter();
    assertThat(output.exitCode(0, new PrintWriter(err, true))).isZero();
    byte[] bytes = "result".getBytes(StandardCharsets.UTF_8);
    output.write(bytes, 0, bytes.length);
    assertThat(output.exitCode(130, new PrintWriter(err, true))).isEqualTo(130);
    assertThat(err.toString()).contains("standard output cannot be written (Input/output error)");
  }

  private static OutputStream failing(String reason) {
    return new OutputStream() {
      private int calls;

      @Override
      public void write(int value) throws IOException {
        calls++;
        assertThat(calls).isEqualTo(1);
        throw new IOException(reason);
      }
    };
  }
}
