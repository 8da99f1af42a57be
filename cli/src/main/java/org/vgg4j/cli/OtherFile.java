package org.vgg4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/** Sees to it that a command does not write over what it reads. */
final class OtherFile {
  private OtherFile() {}

  /**
   * @throws InputException if the input is missing, or both are the same file, also through a link
   */
  static void require(Path output, Path input) {
    if (!Files.exists(input)) {
      throw new InputException("there is no file " + input + ": check the path");
    }
    try {
      if (Files.exists(output) && Files.isSameFile(output, input)) {
        throw new InputException(
            output + " is the file that is read, and would be lost: give another file to write");
      }
    } catch (IOException e) {
      throw new InputException("cannot read " + output + ": " + AtomicFile.reason(e), e);
    }
  }
}
