package org.vgg4j.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.parallel.Membership;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.parallel.ProcessGroups;
import picocli.CommandLine.Option;

/** The options of commands that several processes may do together. */
final class RankOptions {
  /** The option that starts processes on this machine. */
  static final String NPROC = "--nproc";

  /** How long they wait for each other. */
  static final String TIMEOUT = "--timeout";

  private static final int MOST = 1024;
  private static final int LEAST_TIMEOUT = 30;

  @Option(
      names = NPROC,
      paramLabel = "N",
      defaultValue = "1",
      description =
          "divide the work among so many processes on this machine; across machines see"
              + " docs/distributed.md (default: ${DEFAULT-VALUE})")
  private int processes;

  @Option(
      names = TIMEOUT,
      paramLabel = "SECONDS",
      defaultValue = "300",
      description =
          "how long a process waits for the others before all stop (default: ${DEFAULT-VALUE})")
  private int timeout;

  /** How many processes this command is to start; 1: none. */
  int processes() {
    if (processes < 1 || processes > MOST) {
      throw new InputException(
          "option nproc is %d but must be from 1 to %d".formatted(processes, MOST));
    }
    if (processes > 1 && membership() != null) {
      throw new InputException(
          "--nproc starts processes on one machine, but WORLD_SIZE says that this is one of several"
              + " already: leave one of them out");
    }
    return processes;
  }

  Duration timeout() {
    if (timeout < LEAST_TIMEOUT) {
      throw new InputException(
          "option timeout is %d but must be at least %d seconds".formatted(timeout, LEAST_TIMEOUT));
    }
    return Duration.ofSeconds(timeout);
  }

  /**
   * Whether this process takes its options from one that leads: then the files that they name need
   * not be here.
   */
  static boolean follows() {
    Membership membership = Membership.of(System.getenv(), Membership.DEFAULT_TIMEOUT);
    return membership != null && membership.rank() > 0;
  }

  private @Nullable Membership membership() {
    return Membership.of(System.getenv(), timeout());
  }

  /** The group that this process belongs to: alone, unless the environment says otherwise. */
  ProcessGroup join() {
    Membership membership = membership();
    return membership == null ? ProcessGroup.alone() : ProcessGroups.installed().join(membership);
  }
}
