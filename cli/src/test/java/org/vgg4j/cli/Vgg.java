package org.vgg4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;

/**
 * What a run of the command left.
 *
 * @param exitCode its exit code
 * @param out what it printed
 * @param err what it complained about
 */
record Vgg(int exitCode, String out, String err) {
  /** Runs {@code vgg ARGS} in this process. */
  static Vgg run(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = Arrays.stream(args).map(Object::toString).toArray(String[]::new);
    int exitCode = Main.run(words, new PrintWriter(out, true), new PrintWriter(err, true));
    return new Vgg(exitCode, out.toString(), err.toString());
  }
}
