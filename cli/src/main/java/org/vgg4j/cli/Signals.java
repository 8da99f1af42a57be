package org.vgg4j.cli;

import java.io.PrintWriter;
import java.util.function.IntConsumer;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * The signals that ask a process to stop, where this Java can catch them. A signal that was ignored
 * when the process started stays ignored, as nohup and background jobs require.
 */
final class Signals implements AutoCloseable {
  /** Exit codes are this plus the signal's number, as shells have them. */
  static final int EXIT = 128;

  static final int TERMINATE = 15;

  /** Ctrl-C, {@code kill}, and a terminal that is closed. */
  private static final String[] NAMES = {"INT", "TERM", "HUP"};

  private final Runnable[] undo = new Runnable[NAMES.length];

  private Signals() {}

  /**
   * Catches them from now on, until this is closed.
   *
   * @param action gets a signal's number; called by a thread of Java's
   * @param err told once what cannot be caught, and what that means
   */
  static Signals handle(IntConsumer action, PrintWriter err) {
    Signals signals = new Signals();
    try {
      for (int i = 0; i < NAMES.length; i++) {
        signals.undo[i] = Sun.handle(NAMES[i], action);
      }
    } catch (LinkageError e) {
      err.println(
          "vgg: this Java was built without the module jdk.unsupported and cannot catch signals:"
              + " Ctrl-C and SIGTERM stop at once, without saving");
    } catch (IllegalArgumentException e) {
      err.println(
          "vgg: Java's option -Xrs leaves signals to the system: Ctrl-C and SIGTERM stop at once,"
              + " without saving");
    }
    return signals;
  }

  /** Restores what was done about these signals before. */
  @Override
  public void close() {
    for (Runnable step : undo) {
      if (step != null) {
        step.run();
      }
    }
  }

  // a class of its own, so that only it fails to load where its module is missing
  private static final class Sun {
    static Runnable handle(String name, IntConsumer action) {
      Signal signal;
      try {
        signal = new Signal(name);
      } catch (IllegalArgumentException e) {
        return () -> {}; // Windows has no SIGHUP
      }
      SignalHandler old = Signal.handle(signal, got -> action.accept(got.getNumber()));
      if (old == SignalHandler.SIG_IGN) {
        SignalHandler unused = Signal.handle(signal, SignalHandler.SIG_IGN);
        return () -> {};
      }
      return () -> {
        SignalHandler unused = Signal.handle(signal, old);
      };
    }
  }
}
