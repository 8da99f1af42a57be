package org.vgg4j.serve.api;

import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.OversizedImageException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.file.ImageKind;
import org.vgg4j.serve.http.HttpFailure;

/**
 * Makes pictures of what clients send. Thread-safe.
 *
 * @param maxPixels of a picture
 */
record Pictures(long maxPixels) {
  /** The largest scale of the paper's descriptors. */
  private static final double WHOLE = 512;

  /**
   * Decodes a picture, and turns it upright.
   *
   * @throws HttpFailure 415 if it is none, 413 if it is too large, 400 if it is damaged
   */
  RgbImage decode(Upload upload) {
    try {
      return ImageDecoder.decode(upload.content(), upload.name(), maxPixels);
    } catch (OversizedImageException e) {
      throw new HttpFailure(413, String.valueOf(e.getMessage()));
    } catch (UnreadableImageException e) {
      if (e.getCause() instanceof OutOfMemoryError) { // not the picture's fault
        throw new HttpFailure(
            503,
            "there is not enough memory for %s now: send a smaller image, or try later"
                .formatted(upload.name()));
      }
      int status = ImageKind.of(upload.content()) == null ? 415 : 400;
      throw new HttpFailure(status, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Decodes a picture for what looks at all of it, rescaled to at most 512 pixels on its shorter
   * side.
   *
   * @throws HttpFailure as {@link #decode}; 413, too, if it would then be too large
   */
  RgbImage decodeWhole(Upload upload) {
    RgbImage image = decode(upload);
    double longer = Math.max(image.width(), image.height());
    double shorter = Math.min(image.width(), image.height());
    if (WHOLE * WHOLE * longer / shorter > maxPixels) {
      throw new HttpFailure(
          413,
          "%s has %d x %d pixels and is too elongated for that: cut it into pieces"
              .formatted(upload.name(), image.width(), image.height()));
    }
    return image;
  }
}
