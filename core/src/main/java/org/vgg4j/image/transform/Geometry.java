package org.vgg4j.image.transform;

import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.model.Interpolation;

/**
 * Where a crop comes from: the image is rescaled, a rectangle is cut out, and perhaps mirrored.
 * Maps positions between the two, exactly: where {@link Rescale#sizeOf} rounds the longer side
 * down, the two axes are scaled differently.
 *
 * @param original size of the image, as decoded
 * @param rescaled its size after rescaling
 * @param left left edge of the crop in the rescaled image, in pixels
 * @param top upper edge of the crop in the rescaled image, in pixels
 * @param crop size of the crop
 * @param mirrored whether the crop's left and right are exchanged
 */
public record Geometry(
    Rescale.Size original,
    Rescale.Size rescaled,
    int left,
    int top,
    Rescale.Size crop,
    boolean mirrored) {

  /**
   * @throws IllegalArgumentException if the crop leaves the rescaled image
   */
  public Geometry {
    if (left < 0
        || top < 0
        || left > rescaled.width() - crop.width()
        || top > rescaled.height() - crop.height()) {
      throw new IllegalArgumentException(
          "a crop of %s at (%d, %d) leaves the image of %s".formatted(crop, left, top, rescaled));
    }
  }

  /**
   * The square in the middle of a rescaled image.
   *
   * @param image the image
   * @param scale length of the shorter side after rescaling, in pixels
   * @param side of the square, in pixels, at most the scale
   * @throws UnreadableImageException if the image is too elongated for that
   */
  public static Geometry centered(RgbImage image, int scale, int side) {
    Rescale.Size rescaled = Rescale.sizeOf(image, scale);
    return new Geometry(
        Rescale.Size.of(image),
        rescaled,
        RgbImage.centered(rescaled.width(), side),
        RgbImage.centered(rescaled.height(), side),
        new Rescale.Size(side, side),
        false);
  }

  /**
   * Makes the crop.
   *
   * @param image the original
   * @param interpolation the filter of the rescaling
   * @throws IllegalArgumentException if the image has another size than the original
   */
  public RgbImage cut(RgbImage image, Interpolation interpolation) {
    if (!Rescale.Size.of(image).equals(original)) {
      throw new IllegalArgumentException(
          Rescale.Size.of(image) + " is not the original's " + original);
    }
    RgbImage cut =
        Rescale.crop(image, rescaled, interpolation, left, top, crop.width(), crop.height());
    return mirrored ? cut.flipHorizontally() : cut;
  }

  /** Maps an x of the original to the crop; may be outside the crop. */
  public double toCropX(double x) {
    double upright = x * rescaled.width() / original.width() - left;
    return mirrored ? crop.width() - upright : upright;
  }

  /** Maps a y of the original to the crop; may be outside the crop. */
  public double toCropY(double y) {
    return y * rescaled.height() / original.height() - top;
  }

  /** Maps an x of the crop to the original. */
  public double toOriginalX(double x) {
    double upright = mirrored ? crop.width() - x : x;
    return (upright + left) * original.width() / rescaled.width();
  }

  /** Maps a y of the crop to the original. */
  public double toOriginalY(double y) {
    return (y + top) * original.height() / rescaled.height();
  }

  /** Maps a box of the original to the crop; what is outside the crop is not cut off. */
  public Box toCrop(Box box) {
    double oneSide = toCropX(box.left());
    double otherSide = toCropX(box.right());
    return new Box(
        Math.min(oneSide, otherSide),
        toCropY(box.top()),
        Math.max(oneSide, otherSide),
        toCropY(box.bottom()));
  }

  /**
   * Returns the share of a box's area, in the original, that the crop shows; 1 of one without area.
   */
  public double shareOf(Box box) {
    Box there = toCrop(box);
    double across = Math.min(crop.width(), there.right()) - Math.max(0, there.left());
    double down = Math.min(crop.height(), there.bottom()) - Math.max(0, there.top());
    double area = there.width() * there.height();
    return area > 0 ? Math.max(0, across) * Math.max(0, down) / area : 1;
  }

  /** Maps a box of the crop to the original. */
  public Box toOriginal(Box box) {
    double oneSide = toOriginalX(box.left());
    double otherSide = toOriginalX(box.right());
    return new Box(
        Math.min(oneSide, otherSide),
        toOriginalY(box.top()),
        Math.max(oneSide, otherSide),
        toOriginalY(box.bottom()));
  }
}
