package org.vgg4j.cli;

import java.io.PrintWriter;

/**
 * Shows the progress of long work: on a terminal in one line that is overwritten, elsewhere in a
 * plain line now and then. Not thread-safe.
 */
final class ProgressLine {
  /** Set by the launcher, since Java cannot tell whether stderr alone is a terminal. */
  private static final String TERMINAL = "vgg.terminal";

  private static final long TERMINAL_INTERVAL = 200_000_000L; // ns
  private static final long PLAIN_INTERVAL = 15_000_000_000L;

  private final PrintWriter err;
  private final boolean quiet;
  private final boolean terminal = Boolean.getBoolean(TERMINAL);
  private long last = System.nanoTime();
  private int shown;

  /**
   * @param quiet whether to say nothing
   */
  ProgressLine(PrintWriter err, boolean quiet) {
    this.err = err;
    this.quiet = quiet;
  }

  /** Shows how far the work has got, unless it did so a moment ago. */
  void show(String text) {
    long now = System.nanoTime();
    if (quiet || now - last < (terminal ? TERMINAL_INTERVAL : PLAIN_INTERVAL)) {
      return;
    }
    last = now;
    if (terminal) {
      String line = Screen.fitted(Screen.harmless(text), Screen.WIDTH - 1); // or it would wrap
      err.print("\r" + line + " ".repeat(Math.max(0, shown - Screen.width(line))));
      err.flush();
      shown = Screen.width(line);
    } else {
      err.println(text);
    }
  }

  /** Clears the line before something else is printed. */
  void clear() {
    if (shown > 0) {
      err.print("\r" + " ".repeat(shown) + "\r");
      err.flush();
      shown = 0;
    }
  }
}
