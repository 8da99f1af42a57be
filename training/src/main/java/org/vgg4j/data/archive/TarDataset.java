package org.vgg4j.data.archive;

import java.util.List;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;

/** Images in a tar archive, decoded at each use. Immutable. */
public final class TarDataset implements Dataset {
  private final TarArchive archive;
  private final String name;
  private final List<String> classNames;
  private final int[] labels;

  /**
   * @param labels of each file of the archive
   */
  public TarDataset(TarArchive archive, String name, List<String> classNames, int[] labels) {
    this.archive = archive;
    this.name = name;
    this.classNames = List.copyOf(classNames);
    this.labels = labels;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public int size() {
    return archive.index().size();
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public boolean isLabelled() {
    return labels[0] != UNKNOWN;
  }

  /** Returns the path of the archive, and that in it. */
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
    Fingerprint fingerprint = new Fingerprint().add(classNames);
    archive.addTo(fingerprint);
    for (int label : labels) {
      fingerprint.add(label);
    }
    return fingerprint.hex();
  }
}
