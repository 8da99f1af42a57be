package org.vgg4j.data.packed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.IndexedDataset;
import org.vgg4j.image.RgbImage;

/** The images of CIFAR's binary files, all in memory: 3 KB each. Immutable. */
final class CifarDataset extends IndexedDataset {
  private static final int SIDE = 32;
  private static final int PLANE = SIDE * SIDE;
  private static final int CHANNELS = 3;

  private final byte[] records;
  private final int labelAt;

  /**
   * @param files in the order of their images
   * @param labelAt which byte of a record is the label: it is the last one before the pixels
   * @throws InputException if a file is missing, of a wrong length or has a label without a name
   */
  CifarDataset(String name, List<String> classNames, List<Path> files, int labelAt) {
    this(name, classNames, read(files, recordLength(labelAt)), labelAt);
  }

  private CifarDataset(String name, List<String> classNames, byte[] records, int labelAt) {
    super(name, classNames, labels(records, labelAt));
    this.records = records;
    this.labelAt = labelAt;
    for (int i = 0; i < size(); i++) {
      if (label(i) >= classNames.size()) {
        throw new InputException(
            "image %d of %s has the label %d, but there are %d class names: copy the files again"
                .formatted(i, name, label(i), classNames.size()));
      }
    }
    if (labelAt > 0) {
      requireCoarseOfFine();
    }
  }

  private static int recordLength(int labelAt) {
    return labelAt + 1 + CHANNELS * PLANE;
  }

  private static int[] labels(byte[] records, int labelAt) {
    int[] labels = new int[records.length / recordLength(labelAt)];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = records[i * recordLength(labelAt) + labelAt] & 0xFF;
    }
    return labels;
  }

  /**
   * A fine class belongs to one coarse class; with the two labels swapped it would seem to be in
   * several.
   */
  private void requireCoarseOfFine() {
    int[] first = new int[classNames().size()];
    Arrays.fill(first, -1);
    for (int i = 0; i < size(); i++) {
      int fine = label(i);
      if (first[fine] < 0) {
        first[fine] = i;
      }
      if (coarse(first[fine]) != coarse(i)) {
        throw new InputException(
            "images %d and %d of %s have the fine label %d, but the coarse labels %d and %d: are the two swapped? A record begins with the coarse one"
                .formatted(first[fine], i, name(), fine, coarse(first[fine]), coarse(i)));
      }
    }
  }

  private int coarse(int index) {
    return records[index * recordLength(labelAt)] & 0xFF;
  }

  private static byte[] read(List<Path> files, int recordLength) {
    try {
      long total = 0;
      for (Path file : files) {
        total += Files.size(file);
        if (Files.size(file) == 0 || Files.size(file) % recordLength != 0) {
          throw new InputException(
              "%s has %d bytes, which is not a multiple of the %d of an image: copy it again"
                  .formatted(file, Files.size(file), recordLength));
        }
      }
      byte[] all = new byte[Math.toIntExact(total)];
      int at = 0;
      for (Path file : files) {
        byte[] content = Files.readAllBytes(file);
        System.arraycopy(content, 0, all, at, content.length);
        at += content.length;
      }
      return all;
    } catch (IOException e) {
      throw new InputException(
          "cannot read all of %s (%s): put all files into the folder"
              .formatted(files, AtomicFile.reason(e)),
          e);
    }
  }

  @Override
  public String id(int index) {
    return name() + "/" + index;
  }

  @Override
  public RgbImage image(int index) {
    byte[] pixels = new byte[CHANNELS * PLANE];
    int from = index * recordLength(labelAt) + labelAt + 1;
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = records[from + i % CHANNELS * PLANE + i / CHANNELS];
    }
    return new RgbImage(SIDE, SIDE, pixels);
  }

  @Override
  public boolean mayBeUnreadable() {
    return false;
  }

  @Override
  public String fingerprint() {
    return new Fingerprint().add(classNames()).add(records).hex();
  }
}
