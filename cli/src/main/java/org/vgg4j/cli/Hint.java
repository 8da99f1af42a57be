package org.vgg4j.cli;

/** What the user may type next. */
final class Hint {
  /** Set by the launcher: how it was called. */
  private static final String CALLED = "vgg.command";

  private Hint() {}

  /** The command as it was called, with other arguments: {@code ./vgg import FILE}. */
  static String command(String arguments) {
    return quoted(System.getProperty(CALLED, "vgg")) + " " + arguments;
  }

  /** A word as a shell wants it. */
  static String quoted(Object word) {
    String text = word.toString();
    return text.matches("[\\w./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
