package org.vgg4j.data.ilsvrc;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;
import org.vgg4j.data.Gzip;
import org.vgg4j.data.Synsets;
import org.vgg4j.data.TarStream;
import org.vgg4j.data.folder.Folders;
import org.vgg4j.image.ImageFiles;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.Sources;
import us.hebi.matlab.mat.types.Struct;

/**
 * The development kit of ILSVRC-2012: the list of classes ({@code meta.mat}) and the classes of the
 * validation images ({@code ILSVRC2012_validation_ground_truth.txt}), by its own numbers.
 *
 * @param synsets the classes that images are labelled with, which are the leaves of the hierarchy
 * @param validationIds number of the class of each validation image, in the order of their names
 * @param blacklist numbers, from 1, of validation images whose boxes are wrong: for localisation
 *     only, classification takes all; empty if the kit lists none, as in 2012
 */
record Devkit(Synsets synsets, int[] validationIds, List<Integer> blacklist) {
  private static final String META = "meta.mat";
  private static final String TRUTH = "ILSVRC2012_validation_ground_truth.txt";

  /** Far more than such a file needs. */
  private static final long MOST_BYTES = 64L << 20;

  /**
   * Reads the kit.
   *
   * @param place the archive, plain or compressed, or the folder that it was unpacked to
   * @throws InputException if something is missing or damaged
   */
  static Devkit read(Path place) {
    Map<String, byte[]> files = new HashMap<>();
    try {
      if (Files.isDirectory(place)) {
        for (Path file : ImageFiles.filesBelow(place)) {
          String name = Folders.below(place, file);
          if (Files.isRegularFile(file) && isWanted(name)) {
            files.put(name, Files.readAllBytes(file));
          }
        }
      } else {
        addFromArchive(place, files);
      }
    } catch (IOException e) {
      throw new InputException(
          "%s is cut off or damaged (%s): copy it again".formatted(place, AtomicFile.reason(e)), e);
    }
    return new Devkit(
        synsets(find(files, META, place), place + "/" + META),
        numbers(find(files, TRUTH, place), place + "/" + TRUTH).stream()
            .mapToInt(Integer::intValue)
            .toArray(),
        blacklist(files, place));
  }

  private static boolean isWanted(String file) {
    return file.endsWith(META) || file.endsWith(TRUTH) || file.endsWith(Blacklist.FILE);
  }

  private static void addFromArchive(Path place, Map<String, byte[]> files) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(place));
        InputStream plain = unzipped(file);
        TarStream tar = new TarStream(plain)) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (entry.isFile() && isWanted(entry.getName())) {
          if (entry.getSize() > MOST_BYTES) {
            throw new IOException(entry.getName() + " claims " + entry.getSize() + " bytes");
          }
          files.put(entry.getName(), tar.readAllBytes());
        }
      }
    }
  }

  private static InputStream unzipped(InputStream file) throws IOException {
    file.mark(1);
    if (file.read() < 0) {
      throw new EOFException("it is empty");
    }
    file.reset();
    return Gzip.unzipped(file);
  }

  private static byte[] find(Map<String, byte[]> files, String name, Path place) {
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      if (file.getKey().equals(name) || file.getKey().endsWith("/" + name)) {
        return file.getValue();
      }
    }
    throw new InputException(
        place + " holds no " + name + ": take the development kit of ILSVRC-2012, task 1 and 2");
  }

  /** Internal nodes of the hierarchy have children, and no images. */
  private static Synsets synsets(byte[] content, String name) {
    List<Synsets.Synset> leaves = new ArrayList<>();
    try (MatFile file = Mat5.newReader(Sources.wrap(content)).readMat()) {
      Struct synsets = file.getStruct("synsets");
      for (int i = 0; i < synsets.getNumElements(); i++) {
        if (synsets.getMatrix("num_children", i).getInt(0) == 0) {
          leaves.add(
              new Synsets.Synset(
                  synsets.getChar("WNID", i).getString(),
                  synsets.getChar("words", i).getString(),
                  synsets.getMatrix("ILSVRC2012_ID", i).getInt(0)));
        }
      }
    } catch (IOException | RuntimeException e) {
      // the library throws all kinds of exceptions for damaged files and unexpected contents
      throw new InputException(
          "%s is damaged, or not that of ILSVRC-2012 (%s): copy it again"
              .formatted(name, AtomicFile.reason(e)),
          e);
    }
    return new Synsets(leaves, name);
  }

  private static List<Integer> numbers(byte[] content, String name) {
    return numbers(TextLines.of(new String(content, StandardCharsets.UTF_8)), name);
  }

  /**
   * @param all a number each; blank ones at the end do not count
   * @param name of the file, for users
   */
  static List<Integer> numbers(List<String> all, String name) {
    List<String> lines = TextLines.withoutBlankEnd(all, 0);
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.matches("\\d{1,7}")) {
        throw new InputException(
            "line %d of %s is '%s', not a number: copy it again".formatted(i + 1, name, line));
      }
      numbers.add(Integer.parseInt(line));
    }
    return numbers;
  }

  private static List<Integer> blacklist(Map<String, byte[]> files, Path place) {
    List<Integer> all = new ArrayList<>();
    files.forEach(
        (file, content) -> {
          if (file.endsWith(Blacklist.FILE)) {
            all.addAll(numbers(content, place + "/" + file));
          }
        });
    return List.copyOf(all);
  }

  /**
   * Returns the label of a validation image.
   *
   * @param file its name, such as ILSVRC2012_val_00000001.JPEG, whose number is a line of the
   *     ground truth
   * @throws InputException if there is no such line, or it names no class
   */
  int label(String file) {
    int number = numberOf(file);
    if (number < 1 || number > validationIds.length) {
      throw new InputException(
          "%s has no line in %s, which has %d: is it the development kit of these images?"
              .formatted(file, TRUTH, validationIds.length));
    }
    Integer label = synsets.labelOfId(validationIds[number - 1]);
    if (label == null) {
      throw new InputException(
          "line %d of %s is %d, which is not a class of %s: copy the development kit again"
              .formatted(number, TRUTH, validationIds[number - 1], META));
    }
    return label;
  }

  /** The digits before the last dot; 0 if there are none. */
  static int numberOf(String file) {
    String digits = file.replaceFirst(".*?(\\d{1,9})\\.\\w+$", "$1");
    return digits.matches("\\d{1,9}") ? Integer.parseInt(digits) : 0;
  }
}
