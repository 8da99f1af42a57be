package org.vgg4j.cli;

import java.io.PrintWriter;
import java.util.List;
import org.vgg4j.data.Unreadable;

/** Says which images a command's results leave out; {@code --json} has all of them, too. */
final class PassedOverImages {
  private static final int MOST_NAMED = 20;

  private PassedOverImages() {}

  /**
   * @param unreadable what to call them; if there are none, nothing is said
   */
  static void say(PrintWriter err, List<String> unreadable) {
    if (unreadable.isEmpty()) {
      return;
    }
    err.println("vgg: " + Unreadable.passedOver(unreadable.size()) + ":");
    unreadable.stream().limit(MOST_NAMED).forEach(name -> err.println("  " + name));
    if (unreadable.size() > MOST_NAMED) {
      err.println("  ... (--json lists all)");
    }
    err.flush();
  }
}
