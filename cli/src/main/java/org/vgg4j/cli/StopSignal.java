package org.vgg4j.cli;

import java.io.PrintWriter;

/**
 * Ctrl-C, SIGTERM and SIGHUP while a command can stop in an orderly way: the first one asks it to;
 * a second one, unless it follows within a moment, ends the process at once.
 */
final class StopSignal implements AutoCloseable {
  private static final long SAME = 1_500_000_000; // nanoseconds

  private final PrintWriter err;
  private final String sentence;
  private final Signals signals;
  private final Runnable action;
  private volatile int signal;
  private volatile long firstNanos;

  private StopSignal(PrintWriter err, String sentence, Runnable action) {
    this.err = err;
    this.sentence = sentence;
    this.action = action;
    this.signals = Signals.handle(this::handle, err);
  }

  static StopSignal install(PrintWriter err) {
    return install(err, "stopping after this step (once more to stop at once, without saving)");
  }

  /**
   * @param sentence says when the command will stop
   */
  static StopSignal install(PrintWriter err, String sentence) {
    return install(err, sentence, () -> {});
  }

  /**
   * @param sentence says when the command will stop
   * @param action is done at the first signal, for a command that waits for nothing else
   */
  static StopSignal install(PrintWriter err, String sentence, Runnable action) {
    return new StopSignal(err, sentence, action);
  }

  private void handle(int received) {
    long now = System.nanoTime();
    if (signal != 0 && now - firstNanos < SAME) {
      return; // one request may come twice: from the terminal, and from a parent that passes it on
    }
    if (signal != 0) {
      Runtime.getRuntime().halt(Signals.EXIT + received);
    }
    signal = received;
    firstNanos = now;
    err.println();
    err.println("vgg: " + sentence);
    action.run();
  }

  boolean requested() {
    return signal != 0;
  }

  /**
   * The exit code that says which signal it was: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
   * SIGTERM's if none came here: then another process of the group was stopped.
   */
  int exitCode() {
    return Signals.EXIT + (signal == 0 ? Signals.TERMINATE : signal);
  }

  @Override
  public void close() {
    signals.close();
  }
}
