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
      int status = ImageKind.of(upload.content()) == null ? 415 : 400;
      throw new HttpFailure(status, String.valueOf(e.getMessage()));
    }
  }
}
