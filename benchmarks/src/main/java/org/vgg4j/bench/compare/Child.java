package org.vgg4j.bench.compare;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * The driver's end of one {@link EngineProcess}: one command at a time, each waited for, so that no
 * two engines compute at once. Whatever goes wrong in the process becomes an {@link InputException}
 * with one sentence. Not thread-safe, except for {@link #kill()}.
 */
final class Child implements AutoCloseable {
  /** Environment variables that tune the peers' libraries, which are measured as they come. */
  private static final List<String> TUNING = List.of("OMP_", "KMP_", "GOMP_", "MKL_", "OPENBLAS_");

  private static final long END_SECONDS = 5;

  private final EngineSpec spec;
  private final Path log;
  private final Process process;
  private final BufferedWriter commands;
  private final BufferedReader answers;

  private Child(EngineSpec spec, Path log, Process process) {
    this.spec = spec;
    this.log = log;
    this.process = process;
    this.commands = process.outputWriter(StandardCharsets.UTF_8);
    this.answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Starts an engine's process, which then waits for its job. */
  static Child start(EngineSpec spec, Path folder, int threads) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(spec.jvmOptions());
    command.addAll(List.of(EngineProcess.class.getName(), spec.factory().getName()));
    try {
      Path log = Files.createTempFile(folder, spec.name(), ".log");
      ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
      Map<String, String> environment = builder.environment();
      environment.keySet().removeIf(name -> TUNING.stream().anyMatch(name::startsWith));
      // not an option: ONNX Runtime 1.29 crashes in a process whose command line has 4,096 bytes
      environment.put("CLASSPATH", System.getProperty("java.class.path"));
      // libtorch's backward pass runs in a thread that takes its number of threads from here
      environment.put("OMP_NUM_THREADS", String.valueOf(threads));
      environment.put("OPENBLAS_NUM_THREADS", String.valueOf(threads));
      // idle threads must not take processors from the engine whose turn it is
      environment.put("OMP_WAIT_POLICY", "PASSIVE");
      return new Child(spec, log, builder.start());
    } catch (IOException e) {
      throw new InputException("cannot start the process of " + spec.name() + ": " + e, e);
    }
  }

  EngineSpec spec() {
    return spec;
  }

  /** Makes the engine load the job's network and images. */
  void open(Job job) {
    String answer = ask(EngineProcess.line(job));
    if (!answer.equals(EngineProcess.READY)) {
      throw new IllegalStateException(spec.name() + " answers " + answer);
    }
  }

  /**
   * Runs the workload at least that many times and that long.
   *
   * @return the nanoseconds that each run took
   */
  long[] run(int count, double seconds) {
    String times = ask(String.format(Locale.ROOT, "%s %d %f", EngineProcess.RUN, count, seconds));
    return Arrays.stream(times.split(" ")).mapToLong(Long::parseLong).toArray();
  }

  /** The scores of the batch. */
  float[] scores() {
    return EngineProcess.decode(ask(EngineProcess.SCORES));
  }

  private String ask(String command) {
    try {
      commands.write(command);
      commands.newLine();
      commands.flush();
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        if (line.startsWith(EngineProcess.MARK)) {
          return result(line.substring(EngineProcess.MARK.length()));
        }
      }
    } catch (IOException e) {
      throw died(e);
    }
    throw died(null);
  }

  private String result(String answer) {
    if (answer.startsWith(EngineProcess.FAILED)) {
      throw new InputException(
          spec.name() + " failed: " + answer.substring(EngineProcess.FAILED.length()));
    }
    return answer;
  }

  private InputException died(@Nullable IOException cause) {
    String how = "is gone";
    try {
      if (process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        how = "ended with exit code " + process.exitValue();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    String message =
        String.format("the process of %s %s; it said last: %s", spec.name(), how, lastWords());
    return cause == null ? new InputException(message) : new InputException(message, cause);
  }

  private String lastWords() {
    try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
      List<String> said = lines.filter(line -> !line.isBlank()).collect(Collectors.toList());
      return said.isEmpty() ? "nothing" : said.get(said.size() - 1).strip();
    } catch (IOException | UncheckedIOException e) {
      return "nothing that can be read (" + e.getMessage() + ")";
    }
  }

  /**
   * The most memory that the process has held so far (VmHWM), in bytes; empty on systems other than
   * Linux.
   */
  OptionalLong peakMemory() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** Ends the process at once. */
  void kill() {
    process.destroyForcibly();
  }

  /** Ends the process and waits for its end. */
  @Override
  public void close() {
    kill();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
