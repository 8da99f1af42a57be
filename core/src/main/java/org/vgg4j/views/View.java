package org.vgg4j.views;

import org.vgg4j.image.RgbImage;

/**
 * A part of an image that the network evaluates in one pass. Positions are in pixels of the
 * rescaled image, before mirroring.
 *
 * @param image index of the image among those evaluated
 * @param rescaled the image at scale Q, not mirrored
 * @param whole whether it is the whole rescaled image, for dense evaluation; otherwise a crop
 * @param x left edge
 * @param y upper edge
 * @param width width of the view
 * @param height height of the view
 * @param mirrored whether the network sees its mirror image
 * @param share its weight in the mean over all views of the image, whose shares sum to 1
 */
public record View(
    int image,
    RgbImage rescaled,
    boolean whole,
    int x,
    int y,
    int width,
    int height,
    boolean mirrored,
    double share) {

  /** A crop. */
  static View crop(
      int image, RgbImage rescaled, int x, int y, int side, boolean mirrored, double share) {
    return new View(image, rescaled, false, x, y, side, side, mirrored, share);
  }

  /** The whole rescaled image. */
  static View whole(int image, RgbImage rescaled, boolean mirrored, double share) {
    return new View(
        image, rescaled, true, 0, 0, rescaled.width(), rescaled.height(), mirrored, share);
  }

  /** The pixels that the network sees. */
  RgbImage pixels() {
    RgbImage cut = whole ? rescaled : rescaled.crop(x, y, width, height);
    return mirrored ? cut.flipHorizontally() : cut;
  }
}
