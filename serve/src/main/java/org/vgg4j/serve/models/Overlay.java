package org.vgg4j.serve.models;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;
import org.vgg4j.views.HeatMap;

/**
 * A heat map as a transparent picture, red where the value is large, to be laid over the image that
 * it is of.
 */
public final class Overlay {
  private static final int RED = 0xD7191C;
  private static final double STRONGEST = 0.8; // opacity at the largest value

  private Overlay() {}

  /**
   * A copy of an image of at most so many pixels a side; never larger than the image.
   *
   * @param side pixels, at least 1
   */
  public static RgbImage small(RgbImage image, int side) {
    int longer = Math.max(image.width(), image.height());
    if (longer <= side) {
      return image;
    }
    double zoom = (double) side / longer;
    return Rescale.resize(
        image,
        Math.max(1, (int) Math.round(zoom * image.width())),
        Math.max(1, (int) Math.round(zoom * image.height())),
        Interpolation.BILINEAR);
  }

  /**
   * Draws a map alone.
   *
   * @param mapped the map, and the size of the drawing
   * @return a PNG file with an alpha channel
   */
  public static byte[] transparent(ServedModel.Mapped mapped) {
    int width = mapped.small().width();
    int height = mapped.small().height();
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int alpha = (int) Math.round(255 * STRONGEST * strength(mapped, x, y));
        image.setRGB(x, y, alpha << 24 | RED);
      }
    }
    return png(image);
  }

  /**
   * Draws a map over the image.
   *
   * @return a PNG file
   */
  public static byte[] drawing(ServedModel.Mapped mapped) {
    RgbImage small = mapped.small();
    byte[] pixels = small.pixels().clone();
    for (int y = 0; y < small.height(); y++) {
      for (int x = 0; x < small.width(); x++) {
        double share = STRONGEST * strength(mapped, x, y);
        int at = 3 * (y * small.width() + x);
        for (int channel = 0; channel < 3; channel++) {
          int ink = RED >> (16 - 8 * channel) & 0xFF;
          pixels[at + channel] =
              (byte) Math.round((1 - share) * (pixels[at + channel] & 0xFF) + share * ink);
        }
      }
    }
    return new RgbImage(small.width(), small.height(), pixels).toPng();
  }

  /** The value at a pixel's centre, 0 to 1. */
  private static double strength(ServedModel.Mapped mapped, int x, int y) {
    double zoom = (double) mapped.width() / mapped.small().width();
    HeatMap map = mapped.map();
    return Math.max(0, Math.min(1, map.at((x + 0.5) * zoom, (y + 0.5) * zoom)));
  }

  private static byte[] png(BufferedImage image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, "png", bytes)) {
        throw new IllegalStateException("this Java cannot write PNG files");
      }
    } catch (IOException e) {
      throw new IllegalStateException("a picture in memory cannot be written", e);
    }
    return bytes.toByteArray();
  }
}
