package org.vgg4j.data.folder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.IndexedDataset;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;

/** Image files below a folder, decoded at each use. Immutable. */
public class FileDataset extends IndexedDataset {
  private final Path root;
  private final List<String> files;

  /**
   * @param files paths below the root with / between their parts
   * @param labels of each file; {@link Dataset#UNKNOWN} for all of them where the classes are not
   *     known
   */
  public FileDataset(
      Path root, String name, List<String> classNames, List<String> files, int[] labels) {
    super(name, classNames, labels);
    this.root = root;
    this.files = List.copyOf(files);
  }

  /** Returns the path of the file, beginning with the root as it was given. */
  @Override
  public String id(int index) {
    return file(index).toString();
  }

  @Override
  public RgbImage image(int index) {
    return ImageDecoder.decode(file(index));
  }

  private Path file(int index) {
    return root.resolve(files.get(index));
  }

  /**
   * Made from the class names and every file's path below the root and size, not from the files'
   * content: an image overwritten by another of the same size goes unnoticed.
   */
  @Override
  public String fingerprint() {
    Fingerprint fingerprint = new Fingerprint().add(classNames());
    try {
      for (String file : files) {
        fingerprint.add(file).add(Files.size(root.resolve(file)));
      }
    } catch (IOException e) {
      throw new InputException(
          "an image below %s cannot be read any more (%s): start again"
              .formatted(root, AtomicFile.reason(e)),
          e);
    }
    return fingerprint.hex();
  }
}
