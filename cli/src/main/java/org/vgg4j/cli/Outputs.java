package org.vgg4j.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageFiles;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Checks, before a command begins, that it can write its outputs and that these overwrite nothing
 * that it reads. Outputs are those marked with {@link Writes}.
 */
final class Outputs {
  private static final int DEPTH = 4; // of an image in a data set: DATA/train/CLASS/1.jpg
  private static final String POSTERIORS = ".npy";
  private static final List<String> OF_DATA = List.of("--data", "DATA");

  /** What data sets keep beside images: archives, lists, the files of IDX and CIFAR. */
  private static final Pattern OF_DATA_SETS =
      Pattern.compile("(?i)(LOC_|ILSVRC).*|.*(\\.(tar|t?gz|mat|bin)|ubyte)");

  private final List<Path> files = new ArrayList<>();
  private final List<Path> folders = new ArrayList<>();

  private Outputs() {}

  /**
   * Checks all paths of a command line that was parsed.
   *
   * @throws InputException if an output is the wrong kind of thing, cannot be written or is read
   */
  static void check(CommandSpec command) {
    Outputs read = new Outputs();
    for (ArgSpec arg : command.args()) {
      if (writes(arg) == null) {
        paths(arg).forEach(read::add);
      }
    }
    List<Path> written = new ArrayList<>();
    for (ArgSpec arg : command.args()) {
      Writes.Kind kind = writes(arg);
      if (kind != null) {
        for (Path path : paths(arg)) {
          if (kind == Writes.Kind.LOG && isStream(path)) {
            continue;
          }
          read.requireKept(name(arg), path, kind);
          requireWritable(path, kind);
          for (Path other : written) {
            if (isSame(path, other)) {
              throw new InputException(path + " is to be written twice: give two files");
            }
          }
          written.add(path);
        }
      }
    }
  }

  /**
   * Checks an output against files that are known only once they are read, such as the parts of a
   * model.
   *
   * @throws InputException if writing it would lose one of them
   */
  static void requireOther(Path output, Collection<Path> read) {
    Outputs outputs = new Outputs();
    outputs.files.addAll(read);
    outputs.requireUnread(output);
  }

  /** What an option or parameter writes; null: nothing. */
  static Writes.@Nullable Kind writes(ArgSpec arg) {
    Writes writes =
        arg.userObject() instanceof Field field ? field.getAnnotation(Writes.class) : null;
    return writes == null ? null : writes.value();
  }

  /** Standard output, a pipe or a device, of which nothing can be lost. */
  private static boolean isStream(Path path) {
    boolean special = Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
    return path.toString().equals("-") || (special && Files.isWritable(path));
  }

  private static boolean isFile(Writes.Kind kind) {
    return kind == Writes.Kind.FILE || kind == Writes.Kind.LOG;
  }

  private static String name(ArgSpec arg) {
    return arg instanceof OptionSpec option ? option.longestName() : arg.paramLabel();
  }

  private static List<Path> paths(ArgSpec arg) {
    Object value = arg.getValue();
    Collection<?> values =
        value instanceof Collection<?> several
            ? several
            : value == null ? List.of() : List.of(value);
    List<Path> paths = new ArrayList<>();
    for (Object one : values) {
      if (one instanceof Path path) {
        paths.add(path);
      } else if (one instanceof String data && OF_DATA.contains(name(arg))) {
        try {
          paths.add(Path.of(data));
        } catch (InvalidPathException e) {
          throw new InputException(name(arg) + " is not a valid path: " + data, e);
        }
      }
    }
    return paths;
  }

  private void add(Path path) {
    (Files.isDirectory(path) ? folders : files).add(path);
    if (isPosteriors(path)) {
      files.add(table(path));
    }
  }

  private void requireKept(String option, Path output, Writes.Kind kind) {
    if (!isFile(kind)) {
      if (kind == Writes.Kind.IMAGES) {
        folders.forEach(folder -> requireOutside(output, folder));
      }
      return;
    }
    if (Files.isDirectory(output)) {
      throw new InputException(output + " is a folder, but " + option + " names a file to write");
    }
    requireUnread(output);
  }

  private void requireUnread(Path output) {
    for (Path written : written(output)) {
      if (files.stream().anyMatch(file -> isSame(written, file))) {
        throw new InputException(
            written + " is the file that is read, and would be lost: give another file to write");
      }
      for (Path folder : folders) {
        if (holds(folder, written)) {
          throw new InputException(
              written
                  + (Files.exists(written)
                      ? " is read with "
                          + folder
                          + ", and would be lost: give another file to write"
                      : " would be an image of " + folder + ": give a file in another folder"));
        }
      }
    }
  }

