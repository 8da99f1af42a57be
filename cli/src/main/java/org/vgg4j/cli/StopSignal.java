package org.vgg4j.cli;

import java.io.PrintWriter;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C and SIGTERM while a command can stop in good order: the first one asks it to, a second one
 * that comes later than a moment after it ends the process at once.
 */
final class StopSignal implements AutoCloseable {
  private static final int SIGNAL_EXIT = 128; // what shells add to the number of the signal

  private static final int TERMINATE = 15;
  private static final long SAME = 1_500_000_000; // nanoseconds

  private final PrintWriter err;
  private final SignalHandler oldInterrupt;
  private final SignalHandler oldTerminate;
  private volatile int signal;
  private volatile long firstNanos;

  private StopSignal(PrintWriter err) {
    this.err = err;
    this.oldInterrupt = Signal.handle(new Signal("INT"), this::handle);
    this.oldTerminate = Signal.handle(new Signal("TERM"), this::handle);
  }

  static StopSignal install(PrintWriter err) {
    return new StopSignal(err);
  }

  private void handle(Signal received) {
    long now = System.nanoTime();
    if (signal != 0 && now - firstNanos < SAME) {
      return; // one request may come twice: from the terminal, and from a parent that passes it on
    }
    if (signal != 0) {
      Runtime.getRuntime().halt(SIGNAL_EXIT + received.getNumber());
    }
    signal = received.getNumber();
    firstNanos = now;
    err.println();
    err.println("vgg: stopping after this step (once more to stop at once, without saving)");
  }

  boolean requested() {
    return signal != 0;
  }

  /**
   * The exit code that says which signal it was; 130 for Ctrl-C. SIGTERM's if none came here: then
   * another process of the group was stopped.
   */
  int exitCode() {
    return SIGNAL_EXIT + (signal == 0 ? TERMINATE : signal);
  }

  @Override
  public void close() {
    Signal.handle(new Signal("INT"), oldInterrupt);
    Signal.handle(new Signal("TERM"), oldTerminate);
  }
}
