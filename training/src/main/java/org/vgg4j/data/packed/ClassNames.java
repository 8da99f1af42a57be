package org.vgg4j.data.packed;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;

/** A UTF-8 text file with the names of classes, one per line, in the order of the labels. */
final class ClassNames {
  private ClassNames() {}

  /**
   * Reads such a file; empty lines at its end do not count.
   *
   * @throws InputException if it cannot be read, or a line before the last name is empty or repeats
   *     a name: labels are line numbers
   */
  static List<String> read(Path file) {
    List<String> names;
    try {
      names = TextLines.read(file).stream().map(String::strip).toList();
    } catch (IOException e) {
      throw new InputException(
          "cannot read "
              + file
              + " ("
              + AtomicFile.reason(e)
              + "): make it a UTF-8 text, one class name per line",
          e);
    }
    int end = names.size();
    while (end > 0 && names.get(end - 1).isEmpty()) {
      end--;
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < end; i++) {
      if (names.get(i).isEmpty() || !seen.add(names.get(i))) {
        throw new InputException(
            "line %d of %s is empty or repeats a class name: give one name per line"
                .formatted(i + 1, file));
      }
    }
    return names.subList(0, end);
  }
}
