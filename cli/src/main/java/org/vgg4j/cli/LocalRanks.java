package org.vgg4j.cli;

import java.io.BufferedReader;
import java.io.File;
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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * Processes of one command on this machine: each runs the same command line with a rank of its own.
 * This process only waits for them. The user sees what rank 0 prints; the others' errors have their
 * rank before them.
 */
final class LocalRanks {
  private static final String HEAP_SHARE = "-XX:MaxRAMPercentage=";
  private static final String PARENT = "VGG_PARENT";

  /** By which processes know with how many they share this machine's GPUs. */
  private static final String SIZE = "VGG_LOCAL_SIZE";

  /** How lines begin that Gloo prints to standard output, where results go. */
  private static final String OF_GLOO = "[Gloo] ";

  private static final Duration TO_END = Duration.ofSeconds(30);

  /** For ranks that are left when another has ended without an orderly stop. */
  private static final Duration TO_STOP = Duration.ofSeconds(5);

  private static final long PASS_ON = 300; // milliseconds
  private static final long POLL = 50; // milliseconds

  /** JVM options that set the size of the whole heap. */
  private static final Pattern HEAP =
      Pattern.compile("(-Xmx|-Xms|-XX:MaxHeapSize=|-XX:InitialHeapSize=)(\\d+)([kKmMgGtT]?)");

  private final int count;
  private final List<String> arguments;
  private final Duration timeout;
  private final PrintWriter out;
  private final PrintWriter err;
  private final List<Process> ranks = new CopyOnWriteArrayList<>();
  private final List<Thread> readers = new ArrayList<>();

  /** The number of the signal that asked to stop; 0: none. */
  private volatile int signal;

  /**
   * @param arguments the whole command line after the command's name, {@code vgg}
   * @param timeout how long the ranks wait for each other
   */
  LocalRanks(
      int count, List<String> arguments, Duration timeout, PrintWriter out, PrintWriter err) {
    this.count = count;
    this.arguments = withoutCount(arguments);
    this.timeout = timeout;
    this.out = out;
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
   * Starts all, waits for all, and returns rank 0's exit code, or that of the first that failed; or
   * that of the signal that stopped them.
   */
  int run() {
    try (Signals unused = Signals.handle(this::stop, err)) {
      Runtime.getRuntime().addShutdownHook(new Thread(this::endAll));
      int port = freePort();
      for (int rank = 0; rank < count && signal == 0; rank++) {
        ranks.add(start(rank, port));
      }
      return await();
    }
  }

  /**
   * Passes on a request to stop. Ctrl-C, and signals to the whole process group, reach the ranks
   * directly, and earlier.
   */
  private void stop(int number) {
    signal = number;
    try {
      Thread.sleep(PASS_ON);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // by their handles: Process.destroy would also close the pipe through which the last lines come
    ranks.forEach(process -> process.toHandle().destroy());
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new InputException("no port is free on this machine: " + AtomicFile.reason(e), e);
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
    environment.put(SIZE, String.valueOf(count));
    environment.put(PARENT, String.valueOf(ProcessHandle.current().pid()));
    environment.remove("JDK_JAVA_OPTIONS"); // already in the arguments
    environment.remove("JAVA_TOOL_OPTIONS");
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    if (rank == 0) {
      builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    } else {
      builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    }
    try {
      Process process = builder.start();
      readers.add(
          rank == 0
              ? pass(process.getInputStream(), "", out)
              : pass(process.getErrorStream(), "[rank " + rank + "] ", err));
      return process;
    } catch (IOException e) {
      throw new InputException("cannot start a process: " + AtomicFile.reason(e), e);
    }
  }

  private List<String> command(int rank) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : jvmOptions()) {
      command.add(shareOfHeap(option));
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

  private static List<String> jvmOptions() {
    try {
      return ManagementFactory.getRuntimeMXBean().getInputArguments();
    } catch (LinkageError e) {
      throw new InputException(
          "this Java was built without the module java.management, which --nproc needs to start"
              + " processes with the same JVM options: use a JDK",
          e);
    }
  }

  /** All ranks together get as much as one process would. */
  private String shareOfHeap(String option) {
    if (option.startsWith(HEAP_SHARE)) {
      double whole = Double.parseDouble(option.substring(HEAP_SHARE.length()));
      return HEAP_SHARE + String.format(Locale.ROOT, "%.2f", whole / count);
    }
    Matcher heap = HEAP.matcher(option);
    if (!heap.matches()) {
      return option;
    }
    int power = "kmgt".indexOf(heap.group(3).toLowerCase(Locale.ROOT));
    long bytes = Long.parseLong(heap.group(2)) << (heap.group(3).isEmpty() ? 0 : 10 * (power + 1));
    return heap.group(1) + bytes / count / 1024 + "k";
  }

  private static Thread pass(InputStream from, String prefix, PrintWriter to) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  boolean ofJava = line.startsWith("WARNING: Using incubator modules");
                  if (!line.startsWith(OF_GLOO) && !(ofJava && !prefix.isEmpty())) {
                    to.println(prefix + line);
                    to.flush();
                  }
                }
              } catch (IOException | UncheckedIOException e) {
                to.println(prefix + "its messages end here: " + AtomicFile.reason(e));
              }
            },
            "vgg-output " + prefix);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /**
   * When one fails, the others notice by themselves; those that do not are ended. When a request to
   * stop has ended one before it could stop in an orderly way, the others are ended much sooner.
   */
  private int await() {
    @Nullable Process failed = null;
    long deadline = Long.MAX_VALUE; // milliseconds since the start
    long start = System.nanoTime();
    try {
      while (ranks.stream().anyMatch(Process::isAlive)) {
        Thread.sleep(POLL);
        long now = (System.nanoTime() - start) / 1_000_000;
        if (failed == null) {
          failed = ranks.stream().filter(LocalRanks::hasFailed).findFirst().orElse(null);
          deadline = failed == null ? deadline : now + timeout.plus(TO_END).toMillis();
        }
        if (signal != 0 && (failed != null || !ranks.get(0).isAlive())) {
          deadline = Math.min(deadline, now + TO_STOP.toMillis());
        }
        if (now >= deadline) {
          err.println("vgg: some processes did not end by themselves, and were ended");
          endAll();
          deadline = Long.MAX_VALUE;
        }
      }
      for (Thread reader : readers) {
        reader.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return exitCode(failed);
  }

  private static boolean hasFailed(Process process) {
    return !process.isAlive() && process.exitValue() != 0;
  }

  private int exitCode(@Nullable Process failed) {
    Process leader = ranks.isEmpty() ? null : ranks.get(0);
    if (leader == null || leader.isAlive()) {
      return signal == 0 ? 1 : Signals.EXIT + signal;
    }
    int code = leader.exitValue() != 0 || failed == null ? leader.exitValue() : failed.exitValue();
    // ranks are asked to stop by SIGTERM, whatever this process got
    return signal != 0 && code > Signals.EXIT ? Signals.EXIT + signal : code;
  }

  private void endAll() {
    ranks.forEach(process -> process.toHandle().destroyForcibly());
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
