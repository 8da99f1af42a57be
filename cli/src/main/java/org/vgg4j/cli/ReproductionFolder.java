package org.vgg4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/** The folder of a reproduction: a file in it says with which options, so that none are mixed. */
final class ReproductionFolder {
  private static final String OPTIONS = "options.txt";

  private ReproductionFolder() {}

  /**
   * Requires that a folder, if it exists, holds a reproduction with these options.
   *
   * @throws InputException if it holds another
   */
  static void requireSame(Path out, String options) {
    Path file = out.resolve(OPTIONS);
    try {
      if (Files.exists(file)) {
        String before = Files.readString(file).strip();
        if (!before.equals(options)) {
          throw new InputException(
              "%s holds a reproduction with %s, not %s: give another --out, or the same options"
                  .formatted(out, before, options));
        }
      }
    } catch (IOException e) {
      throw new InputException("cannot read %s (%s)".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  /** Makes the folder if need be, and writes down the options. */
  static void claim(Path out, String options) {
    AtomicFile.write(out.resolve(OPTIONS), options + "\n");
  }
}
