package org.vgg4j.data.packed;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Source;

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking
 * machine learning algorithms", arXiv 1708.07747): grey images of 28x28 pixels, ten classes of
 * clothing. The small selection is built in; see the LICENSE.txt beside it.
 */
public final class FashionMnist {
  /** The built-in selection. */
  public static final String MINI = "fashion-mini";

  /** All of it. */
  public static final String FULL = "fashion-mnist";

  /** Where Debian's package dataset-fashion-mnist puts the files. */
  public static final Path DEBIAN_FOLDER = Path.of("/usr/share/datasets/fashion-mnist");

  /** In the order of the labels. */
  static final List<String> CLASS_NAMES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  private FashionMnist() {}

  /** The 6,000 training and 1,000 test images that are built in, each class equally often. */
  public static Source mini() {
    return new Source("built in", MINI, miniPart("train", "train"), null, miniPart("test", "t10k"));
  }

  private static Dataset miniPart(String part, String prefix) {
    IdxFile images = resource(prefix + "-images-idx3-ubyte.gz", 3);
    IdxFile labels = resource(prefix + "-labels-idx1-ubyte.gz", 1);
    return new IdxDataset(MINI, part, images, labels, CLASS_NAMES);
  }

  private static IdxFile resource(String file, int rank) {
    try (InputStream stream = FashionMnist.class.getResourceAsStream("fashion-mini/" + file)) {
      if (stream == null) {
        throw new IllegalStateException("the jar lacks its resource fashion-mini/" + file);
      }
      return IdxFile.read(stream, "fashion-mini/" + file, rank);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The 60,000 training and 10,000 test images.
   *
   * @param folder where the four IDX files are
   * @throws InputException if there is no such folder
   */
  public static Source full(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new InputException(
          "Fashion-MNIST is not in %s: run apt-get install dataset-fashion-mnist, or give a folder that holds its four IDX files as the data set"
              .formatted(folder));
    }
    return IdxFolder.open(folder, FULL, CLASS_NAMES);
  }
}
