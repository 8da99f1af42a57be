package org.vgg4j.report;

import java.util.Base64;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;

/** Embeds images in a page, so that it needs no other file. */
final class DataUri {
  private DataUri() {}

  static String png(RgbImage image) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(image.toPng());
  }

  /** The image as large as the page shows it: enough to see what is on it. */
  static RgbImage thumbnail(RgbImage image) {
    return atMost(image, 128);
  }

  /** The same image, scaled down if its longer side has more pixels than this. */
  static RgbImage atMost(RgbImage image, int side) {
    int longer = Math.max(image.width(), image.height());
    if (longer <= side) {
      return image;
    }
    double factor = (double) side / longer;
    return Rescale.resize(
        image,
        Math.max(1, (int) Math.round(image.width() * factor)),
        Math.max(1, (int) Math.round(image.height() * factor)),
        Interpolation.BILINEAR);
  }
}
