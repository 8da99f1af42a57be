package org.vgg4j.experiment.reproduce;

import java.util.List;

/**
 * A table with its title and note.
 *
 * @param name for files, such as {@code table-3}
 * @param title above it
 * @param note below it; may be empty
 * @param header of the columns
 * @param rows cells, as many as the header has
 */
record Section(
    String name, String title, String note, List<String> header, List<List<String>> rows) {

  /** Copies the lists. */
  Section {
    header = List.copyOf(header);
    rows = List.copyOf(rows);
    for (List<String> row : rows) {
      if (row.size() != header.size()) {
        throw new IllegalArgumentException(row + " does not fit " + header);
      }
    }
  }
}
