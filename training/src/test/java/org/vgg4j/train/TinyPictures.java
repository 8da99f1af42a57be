package org.vgg4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.vgg4j.image.RgbImage;

/** A data set that even the smallest network learns in seconds: three colours with stripes. */
final class TinyPictures {
  static final List<String> CLASSES = List.of("blue", "green", "red");
  private static final int SIDE = 32;

  private TinyPictures() {}

  /** Writes train/, val/ and test/ with so many images of each class. */
  static Path write(Path root, int train, int validation, int test) throws IOException {
    write(root.resolve("train"), train, 1);
    write(root.resolve("val"), validation, 2);
    if (test > 0) {
      write(root.resolve("test"), test, 3);
    }
    return root;
  }

  /** Writes train/ with so many images of each class, val/ with 4 and test/ with 4 of each. */
  static Path writeUneven(Path root, int... train) throws IOException {
    int most = Arrays.stream(train).max().getAsInt();
    Path written = write(root, most, 4, 4);
    for (int label = 0; label < train.length; label++) {
      for (int i = train[label]; i < most; i++) {
        Files.delete(written.resolve("train").resolve(CLASSES.get(label)).resolve(i + ".png"));
      }
    }
    return written;
  }

  private static void write(Path folder, int count, long seed) throws IOException {
    Random random = new Random(seed);
    for (int label = 0; label < CLASSES.size(); label++) {
      Path classFolder = Files.createDirectories(folder.resolve(CLASSES.get(label)));
      for (int i = 0; i < count; i++) {
        picture(label, random).writePng(classFolder.resolve(i + ".png"));
      }
    }
  }

  private static RgbImage picture(int label, Random random) {
    byte[] pixels = new byte[3 * SIDE * SIDE];
    int period = 4 + random.nextInt(4);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        int stripe = (label == 0 ? x : label == 1 ? y : x + y) / period % 2;
        for (int channel = 0; channel < 3; channel++) {
          boolean own = channel == 2 - label;
          int value = (own ? 150 + 60 * stripe : 40 * stripe) + random.nextInt(40);
          pixels[3 * (y * SIDE + x) + channel] = (byte) value;
        }
      }
    }
    return new RgbImage(SIDE, SIDE, pixels);
  }
}
