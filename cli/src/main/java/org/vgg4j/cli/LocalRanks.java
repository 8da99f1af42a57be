package org.vgg4j.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.vgg4j.base.InputException;
import sun.misc.Signal;

/**
 * Processes of one command on this machine: each runs the same command line with a rank of its own.
 * This process only waits for them. What rank 0 prints is what the user sees; the others'
 * complaints come with their rank before them.
 */
final class LocalRanks {
  private static final String HEAP_SHARE = "-XX:MaxRAMPercentage=";
  private static final String PARENT = "VGG_PARENT";
  private static final Duration TO_END = Duration.ofSeconds(30);

  private final int count;
  private final List<String> arguments;
  private final Duration timeout;
  private final PrintWriter err;
  private final List<Process> ranks = new ArrayList<>();

  /**
   * @param arguments the whole command line after the command's name, {@code vgg}
   * @param timeout how long the ranks wait for each other
   */
  LocalRanks(int count, List<String> arguments, Duration timeout, PrintWriter err) {
    this.count = count;
    this.arguments = withoutCount(arguments);
    this.timeout = timeout;
    this.err = err;
  }

  private static List<String> withoutCount(List<String> typed) {
    List<String> rest = new ArrayList<>();
    for (int i = 0; i < typed.size(); i++) {
      if (typed.get(i).equals(RankOptions.NPROC)) {
        i++;
      } else if (!typed.get(i).startsWith(RankOptions.NPROC + "=")) {
        rest.add(typed.get(i));
      }
    }
    return rest;
  }

  /**
   * Starts all, waits for all, and returns rank 0's exit code, or that of the first that failed.
   */
  int run() {
    // Ctrl-C reaches the ranks, too: they stop in good order, and this process waits for that
    Signal.handle(new Signal("INT"), signal -> {});
    Signal.handle(new Signal("TERM"), signal -> ranks.forEach(Process::destroy));
    Runtime.getRuntime().addShutdownHook(new Thread(this::endAll));
    int port = freePort();
    for (int rank = 0; rank < count; rank++) {
      ranks.add(start(rank, port));
    }
    return await();
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new InputException("no port is free on this machine: " + e.getMessage(), e);
    }
  }

  private Process start(int rank, int port) {
    ProcessBuilder builder = new ProcessBuilder(command(rank));
    Map<String, String> environment = builder.environment();
    environment.put("MASTER_ADDR", InetAddress.getLoopbackAddress().getHostAddress());
    environment.put("MASTER_PORT", String.valueOf(port));
    environment.put("RANK", String.valueOf(rank));
    environment.put("LOCAL_RANK", String.valueOf(rank));
    environment.put("WORLD_SIZE", String.valueOf(count));
    environment.put(PARENT, String.valueOf(ProcessHandle.current().pid()));
    environment.remove("JDK_JAVA_OPTIONS"); // are in the arguments already
    environment.remove("JAVA_TOOL_OPTIONS");
    if (rank == 0) {
      builder.inheritIO();
    } else {
      builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    }
    try {
      Process process = builder.start();
      if (rank > 0) {
        pass(process.getErrorStream(), "[rank " + rank + "] ");
      }
      return process;
    } catch (IOException e) {
      throw new InputException("cannot start a process: " + e.getMessage(), e);
    }
  }

  private List<String> command(int rank) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      command.add(option.startsWith(HEAP_SHARE) ? shareOfHeap(option) : option);
    }
    if (rank > 0) {
      command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
      command.add("-Dvgg.terminal=false");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    if (arguments.stream().noneMatch(argument -> argument.startsWith("--threads"))) {
      int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / count);
      command.addAll(List.of("--threads", String.valueOf(threads)));
    }
    return command;
  }

  /** All ranks together get what one process would. */
  private String shareOfHeap(String option) {
    double whole = Double.parseDouble(option.substring(HEAP_SHARE.length()));
    return HEAP_SHARE + String.format(Locale.ROOT, "%.2f", whole / count);
  }

  private void pass(InputStream from, String prefix) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  if (!line.isBlank() && !line.startsWith("WARNING: Using incubator modules")) {
                    err.println(prefix + line);
                  }
                }
              } catch (IOException | UncheckedIOException e) {
                err.println(prefix + "its messages end here: " + e.getMessage());
              }
            },
            prefix);
    thread.setDaemon(true);
    thread.start();
  }

  /** When one fails the others find out by themselves; those that do not are ended. */
  private int await() {
    List<CompletableFuture<Process>> exits = ranks.stream().map(Process::onExit).toList();
    CompletableFuture<Void> all =
        CompletableFuture.allOf(exits.toArray(CompletableFuture<?>[]::new));
    CompletableFuture<Integer> firstFailure = new CompletableFuture<>();
    for (int rank = 0; rank < count; rank++) {
      int number = rank;
      CompletableFuture<Void> unused =
          exits
              .get(rank)
              .thenAccept(
                  process -> {
                    if (process.exitValue() != 0) {
                      firstFailure.complete(number);
                    }
                  });
    }
    try {
      CompletableFuture.anyOf(all, firstFailure).get();
      if (!all.isDone()) {
        waitForTheOthers(all);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
    Integer failed = firstFailure.getNow(null);
    int leader = ranks.get(0).isAlive() ? 1 : ranks.get(0).exitValue();
    return leader != 0 || failed == null ? leader : ranks.get(failed).exitValue();
  }

  private void waitForTheOthers(CompletableFuture<Void> all)
      throws InterruptedException, ExecutionException {
    try {
      Void unused = all.get(timeout.plus(TO_END).toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      err.println("vgg: some processes did not end by themselves, and were ended");
      endAll();
      Void unused = all.get();
    }
  }

  private void endAll() {
    ranks.forEach(Process::destroyForcibly);
  }

  /** Ends this process, if it is a rank that {@link #start} made, as soon as its parent is gone. */
  static void endWithParent() {
    String parent = System.getenv(PARENT);
    if (parent != null) {
      ProcessHandle.of(Long.parseLong(parent))
          .ifPresentOrElse(
              process -> {
                CompletableFuture<Void> unused =
                    process.onExit().thenRun(() -> Runtime.getRuntime().halt(1));
              },
              () -> Runtime.getRuntime().halt(1));
    }
  }
}
