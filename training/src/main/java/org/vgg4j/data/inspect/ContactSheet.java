package org.vgg4j.data.inspect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.image.BitmapFont;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Outline;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;

/**
 * One image that shows a data set: some of its classes by name, and below each name up to eight of
 * its images, spread from the first to the last, no two alike, with the boxes of their objects: in
 * yellow those of the image's class, in blue others. The same data set gives the same sheet.
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

  /**
   * Where to take an image from within each of the equal stretches of a class: later ones only if
   * earlier images were alike.
   */
  private static final double[] SHIFTS = {0, 0.5, 0.25, 0.75};

  /** Images are compared at this size. */
  private static final int THUMBNAIL = 12;

  /**
   * Mean difference between the values of two thumbnails, out of 255: frames of one burst or film
   * differ by less, two images of even the same kind of clothing by more.
   */
  private static final double ALIKE = 6;

  /** A heading, and the images below it. */
  private record Group(String heading, List<RgbImage> images) {
    int height() {
      int rows = Math.max(1, (images.size() + COLUMNS - 1) / COLUMNS);
      return HEADING + rows * (SIDE + GAP);
    }
  }

  private ContactSheet() {}

  /**
   * Writes the sheet as a PNG.
   *
   * @param file replaced if it exists
   * @param dataset the images; those that cannot be read are passed over
   * @return the classes that are shown, from top to bottom; empty for a part without labels
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
            Locale.ROOT, "  %,d %s", indices.length, indices.length == 1 ? "image" : "images");
    int room = WIDTH - 2 * GAP - BitmapFont.width(count, SCALE);
    return new Group(BitmapFont.fitted(name, room, SCALE) + count, images(dataset, indices, most));
  }

  /** The classes that are shown: those that have images, evenly spread if there are many. */
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

  /** Readable images, evenly spread, no two of them nearly the same. */
  private static List<RgbImage> images(Dataset dataset, int[] indices, int most) {
    List<RgbImage> chosen = new ArrayList<>();
    List<RgbImage> thumbnails = new ArrayList<>();
    for (int index : spread(indices, most)) {
      if (chosen.size() == most) {
        break;
      }
      try {
        RgbImage whole = dataset.image(index);
        RgbImage image = square(whole);
        RgbImage thumbnail = Rescale.resize(image, THUMBNAIL, THUMBNAIL, Interpolation.BILINEAR);
        if (thumbnails.stream().noneMatch(other -> alike(other, thumbnail))) {
          chosen.add(outlined(image, dataset, index, Rescale.Size.of(whole)));
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

  /** With the boxes of its objects, those of its own class above the others. */
  private static RgbImage outlined(
      RgbImage square, Dataset dataset, int index, Rescale.Size original) {
    int side = Math.min(original.width(), original.height());
    int left = RgbImage.centered(original.width(), side);
    int top = RgbImage.centered(original.height(), side);
    RgbImage image = square;
    for (boolean own : new boolean[] {false, true}) {
      for (BoxedObject object : dataset.objects(index, original)) {
        if (own == (dataset.isLabelled() && object.label() == dataset.label(index))) {
          image =
              Outline.draw(
                  image,
                  new Box(
                      (object.box().left() - left) * SIDE / side,
                      (object.box().top() - top) * SIDE / side,
                      (object.box().right() - left) * SIDE / side,
                      (object.box().bottom() - top) * SIDE / side),
                  own ? Outline.TRUE : Outline.OTHER);
        }
      }
    }
    return image;
  }

  private static RgbImage draw(List<Group> groups) {
    int height = GAP + groups.stream().mapToInt(Group::height).sum();
    byte[] sheet = new byte[3 * WIDTH * height];
    Arrays.fill(sheet, (byte) 255);
    int top = 0;
    for (Group group : groups) {
      BitmapFont.draw(sheet, WIDTH, GAP, top + 6, group.heading(), SCALE, INK);
      for (int i = 0; i < group.images().size(); i++) {
        int x = GAP + i % COLUMNS * (SIDE + GAP);
        int y = top + HEADING + i / COLUMNS * (SIDE + GAP);
        for (int row = 0; row < SIDE; row++) {
          byte[] from = group.images().get(i).pixels();
          System.arraycopy(from, 3 * row * SIDE, sheet, 3 * ((y + row) * WIDTH + x), 3 * SIDE);
        }
      }
      top += group.height();
    }
    return new RgbImage(WIDTH, height, sheet);
  }
}
