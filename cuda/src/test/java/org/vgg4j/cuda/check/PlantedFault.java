package org.vgg4j.cuda.check;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.vgg4j.cuda.kernels.Family;

/**
 * A fault in a kernel, and which checks must notice it.
 *
 * @param name what is wrong
 * @param file of the kernels' sources
 * @param original text that occurs there exactly once
 * @param replacement what takes its place
 * @param noticedBy how the names of checks begin: of the checks that each pattern fits, at least
 *     one must fail
 */
record PlantedFault(
    String name, String file, String original, String replacement, List<Pattern> noticedBy) {

  static PlantedFault of(
      String name, String file, String original, String replacement, String... noticedBy) {
    List<Pattern> patterns = Stream.of(noticedBy).map(Pattern::compile).toList();
    return new PlantedFault(name, file, original, replacement, patterns);
  }

  /** The text of the file with the fault in it. */
  String in(String text) {
    int at = text.indexOf(original);
    if (at < 0 || text.indexOf(original, at + 1) >= 0) {
      throw new IllegalStateException(
          "What the fault \"%s\" replaces is not in %s exactly once: %s"
              .formatted(name, file, original));
    }
    return text.substring(0, at) + replacement + text.substring(at + original.length());
  }

  /** The GPUs whose kernels have it. */
  Family family() {
    return file.contains("hopper") ? Family.HOPPER : Family.AMPERE;
  }

  /** Whether the check is among those that must notice it. */
  boolean concerns(KernelCheck check) {
    return noticedBy.stream().anyMatch(pattern -> pattern.matcher(check.name()).lookingAt());
  }

  @Override
  public String toString() {
    return name + " (" + file + ")";
  }
}
