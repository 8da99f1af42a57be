package org.vgg4j.image;

import org.vgg4j.image.file.Exif;
import org.vgg4j.image.file.ImageKind;
import org.vgg4j.image.format.PngFile;
import org.vgg4j.image.format.WebpDecoder;
import org.vgg4j.image.jpeg.JpegDecoder;
import org.vgg4j.image.tiff.TiffDecoder;

/**
 * Turns images upright. The orientation comes from the EXIF data of JPEG, PNG and WebP files, and
 * from the same tag of TIFF files.
 */
final class Orientation {
  private Orientation() {}

  /** Returns the EXIF orientation, 1 to 8. */
  static int of(byte[] content, ImageKind kind) {
    return switch (kind) {
      case JPEG -> JpegDecoder.orientation(content);
      case WEBP -> WebpDecoder.orientation(content);
      case PNG -> PngFile.orientation(content);
      case TIFF -> TiffDecoder.orientation(content);
      case BMP, GIF, PNM -> Exif.UPRIGHT;
    };
  }

  /**
   * Turns an image upright.
   *
   * @param orientation 1 to 8
   */
  static RgbImage upright(RgbImage image, int orientation) {
    if (orientation == Exif.UPRIGHT) {
      return image;
    }
    boolean turned = orientation >= 5;
    int width = turned ? image.height() : image.width();
    int height = turned ? image.width() : image.height();
    // coordinates in the stored image of a pixel of the upright one
    boolean fromRight =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    boolean fromBottom =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    byte[] in = image.pixels();
    byte[] out = new byte[in.length];
    int to = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int column = turned ? y : x;
        int row = turned ? x : y;
        column = fromRight ? image.width() - 1 - column : column;
        row = fromBottom ? image.height() - 1 - row : row;
        int from = 3 * (row * image.width() + column);
        out[to] = in[from];
        out[to + 1] = in[from + 1];
        out[to + 2] = in[from + 2];
        to += 3;
      }
    }
    return new RgbImage(width, height, out);
  }
}
