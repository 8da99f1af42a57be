package org.vgg4j.data.archive;

import java.util.List;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.IndexedDataset;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;

/** Images in a tar archive, decoded at each use. Immutable. */
public final class TarDataset extends IndexedDataset {
  private final TarArchive archive;

  /**
   * @param labels of each file of the archive
   */
  public TarDataset(TarArchive archive, String name, List<String> classNames, int[] labels) {
    super(name, classNames, labels);
    this.archive = archive;
  }

  /** Returns the path of the archive and, below it, that of the file in it. */
  @Override
  public String id(int index) {
    return archive.file() + "/" + archive.index().name(index);
  }

  @Override
  public RgbImage image(int index) {
    return ImageDecoder.decode(archive.read(index), id(index));
  }

  /** Made from the class names, the labels and every file's name and length. */
  @Override
  public String fingerprint() {
    Fingerprint fingerprint = new Fingerprint().add(classNames());
    archive.addTo(fingerprint);
    for (int index = 0; index < size(); index++) {
      fingerprint.add(label(index));
    }
    return fingerprint.hex();
  }
}
