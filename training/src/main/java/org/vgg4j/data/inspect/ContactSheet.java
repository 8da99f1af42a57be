package org.vgg4j.data.inspect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import org.vgg4j.data.Dataset;
import org.vgg4j.image.BitmapFont;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;

/**
 * An image of a data set: some of its classes by name, and below each name eight of its images,
 * from the first to the last, that differ. The same data set gives the same sheet.
 */
public final class ContactSheet {
  private static final int COLUMNS = 8;
  private static final int CLASSES = 12;

  /** Rows of a part without labels. */
  private static final int ROWS_WITHOUT_LABELS = 4;

  private static final int SIDE = 96;
  private static final int GAP = 2;
  private static final int WIDTH = COLUMNS * (SIDE + GAP) + GAP;
  private static final int SCALE = 2; // of letters
  private static final int HEADING = BitmapFont.LINE * SCALE + 6;
  private static final int INK = 0x202020;

  /** Where in its part of the class an image may come from, as long as others were alike. */
  private static final double[] SHIFTS = {0, 0.5, 0.25, 0.75};

  /** Images are compared at this size. */
  private static final int THUMBNAIL = 12;

  /**
   * Mean difference of a value of two thumbnails, of 255: frames of one burst or film differ by
   * less, two images even of one kind of clothes by more.
   */
  private static final double ALIKE = 6;

  /** A heading, and the images below it. */
  private record Group(String heading, List<RgbImage> pictures) {
    int height() {
      int rows = Math.max(1, (pictures.size() + COLUMNS - 1) / COLUMNS);
      return HEADING + rows * (SIDE + GAP);
    }
  }

  private ContactSheet() {}

  /**
   * Writes the sheet as a PNG.
   *
   * @param file in place of any that is there
   * @param dataset the images; those that cannot be read are passed over
   * @return the classes that are shown, from above; empty for a part without labels
   * @throws org.vgg4j.base.InputException if the file cannot be written
   */
  public static List<Integer> write(Path file, Dataset dataset) {
    List<Integer> labels = dataset.isLabelled() ? classes(dataset) : List.of();
    List<Group> groups = new ArrayList<>();
    if (labels.isEmpty()) {
      int[] all = IntStream.range(0, dataset.size()).toArray();
      groups.add(group(dataset, dataset.name(), all, ROWS_WITHOUT_LABELS * COLUMNS));
    }
    for (int label : labels) {
      int[] own =
          IntStream.range(0, dataset.size()).filter(i -> dataset.label(i) == label).toArray();
      groups.add(group(dataset, label + " " + dataset.classNames().get(label), own, COLUMNS));
    }
    draw(groups).writePng(file);
    return labels;
  }

  private static Group group(Dataset dataset, String name, int[] indices, int most) {
    String count =
        String.format(
            Locale.ROOT, "  %,d %s", indices.length, indices.length == 1 ? "picture" : "pictures");
    int room = WIDTH - 2 * GAP - BitmapFont.width(count, SCALE);
    return new Group(
        BitmapFont.fitted(name, room, SCALE) + count, pictures(dataset, indices, most));
  }

  /** At most so many classes that have images, evenly spread. */
  private static List<Integer> classes(Dataset dataset) {
    boolean[] present = new boolean[dataset.classNames().size()];
    for (int i = 0; i < dataset.size(); i++) {
      present[dataset.label(i)] = true;
    }
    int[] found = IntStream.range(0, present.length).filter(label -> present[label]).toArray();
    int count = Math.min(CLASSES, found.length);
    return IntStream.range(0, count)
        .mapToObj(i -> found[(int) ((long) i * found.length / count)])
        .toList();
  }

  /** Images that can be read, evenly spread, none of which is almost another. */
  private static List<RgbImage> pictures(Dataset dataset, int[] indices, int most) {
    List<RgbImage> chosen = new ArrayList<>();
    List<RgbImage> thumbnails = new ArrayList<>();
    for (int index : spread(indices, most)) {
      if (chosen.size() == most) {
        break;
      }
      try {
        RgbImage picture = square(dataset.image(index));
        RgbImage thumbnail = Rescale.resize(picture, THUMBNAIL, THUMBNAIL, Interpolation.BILINEAR);
        if (thumbnails.stream().noneMatch(other -> alike(other, thumbnail))) {
          chosen.add(picture);
          thumbnails.add(thumbnail);
        }
      } catch (UnreadableImageException e) {
        continue; // the survey lists it
      }
    }
    return chosen;
  }

  /** The candidates: evenly spread ones first, then those in the middle between them, and so on. */
  private static Set<Integer> spread(int[] indices, int most) {
    Set<Integer> order = new LinkedHashSet<>();
    for (double shift : SHIFTS) {
      for (int place = 0; place < most && indices.length > 0; place++) {
        order.add(indices[(int) ((place + shift) / most * indices.length)]);
      }
    }
    return order;
  }

  private static boolean alike(RgbImage one, RgbImage other) {
    long sum = 0;
    for (int i = 0; i < one.pixels().length; i++) {
      sum += Math.abs((one.pixels()[i] & 0xFF) - (other.pixels()[i] & 0xFF));
    }
    return sum < ALIKE * one.pixels().length;
  }

  /** The middle of an image. */
  private static RgbImage square(RgbImage image) {
    int side = Math.min(image.width(), image.height());
    RgbImage middle =
        image.crop(
            RgbImage.centered(image.width(), side),
            RgbImage.centered(image.height(), side),
            side,
            side);
    return Rescale.resize(middle, SIDE, SIDE, Interpolation.BILINEAR);
  }

  private static RgbImage draw(List<Group> groups) {
    int height = GAP + groups.stream().mapToInt(Group::height).sum();
    byte[] sheet = new byte[3 * WIDTH * height];
    Arrays.fill(sheet, (byte) 255);
    int top = 0;
    for (Group group : groups) {
      BitmapFont.draw(sheet, WIDTH, GAP, top + 6, group.heading(), SCALE, INK);
      for (int i = 0; i < group.pictures().size(); i++) {
        int x = GAP + i % COLUMNS * (SIDE + GAP);
        int y = top + HEADING + i / COLUMNS * (SIDE + GAP);
        for (int row = 0; row < SIDE; row++) {
          byte[] from = group.pictures().get(i).pixels();
          System.arraycopy(from, 3 * row * SIDE, sheet, 3 * ((y + row) * WIDTH + x), 3 * SIDE);
        }
      }
      top += group.height();
    }
    return new RgbImage(WIDTH, height, sheet);
  }
}
