package org.vgg4j.data.boxes;

import java.util.List;
import java.util.Objects;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.Source;
import org.vgg4j.data.packed.FashionMnist;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;

/**
 * A small data set for localisation, made from {@code fashion-mini}: image number i is a garment,
 * number i there, at a random place, size and mirror in front of pieces of other garments of the
 * same part. A piece is at most a quarter of its garment. Each image is drawn when asked for, from
 * its number alone, so it is always the same. Immutable.
 */
public final class FashionBoxes implements Dataset {
  /** What it is called. */
  public static final String NAME = "fashion-boxes";

  /** Width and height of the images, in pixels. */
  static final int CANVAS = 96;

  /** Width and height of a garment's image on the canvas, in pixels; its box is smaller. */
  static final int SMALLEST = 36;

  static final int LARGEST = 68;

  /** Pixels of a garment that are brighter than this hide what is behind them, and have the box. */
  static final int VISIBLE = 24;

  private static final int FEWEST_PIECES = 8;
  private static final int MOST_PIECES = 12;

  /** Changes whenever the images do. */
  private static final int VERSION = 1;

  private static final long SEED = 0;

  private final Dataset garments;
  private final String part;

  /** Tells the parts apart in the keys of their draws. */
  private final int number;

  private FashionBoxes(Dataset garments, String part, int number) {
    this.garments = garments;
    this.part = part;
    this.number = number;
  }

  /** The 6,000 training and 1,000 test images. */
  public static Source open() {
    Source mini = FashionMnist.mini();
    return new Source(
        "made from " + FashionMnist.MINI,
        NAME,
        new FashionBoxes(Objects.requireNonNull(mini.train()), "train", 0),
        null,
        new FashionBoxes(Objects.requireNonNull(mini.test()), "test", 1));
  }

  /** The garment of a picture: its pixels at its size there, and the place of its corner. */
  private record Garment(RgbImage image, int left, int top) {
    boolean isVisible(int x, int y) {
      return grey(image, x, y) > VISIBLE;
    }

    /** Just around all visible pixels. */
    Box box() {
      int firstX = image.width();
      int firstY = image.height();
      int lastX = -1;
      int lastY = -1;
      for (int y = 0; y < image.height(); y++) {
        for (int x = 0; x < image.width(); x++) {
          if (isVisible(x, y)) {
            firstX = Math.min(firstX, x);
            firstY = Math.min(firstY, y);
            lastX = Math.max(lastX, x);
            lastY = Math.max(lastY, y);
          }
        }
      }
      return new Box(left + firstX, top + firstY, left + lastX + 1, top + lastY + 1);
    }
  }

  private RandomStream draws(int index) {
    return new RandomStream(SEED, number, index, Purpose.FASHION_BOXES);
  }

  /** Takes the first draws of an image. */
  private Garment garment(int index, RandomStream draws) {
    int side = SMALLEST + draws.nextInt(LARGEST - SMALLEST + 1);
    int left = draws.nextInt(CANVAS - side + 1);
    int top = draws.nextInt(CANVAS - side + 1);
    RgbImage image = garments.image(index);
    RgbImage mirrored = draws.nextBoolean() ? image.flipHorizontally() : image;
    return new Garment(Rescale.resize(mirrored, side, side, Interpolation.BILINEAR), left, top);
  }

  @Override
  public RgbImage image(int index) {
    RandomStream draws = draws(index);
    Garment garment = garment(index, draws);
    byte[] canvas = new byte[CANVAS * CANVAS];
    int pieces = FEWEST_PIECES + draws.nextInt(MOST_PIECES - FEWEST_PIECES + 1);
    for (int piece = 0; piece < pieces; piece++) {
      addPiece(canvas, index, draws);
    }
    for (int y = 0; y < garment.image().height(); y++) {
      for (int x = 0; x < garment.image().width(); x++) {
        if (garment.isVisible(x, y)) {
          canvas[(garment.top() + y) * CANVAS + garment.left() + x] =
              (byte) grey(garment.image(), x, y);
        }
      }
    }
    return RgbImage.ofGrey(canvas, CANVAS, CANVAS);
  }

  /** A rectangle of another garment, at the scale that a garment may have. */
  private void addPiece(byte[] canvas, int index, RandomStream draws) {
    int other = (index + 1 + draws.nextInt(size() - 1)) % size();
    RgbImage from = garments.image(other);
    int width = from.width() / 4 + draws.nextInt(from.width() / 4 + 1);
    int height = from.height() / 4 + draws.nextInt(from.height() / 4 + 1);
    RgbImage cut =
        from.crop(
            draws.nextInt(from.width() - width + 1),
            draws.nextInt(from.height() - height + 1),
            width,
            height);
    if (4 * visible(cut) > visible(from)) {
      return; // of a shoe, a quarter of the image may be half of the garment
    }
    int scale = SMALLEST + draws.nextInt(LARGEST - SMALLEST + 1); // of the whole garment
    RgbImage piece =
        Rescale.resize(
            draws.nextBoolean() ? cut.flipHorizontally() : cut,
            width * scale / from.width(),
            height * scale / from.height(),
            Interpolation.BILINEAR);
    int left = draws.nextInt(CANVAS - piece.width() + 1);
    int top = draws.nextInt(CANVAS - piece.height() + 1);
    for (int y = 0; y < piece.height(); y++) {
      for (int x = 0; x < piece.width(); x++) {
        if (grey(piece, x, y) > VISIBLE) {
          canvas[(top + y) * CANVAS + left + x] = (byte) grey(piece, x, y);
        }
      }
    }
  }

  private static int visible(RgbImage image) {
    int count = 0;
    for (int i = 0; i < image.pixels().length; i += 3) {
      count += (image.pixels()[i] & 0xFF) > VISIBLE ? 1 : 0;
    }
    return count;
  }

  private static int grey(RgbImage image, int x, int y) {
    return image.pixels()[3 * (y * image.width() + x)] & 0xFF;
  }

  /** The garment, with the box just around its visible pixels; never what is behind it. */
  @Override
  public List<BoxedObject> objects(int index, Rescale.Size decoded) {
    return List.of(new BoxedObject(label(index), garment(index, draws(index)).box(), false));
  }

  @Override
  public boolean hasBoxes() {
    return true;
  }

  @Override
  public String name() {
    return NAME + "/" + part;
  }

  @Override
  public List<String> classNames() {
    return garments.classNames();
  }

  @Override
  public int size() {
    return garments.size();
  }

  @Override
  public int label(int index) {
    return garments.label(index);
  }

  @Override
  public String id(int index) {
    return part + "/" + index;
  }

  @Override
  public boolean mayBeUnreadable() {
    return false; // it is drawn
  }

  @Override
  public String fingerprint() {
    return new Fingerprint().add(NAME).add(VERSION).add(garments.fingerprint()).hex();
  }
}