  /** All files that are overwritten where a file is written, including those that go with it. */
  private static List<Path> written(Path output) {
    List<Path> written = new ArrayList<>(List.of(output));
    written.add(output.resolveSibling(output.getFileName() + AtomicFile.TEMPORARY));
    if (isPosteriors(output)) {
      written.add(table(output));
    }
    return written;
  }

  private static boolean isPosteriors(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(POSTERIORS);
  }

  private static Path table(Path posteriors) {
    String name = String.valueOf(posteriors.getFileName());
    return posteriors.resolveSibling(
        name.substring(0, name.length() - POSTERIORS.length()) + ".json");
  }

  private static void requireOutside(Path output, Path data) {
    try {
      boolean exists = Files.exists(output);
      Path real = (exists ? output : existingAbove(output)).toRealPath();
      if (real.startsWith(data.toRealPath())) {
        throw new InputException(
            output
                + " is in the data set "
                + data
                + ", whose images these would be: give another folder");
      }
    } catch (IOException e) {
      throw new InputException("cannot read " + output + ": " + AtomicFile.reason(e), e);
    }
  }

  /** Whether both are one file: the same name, a link to it, or the same name through a link. */
  private static boolean isSame(Path one, Path other) {
    try {
      return Files.exists(one) && Files.exists(other)
          ? Files.isSameFile(one, other)
          : one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    } catch (IOException e) {
      throw new InputException("cannot read " + one + ": " + AtomicFile.reason(e), e);
    }
  }

  /**
   * Whether a file belongs to a folder of data, or would if it were written: an image below the
   * folder, also by way of links, or a file such as data sets have beside images. Nothing else
   * there is read.
   */
  private static boolean holds(Path folder, Path file) {
    boolean image = ImageFiles.isImageName(file.toString());
    if (!image && !OF_DATA_SETS.matcher(String.valueOf(file.getFileName())).matches()) {
      return false;
    }
    try {
      Path parent = existingAbove(file);
      if (!Files.exists(file) && !(image && holdsImages(parent))) {
        return false;
      }
      if (parent.toRealPath().startsWith(folder.toRealPath())) {
        return !image || !Files.isSameFile(parent, folder); // loose images are of no class
      }
      try (Stream<Path> all = Files.walk(folder, DEPTH, FileVisitOption.FOLLOW_LINKS)) {
        return all.filter(Files::isDirectory).anyMatch(path -> isSame(path, parent));
      }
    } catch (IOException | UncheckedIOException e) {
      return false; // reading the folder will report what is wrong with it
    }
  }

  private static boolean holdsImages(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.anyMatch(path -> ImageFiles.isImageName(path.toString()));
    }
  }

  private static void requireWritable(Path output, Writes.Kind kind) {
    boolean file = isFile(kind);
    if (Files.exists(output) && file != Files.isRegularFile(output)) {
      throw new InputException(
          file
              ? output + " is neither a file nor new: give a file to write"
              : output + " is a file, but a folder is wanted: give another one");
    }
    if (file && Files.exists(output) && !Files.isWritable(output)) {
      throw new InputException(
          output + " may not be written: give another file, or change its permissions");
    }
    if (kind == Writes.Kind.LOG && Files.exists(output)) {
      return; // it is written on, not replaced
    }
    Path folder = file || !Files.exists(output) ? existingAbove(output) : output;
    if (!Files.isDirectory(folder)) {
      throw new InputException(
          "cannot write " + output + ": " + folder + " is a file, not a folder");
    }
    try {
      Files.delete(Files.createTempFile(folder, ".vgg", AtomicFile.TEMPORARY));
    } catch (IOException e) {
      throw new InputException(
          "cannot write "
              + output
              + ": nothing can be written in "
              + folder
              + " ("
              + AtomicFile.reason(e)
              + "); give another place",
          e);
    }
  }

  /** The nearest folder above that exists; those between are made when the file is written. */
  private static Path existingAbove(Path path) {
    Path above = path.toAbsolutePath().getParent();
    while (above != null && !Files.exists(above)) {
      above = above.getParent();
    }
    return above == null ? path.toAbsolutePath() : above;
  }
}
