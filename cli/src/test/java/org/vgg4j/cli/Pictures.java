package org.vgg4j.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** A data set that even the smallest network learns in seconds: images of one colour and noise. */
final class Pictures {
  static final List<String> CLASSES = List.of("blue", "green", "red");

  private Pictures() {}

  /** Writes one sub-folder per class with so many images of each. */
  static Path writeClasses(Path folder, int count, long seed) throws IOException {
    Random random = new Random(seed);
    for (int label = 0; label < CLASSES.size(); label++) {
      Files.createDirectories(folder.resolve(CLASSES.get(label)));
      for (int i = 0; i < count; i++) {
        write(folder.resolve(CLASSES.get(label)).resolve(i + ".png"), label, random);
      }
    }
    return folder;
  }

  /** Writes train/, val/ and test/. */
  static Path writeParts(Path folder) throws IOException {
    writeClasses(folder.resolve("train"), 16, 1);
    writeClasses(folder.resolve("val"), 4, 2);
    writeClasses(folder.resolve("test"), 3, 3);
    return folder;
  }

  /** Writes one image of a class. */
  static Path write(Path file, int label, Random random) throws IOException {
    return write(file, label, random, 32, 32);
  }

  /** Writes one image of a class, of any size. */
  static Path write(Path file, int label, Random random, int width, int height) throws IOException {
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      int own = (170 + random.nextInt(80)) << 8 * label;
      image.setRGB(i % width, i / width, own | random.nextInt(40) * 0x010101);
    }
    if (!ImageIO.write(image, "png", file.toFile())) {
      throw new IOException("no PNG writer");
    }
    return file;
  }
}
