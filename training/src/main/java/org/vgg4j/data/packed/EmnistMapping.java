package org.vgg4j.data.packed;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;

/**
 * Which characters the labels of EMNIST (Cohen and others, arXiv 1702.05373) stand for: each line
 * of its file has a label and the ASCII codes of one character, or of a capital and a small letter.
 * The labels of EMNIST Letters begin with 1; classes are ranks of the labels, from 0.
 */
final class EmnistMapping {
  private final Path file;
  private final Map<Integer, Integer> classOfLabel = new TreeMap<>();
  private final List<String> classNames = new ArrayList<>();

  private EmnistMapping(Path file, TreeMap<Integer, String> characters) {
    this.file = file;
    characters.forEach(
        (label, name) -> {
          classOfLabel.put(label, classNames.size());
          classNames.add(name);
        });
  }

  /**
   * @throws InputException if the file cannot be read or has a line of another form
   */
  static EmnistMapping read(Path file) {
    TreeMap<Integer, String> characters = new TreeMap<>();
    try {
      for (String line : TextLines.read(file)) {
        if (line.isBlank()) {
          continue;
        }
        String[] numbers = line.strip().split("\\s+");
        String name =
            Arrays.stream(numbers)
                .skip(1)
                .map(code -> Character.toString(Integer.parseInt(code)))
                .collect(Collectors.joining("/"));
        if (name.isEmpty() || characters.put(Integer.parseInt(numbers[0]), name) != null) {
          throw new IllegalArgumentException(line);
        }
      }
    } catch (IllegalArgumentException e) {
      throw new InputException(
          file + " does not have a label and its characters' codes on each line: copy it again", e);
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s): copy it again".formatted(file, AtomicFile.reason(e)), e);
    }
    return new EmnistMapping(file, characters);
  }

  /** In the order of the labels, such as A/a. */
  List<String> classNames() {
    return classNames;
  }

  /**
   * Returns the classes of labels.
   *
   * @throws InputException if the file does not have a label
   */
  IdxFile classes(IdxFile labels) {
    return labels.mapped(
        label -> {
          Integer known = classOfLabel.get(label);
          if (known == null) {
            throw new InputException(
                "label %d of the images is not in %s: copy all files of the data set again"
                    .formatted(label, file));
          }
          return known;
        });
  }
}
