package org.vgg4j.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.parallel.Membership;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.parallel.ProcessGroups;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options of commands that several processes may run together. */
final class RankOptions {
  /** The option that starts processes on this machine. */
  static final String NPROC = "--nproc";

  /** How long they wait for each other. */
  static final String TIMEOUT = "--timeout";

  /**
   * Only as many processes as processors are useful; more are for trying out how several work
   * together.
   */
  private static final int MOST_PER_PROCESSOR = 8;

  /** What Java and libtorch take in each process beside the network, in bytes; measured. */
  private static final long BESIDE_THE_NETWORK = 300_000_000;

  /**
   * Set where {@code ./vgg} only wants to know whether the command line is valid, before it builds
   * what several processes need.
   */
  private static final String CHECK = "vgg.check";

  private static final int LEAST_TIMEOUT = 30;

  @Option(
      names = NPROC,
      paramLabel = "N",
      defaultValue = "1",
      description =
          "divide the work among this many processes on this machine; across machines see"
              + " docs/distributed.md (default: ${DEFAULT-VALUE})")
  private int processes;

  @Option(
      names = TIMEOUT,
      paramLabel = "SECONDS",
      defaultValue = "300",
      description =
          "how long a process waits for the others before all stop, at least 30 (default:"
              + " ${DEFAULT-VALUE})")
  private int timeout;

  /**
   * Requires that the options are in their ranges, where no process is started.
   *
   * @throws InputException if one is not
   */
  void requirePossible() {
    processes();
    timeout();
  }

  /** How many processes this command is to start; 1: none. */
  int processes() {
    if (processes < 1) {
      throw new InputException("option nproc is %d but must be at least 1".formatted(processes));
    }
    int processors = Runtime.getRuntime().availableProcessors();
    if (processes > MOST_PER_PROCESSOR * processors) {
      throw new InputException(
          "option nproc is %d, but this machine has %d processors: take at most %d, preferably no more than processors"
              .formatted(processes, processors, MOST_PER_PROCESSOR * processors));
    }
    if (processes > 1 && membership() != null) {
      throw new InputException(
          "--nproc starts processes on one machine, but WORLD_SIZE says that this is one of several"
              + " already: leave one of them out");
    }
    return processes;
  }

  /**
   * Requires that the machine has the memory for all processes.
   *
   * @param heap that each needs for its network, in bytes
   * @throws InputException if it does not
   */
  void requireMemory(long heap) {
    requireMemory(processes, heap, ProcessMemory.ofMachine().orElse(Long.MAX_VALUE));
  }

  static void requireMemory(int processes, long heap, long machine) {
    long each = heap + BESIDE_THE_NETWORK;
    if (each > machine / processes) {
      throw new InputException(
          "%d processes need %s of memory, %s each, but this machine has %s: %s"
              .formatted(
                  processes,
                  Bytes.needed((double) processes * each),
                  Bytes.needed(each),
                  Bytes.available(machine),
                  machine / each > 1
                      ? "take --nproc " + machine / each + " or less"
                      : "leave --nproc out"));
    }
  }

  /** The heap of each process, in bytes: together they have as much as one would. */
  long heapOfEach() {
    return Runtime.getRuntime().maxMemory() / processes;
  }

  Duration timeout() {
    if (timeout < LEAST_TIMEOUT) {
      throw new InputException(
          "option timeout is %d but must be at least %d seconds".formatted(timeout, LEAST_TIMEOUT));
    }
    return Duration.ofSeconds(timeout);
  }

  /**
   * Whether this process takes its options from rank 0, so that files which hold options need not
   * be here.
   */
  static boolean follows() {
    Membership membership = Membership.of(System.getenv(), Membership.DEFAULT_TIMEOUT);
    return membership != null && membership.rank() > 0;
  }

  /** Whether this process starts others, or is one of several. */
  boolean areSeveral() {
    return processes() > 1 || membership() != null;
  }

  private @Nullable Membership membership() {
    return Membership.of(System.getenv(), timeout());
  }

  /**
   * Does a command's work: alone, as one process of a group, or, if {@link #NPROC} asks for it, by
   * starting the processes of a group.
   *
   * @param spec of the command, whose whole command line the processes get
   * @param work gets the group; returns the exit code
   */
  int run(CommandSpec spec, ToIntFunction<ProcessGroup> work) {
    if (processes() > 1) {
      requireMemory(0);
      if (Boolean.getBoolean(CHECK)) {
        return 0;
      }
      List<String> typed = spec.root().commandLine().getParseResult().originalArgs();
      PrintWriter out = spec.commandLine().getOut();
      return new LocalRanks(processes(), typed, timeout(), out, spec.commandLine().getErr()).run();
    }
    LocalRanks.endWithParent();
    Membership membership = membership();
    if (Boolean.getBoolean(CHECK)) {
      return 0;
    }
    try (ProcessGroup group =
        membership == null ? ProcessGroup.alone() : ProcessGroups.installed().join(membership)) {
      try {
        return work.applyAsInt(group);
      } catch (RuntimeException | Error e) {
        group.abort(e.getMessage() == null ? e.toString() : e.getMessage());
        throw e;
      }
    }
  }
}
