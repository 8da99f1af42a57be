package org.vgg4j.data.packed;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.vgg4j.data.Source;

/**
 * A folder with the binary files of CIFAR-10 (data_batch_1.bin to data_batch_5.bin, test_batch.bin,
 * batches.meta.txt) or CIFAR-100 (train.bin, test.bin, fine_label_names.txt), Krizhevsky 2009. An
 * image is one byte of label (CIFAR-100: one of the coarse and one of the fine label; the fine one
 * is used), then 32x32 pixels of red, of green and of blue.
 */
public final class CifarFolder {
  private static final String CIFAR10_NAMES = "batches.meta.txt";
  private static final String CIFAR100_NAMES = "fine_label_names.txt";

  private CifarFolder() {}

  /** Whether the folder holds the names of the classes. */
  public static boolean isOne(Path folder) {
    return Files.exists(folder.resolve(CIFAR10_NAMES))
        || Files.exists(folder.resolve(CIFAR100_NAMES));
  }

  /**
   * Opens the files.
   *
   * @throws org.vgg4j.base.InputException if one is missing or of a wrong length
   */
  public static Source open(Path folder, String name) {
    if (Files.exists(folder.resolve(CIFAR10_NAMES))) {
      List<String> classNames = ClassNames.read(folder.resolve(CIFAR10_NAMES));
      List<Path> train = new ArrayList<>();
      for (int i = 1; i <= 5; i++) {
        train.add(folder.resolve("data_batch_" + i + ".bin"));
      }
      return new Source(
              "CIFAR-10, binary",
              name,
              new CifarDataset(name + "/train", classNames, train, 0),
              null,
              new CifarDataset(
                  name + "/test", classNames, List.of(folder.resolve("test_batch.bin")), 0))
          .withNoteOfEmptyClasses();
    }
    List<String> classNames = ClassNames.read(folder.resolve(CIFAR100_NAMES));
    return new Source(
            "CIFAR-100, binary",
            name,
            new CifarDataset(name + "/train", classNames, List.of(folder.resolve("train.bin")), 1),
            null,
            new CifarDataset(name + "/test", classNames, List.of(folder.resolve("test.bin")), 1))
        .withNoteOfEmptyClasses();
  }
}
