package org.vgg4j.image;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** The files in a folder of images that cannot be used. Not thread-safe. */
public final class PassedOver {
  /** How many files are named; the others are only counted. */
  private static final int NAMED = 3;

  private final Path root;
  private final Map<String, Kind> foreign = new TreeMap<>();
  private final Kind others = new Kind();
  private final Kind broken = new Kind();
  private final Kind strays = new Kind();

  /** Files of one kind: how many, and the names of the first few in sorted order. */
  private static final class Kind {
    private final TreeSet<String> first = new TreeSet<>();
    private int count;

    void add(String name) {
      count++;
      first.add(name);
      if (first.size() > NAMED) {
        first.pollLast();
      }
    }

    /** A sentence about them, if there are any. */
    List<String> sentence(String one, String more, String rest) {
      if (count == 0) {
        return List.of();
      }
      String names = String.join(", ", first) + (count > NAMED ? ", ..." : "");
      String begin = count == 1 ? "1 " + one + " is" : count + " " + more + " are";
      return List.of(begin + " passed over" + rest + ": " + names);
    }
  }

  /**
   * @param root the folder; files are named relative to it
   */
  public PassedOver(Path root) {
    this.root = root;
  }

  /** Takes note of a file that is not a readable image. */
  public void add(Path file, ImageFiles.Content content) {
    String format = content.foreign();
    Kind kind = format == null ? others : foreign.computeIfAbsent(format, key -> new Kind());
    kind.add(root.relativize(file).toString());
  }

  /** Takes note of a symbolic link if its target is missing. */
  public void addIfBroken(Path file) {
    if (Files.isSymbolicLink(file) && !Files.exists(file)) {
      broken.add(root.relativize(file).toString());
    }
  }

  /** Takes note of an image outside the class folders. */
  public void addStray(Path file) {
    strays.add(root.relativize(file).toString());
  }

  /** Sentences about images in formats that cannot be read; empty if there are none. */
  public List<String> foreignSentences() {
    List<String> sentences = new ArrayList<>();
    foreign.forEach(
        (format, kind) ->
            sentences.addAll(
                kind.sentence(
                    format + " file of " + root,
                    format + " files of " + root,
                    ", since that format is not read (convert to JPEG or PNG)")));
    return sentences;
  }

  /** The first of them, as the continuation of a sentence; empty if there are none. */
  public String foreignRemark() {
    List<String> sentences = foreignSentences();
    return sentences.isEmpty() ? "" : "; " + sentences.get(0);
  }

  /** One sentence for each kind of file. */
  public List<String> sentences() {
    List<String> sentences = new ArrayList<>(foreignSentences());
    sentences.addAll(
        strays.sentence(
            "image beside the class folders of " + root,
            "images beside the class folders of " + root,
            " (not in a class folder)"));
    sentences.addAll(broken.sentence("link in " + root, "links in " + root, " (target missing)"));
    sentences.addAll(others.sentence("file of " + root, "files of " + root, " (not an image)"));
    return sentences;
  }
}
