package org.vgg4j.data.voc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.image.ImageFiles;

/**
 * The lists of one task in ImageSets: SET.txt has a line for each entry, and CLASS_SET.txt the same
 * with its state for a class, 1, -1 or 0. An entry is an image, or an image and the number of an
 * object in it.
 */
final class VocLists {
  private static final String ENDING = ".txt";

  private final Path folder;
  private final String set;

  /** Words of an entry, without the state. */
  private final int words;

  /**
   * @param folder ImageSets/Main or ImageSets/Action
   * @param set such as trainval
   * @param words 1 for images, 2 for images with the number of an object
   */
  VocLists(Path folder, String set, int words) {
    this.folder = folder;
    this.set = set;
    this.words = words;
  }

  /** The classes that have lists for this set, or if it has none for any other set, sorted. */
  List<String> classNames() {
    List<String> names = new ArrayList<>(classFiles().keySet());
    if (!names.isEmpty()) {
      return names;
    }
    for (String other : List.of("trainval", "train", "val")) {
      names.addAll(new VocLists(folder, other, words).classFiles().keySet());
      if (!names.isEmpty()) {
        return names;
      }
    }
    throw new InputException(
        "%s has no lists of classes, such as person_train.txt: unpack the development kit's archive (VOCtrainval) there, too"
            .formatted(folder));
  }

  /** Whether there are lists of this set with the states of the classes. */
  boolean isLabelled() {
    return !classFiles().isEmpty();
  }

  private Map<String, Path> classFiles() {
    String ending = "_" + set + ENDING;
    Map<String, Path> files = new TreeMap<>();
    try (Stream<Path> children = Files.list(folder)) {
      for (Path file : children.toList()) {
        String name = String.valueOf(file.getFileName());
        if (!ImageFiles.isNothing(name)
            && name.endsWith(ending)
            && name.length() > ending.length()) {
          files.put(name.substring(0, name.length() - ending.length()), file);
        }
      }
    } catch (IOException e) {
      throw new InputException(
          "cannot list the folder %s (%s): check the path".formatted(folder, AtomicFile.reason(e)),
          e);
    }
    return files;
  }

  /**
   * The entries, in the order of SET.txt, or where that is missing of the first class's list.
   *
   * @throws InputException if there is no list of this set, or one of its lines is none
   */
  List<String> entries() {
    Path plain = folder.resolve(set + ENDING);
    if (Files.isRegularFile(plain)) {
      // ImageSets/Action/train.txt may have a third word, which says nothing of a class
      return List.copyOf(read(plain, false).keySet());
    }
    return classFiles().values().stream()
        .findFirst()
        .map(file -> List.copyOf(read(file, true).keySet()))
        .orElseThrow(
            () ->
                new InputException(
                    "%s has no list %s%s: give another set, or unpack the archive that holds this one"
                        .formatted(folder, set, ENDING)));
  }

  /**
   * The states of each entry.
   *
   * @throws InputException if a list does not have just the entries, or a line is none
   */
  MultiLabels labels(List<String> entries) {
    Map<String, Path> files = classFiles();
    List<String> classNames = List.copyOf(files.keySet());
    byte[] states = new byte[entries.size() * classNames.size()];
    int k = 0;
    for (Path file : files.values()) {
      Map<String, Byte> own = read(file, true);
      for (int i = 0; i < entries.size(); i++) {
        Byte state = own.remove(entries.get(i));
        if (state == null) {
          throw disagree(file, "does not name " + entries.get(i));
        }
        states[i * classNames.size() + k] = state;
      }
      if (!own.isEmpty()) {
        throw disagree(file, "also names " + own.keySet().iterator().next());
      }
      k++;
    }
    return new MultiLabels(classNames, states);
  }

  private InputException disagree(Path file, String what) {
    return new InputException(
        "%s %s, unlike the other lists of %s: unpack the archive again".formatted(file, what, set));
  }

  /**
   * @return the state of each entry, in the order of the file
   */
  private Map<String, Byte> read(Path file, boolean hasStates) {
    List<String> lines;
    try {
      lines = TextLines.read(file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s): unpack the archive again".formatted(file, AtomicFile.reason(e)), e);
    }
    Map<String, Byte> states = new LinkedHashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      List<String> parts = List.of(lines.get(i).strip().split("\\s+"));
      String place = "line %d of %s".formatted(i + 1, file);
      boolean isNumbered = words == 1 || parts.size() > 1 && parts.get(1).matches("\\d{1,9}");
      boolean hasLength =
          hasStates
              ? parts.size() == words + 1
              : parts.size() >= words && parts.size() <= words + 1;
      if (!isNumbered || !hasLength || hasStates && !parts.get(words).matches("-1|0|1")) {
        throw new InputException(
            "%s is '%s', but should be %s%s: unpack the archive again"
                .formatted(
                    place,
                    lines.get(i).strip(),
                    words == 1 ? "an image" : "an image and the number of an object in it",
                    hasStates ? ", and 1, -1 or 0" : ""));
      }
      byte state = hasStates ? Byte.parseByte(parts.get(words)) : 0;
      if (states.put(String.join(" ", parts.subList(0, words)), state) != null) {
        throw new InputException(place + " names an image once more: unpack the archive again");
      }
    }
    if (states.isEmpty()) {
      throw new InputException(file + " names no image: unpack the archive again");
    }
    return states;
  }
}
