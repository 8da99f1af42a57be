package org.vgg4j.data.ilsvrc;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.folder.Folders;

/**
 * ILSVRC's validation images whose boxes are wrong, 1,762 of 50,000: later development kits list
 * them ({@code data/ILSVRC2014_clsloc_validation_blacklist.txt}), and do not count them when boxes
 * are judged. Immutable.
 *
 * @param place the file, or the development kit that has it
 * @param numbers of the images, from 1, as in their names
 */
public record Blacklist(Path place, List<Integer> numbers) {
  static final String FILE = "clsloc_validation_blacklist.txt";

  /** Copies the list. */
  public Blacklist {
    numbers = List.copyOf(numbers);
  }

  /**
   * Reads the list that lies in a folder, or in the development kit there.
   *
   * @return an empty one if there is none
   * @throws InputException if there are two, or one is damaged
   */
  public static Blacklist of(Path folder) {
    List<Blacklist> found = new ArrayList<>();
    for (Path file : Folders.children(folder)) {
      if (Folders.name(file).endsWith(FILE)) {
        found.add(new Blacklist(file, Devkit.numbers(lines(file), file.toString())));
      }
    }
    Path kit = IlsvrcFolder.devkit(folder);
    if (kit != null) {
      Blacklist ofKit = new Blacklist(kit, Devkit.read(kit).blacklist());
      if (!ofKit.numbers().isEmpty()) {
        found.add(ofKit);
      }
    }
    if (found.size() > 1) {
      throw new InputException(
          "there are two lists of validation images whose boxes are wrong, in %s and %s: keep one"
              .formatted(found.get(0).place(), found.get(1).place()));
    }
    return found.isEmpty() ? new Blacklist(folder, List.of()) : found.get(0);
  }

  private static List<String> lines(Path file) {
    try {
      return TextLines.read(file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s): copy it again".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  /**
   * Returns which images of a data set are on the list.
   *
   * @param images whose files are called as in ILSVRC, such as ILSVRC2012_val_00000001.JPEG; others
   *     are not on the list
   */
  public BitSet indices(Dataset images) {
    BitSet listed = new BitSet();
    numbers.forEach(listed::set);
    BitSet indices = new BitSet(images.size());
    for (int i = 0; i < images.size(); i++) {
      String id = images.id(i).replace('\\', '/');
      String file = id.substring(id.lastIndexOf('/') + 1);
      if (file.contains("_val_")) {
        indices.set(i, listed.get(Devkit.numberOf(file)));
      }
    }
    return indices;
  }
}
