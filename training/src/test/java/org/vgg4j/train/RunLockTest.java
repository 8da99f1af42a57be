package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;

class RunLockTest {
  private static final RunLock.Locking NO_LOCKS =
      channel -> {
        throw new IOException("No locks available");
      };

  @TempDir Path root;

  private Path file() {
    return root.resolve("run.lock");
  }

  private static String host() throws IOException {
    return InetAddress.getLocalHost().getHostName();
  }

  /** Another process that takes the lock and keeps it until it is killed. */
  public static final class Holder {
    private Holder() {}

    public static void main(String[] args) throws Exception {
      try (RunLock unused = RunLock.take(Path.of(args[0]))) {
        System.out.println("taken");
        Thread.sleep(TimeUnit.MINUTES.toMillis(5));
      }
    }
  }

  private Process holder() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                root.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(process.inputReader().readLine()).isEqualTo("taken");
    return process;
  }

  @Test
  void anotherProcessIsNamedAndItsDeathFreesTheFolder() throws Exception {
    Process other = holder();
    try {
      assertThatThrownBy(() -> RunLock.take(root))
          .isInstanceOf(InputException.class)
          .hasMessageMatching(
              "another run is writing into \\Q%s\\E \\(process %d on \\Q%s\\E, since 20\\S+Z\\): wait.*"
                  .formatted(root, other.pid(), host()));
      assertThatThrownBy(() -> RunLock.requireFree(root)).isInstanceOf(InputException.class);
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertThat(file()).exists(); // a killed process leaves the file, but not the lock
    RunLock.requireFree(root);
    RunLock.take(root).close();
    assertThat(root).isEmptyDirectory();
  }

  @Test
  void twiceInOneProcessIsRefusedAndKeepsTheFirst() throws Exception {
    try (RunLock unused = RunLock.take(root)) {
      assertThatThrownBy(() -> RunLock.take(root)).hasMessageContaining("(this process)");
      assertThatThrownBy(() -> RunLock.take(root.resolve(".")))
          .hasMessageContaining("this process");
      assertThat(file()).content().contains("process " + ProcessHandle.current().pid());
    }
    RunLock.take(root).close();
  }

  @Test
  void oneOfManyThatBeginTogether() {
    for (int round = 0; round < 20; round++) {
      long taken =
          java.util.stream.IntStream.range(0, 8)
              .parallel()
              .filter(
                  i -> {
                    try {
                      RunLock unused = RunLock.take(root);
                      return true;
                    } catch (InputException e) {
                      return false;
                    }
                  })
              .count();
      assertThat(taken).isEqualTo(1);
      root = root.resolve("next");
      assertThat(root.toFile().mkdir()).isTrue();
    }
  }

  @Test
  void withoutLocksTheFileCountsWhileItsProcessLives() throws Exception {
    try (RunLock unused = RunLock.take(root, NO_LOCKS)) {
      assertThat(file()).content().contains("process " + ProcessHandle.current().pid());
    }
    assertThat(file()).doesNotExist();
    Process other = new ProcessBuilder("sleep", "100").start();
    try {
      Files.writeString(
          file(),
          "process %d on %s, since %s".formatted(other.pid(), host(), java.time.Instant.now()));
      assertThatThrownBy(() -> RunLock.take(root, NO_LOCKS))
          .hasMessageContaining("process " + other.pid())
          .hasMessageContaining("if it has ended, delete " + file().toRealPath());
    } finally {
      other.destroyForcibly().waitFor();
    }
    RunLock.take(root, NO_LOCKS).close();
  }

  @Test
  void withoutLocksAnotherMachineCannotBeAsked() throws Exception {
    Files.writeString(file(), "process 1 on elsewhere, since 2026-01-01T00:00:00Z\n");
    assertThatThrownBy(() -> RunLock.take(root, NO_LOCKS))
        .hasMessageContaining("on elsewhere")
        .hasMessageContaining("delete");
  }

  /** Its number may be another process's by now: this one began after the lock was taken. */
  @Test
  void withoutLocksANumberThatCameBackDoesNotCount() throws Exception {
    Files.writeString(
        file(),
        "process %d on %s, since 2001-01-01T00:00:00Z"
            .formatted(ProcessHandle.current().pid(), host()));
    RunLock.take(root, NO_LOCKS).close();
  }

  /** The clock says that the lock is older than its process: it was set, and this one lives. */
  @Test
  void withoutLocksTheClockMayBeSet() throws Exception {
    String held;
    try (RunLock unused = RunLock.take(root, NO_LOCKS)) {
      held = Files.readString(file());
    }
    String before = held.replaceFirst("since \\S+", "since 2001-01-01T00:00:00Z");
    Files.writeString(file(), before);
    assumeThat(Path.of("/proc/self/stat")).exists();
    assertThatThrownBy(() -> RunLock.take(root, NO_LOCKS))
        .hasMessageContaining("since 2001-01-01T00:00:00Z): wait until it ends")
        .hasMessageContaining("delete " + file().toRealPath());
    Files.writeString(file(), before.replaceFirst("begun \\S+", "begun 7"));
    RunLock.take(root, NO_LOCKS).close(); // its number is another process's by now
  }

  /** Of two that begin at once, one is still looking who has the folder. */
  @Test
  void withoutLocksOneAtATimeLooksAtTheFile() throws Exception {
    Path taking = root.resolve("run.lock.taking");
    Files.createFile(taking);
    assertThatThrownBy(() -> RunLock.take(root, NO_LOCKS))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("(a process that has just begun)")
        .hasMessageContaining("if it has ended, delete " + taking.toRealPath());
    Files.delete(taking);
    try (RunLock unused = RunLock.take(root, NO_LOCKS)) {
      assertThat(taking).doesNotExist();
    }
    assertThat(root).isEmptyDirectory();
  }

  @Test
  void missingFolder() {
    assertThatThrownBy(() -> RunLock.take(root.resolve("none")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cannot write into");
    RunLock.requireFree(root.resolve("none"));
  }
}
