package org.vgg4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.vgg4j.image.RgbImage;

/**
 * A data set of which even the smallest network learns in seconds where the objects are: filled
 * rectangles on dark noise, each class in its colour, with their boxes.
 */
final class TinyObjects {
  private static final int SIDE = 40;

  private TinyObjects() {}

  /** Writes train/, val/ and test/ with so many images of each class, and boxes.csv. */
  static Path write(Path root, int train, int validation, int test) throws IOException {
    List<String> lines = new ArrayList<>(List.of("file,label,xmin,ymin,xmax,ymax"));
    write(root, "train", train, 1, lines);
    write(root, "val", validation, 2, lines);
    write(root, "test", test, 3, lines);
    Files.write(root.resolve("boxes.csv"), lines);
    return root;
  }

  private static void write(Path root, String part, int count, long seed, List<String> lines)
      throws IOException {
    Random random = new Random(seed);
    for (int label = 0; label < TinyPictures.CLASSES.size(); label++) {
      String name = TinyPictures.CLASSES.get(label);
      Path home = Files.createDirectories(root.resolve(part).resolve(name));
      for (int i = 0; i < count; i++) {
        int width = 12 + random.nextInt(16);
        int height = 12 + random.nextInt(16);
        int left = random.nextInt(SIDE - width + 1);
        int top = random.nextInt(SIDE - height + 1);
        byte[] pixels = new byte[3 * SIDE * SIDE];
        for (int at = 0; at < pixels.length; at++) {
          int x = at / 3 % SIDE - left;
          int y = at / 3 / SIDE - top;
          boolean inside = x >= 0 && x < width && y >= 0 && y < height;
          int value = inside ? (at % 3 == 2 - label ? 220 : 110) : 0;
          pixels[at] = (byte) (value + random.nextInt(30));
        }
        new RgbImage(SIDE, SIDE, pixels).writePng(home.resolve(i + ".png"));
        lines.add(
            "%s/%s/%d.png,%s,%d,%d,%d,%d"
                .formatted(part, name, i, name, left, top, left + width, top + height));
      }
    }
  }
}
