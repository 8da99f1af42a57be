package org.vgg4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.packed.FashionMnist;
import org.vgg4j.image.RgbImage;

/**
 * Pictures with none, one or two garments of fashion-mini side by side, and a table of what they
 * show. Training and validation pictures have none of the test pictures' garments.
 */
public final class TwoGarments {
  private static final int SIDE = 28;
  private static final List<String> KINDS = List.of("trouser", "bag", "ankle boot", "dress");

  private TwoGarments() {}

  /**
   * Writes folder/pictures/*.png and folder/labels.csv.
   *
   * @param train pictures to learn from
   * @param validation pictures
   * @param test pictures
   * @return the folder
   */
  public static Path write(Path folder, int train, int validation, int test) throws IOException {
    Dataset known = FashionMnist.mini().train();
    Dataset unseen = FashionMnist.mini().test();
    Files.createDirectories(folder.resolve("pictures"));
    Random random = new Random(12);
    List<String> lines = new ArrayList<>(List.of("image,labels,part"));
    for (int i = 0; i < train + validation + test; i++) {
      Dataset from = i < train + validation ? known : unseen;
      String part = i < train ? "train" : i < train + validation ? "val" : "test";
      String name = "%04d.png".formatted(i);
      lines.add(
          "%s,%s,%s"
              .formatted(name, picture(folder.resolve("pictures/" + name), from, random), part));
    }
    Files.write(folder.resolve("labels.csv"), lines);
    return folder;
  }

  /** Returns its labels. */
  private static String picture(Path file, Dataset from, Random random) {
    int side = 2 * SIDE;
    byte[] grey = new byte[side * side];
    TreeSet<String> labels = new TreeSet<>();
    for (int half = 0; half < 2; half++) {
      if (random.nextInt(4) == 0) {
        continue;
      }
      String kind = KINDS.get(random.nextInt(KINDS.size()));
      int label =
          IntStream.range(0, from.classNames().size())
              .filter(k -> from.classNames().get(k).toLowerCase(Locale.ROOT).startsWith(kind))
              .findFirst()
              .orElseThrow();
      int[] own = IntStream.range(0, from.size()).filter(i -> from.label(i) == label).toArray();
      RgbImage garment = from.image(own[random.nextInt(own.length)]);
      int top = SIDE / 2;
      for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
          grey[(top + y) * side + half * SIDE + x] = garment.pixels()[3 * (y * SIDE + x)];
        }
      }
      labels.add(kind);
    }
    RgbImage.ofGrey(grey, side, side).writePng(file);
    return String.join(";", labels);
  }
}
