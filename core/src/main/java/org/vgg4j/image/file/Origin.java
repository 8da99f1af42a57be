package org.vgg4j.image.file;

import org.vgg4j.image.OversizedImageException;

/**
 * What an image file is called in messages, and how many pixels it may have. As text, its name.
 *
 * @param name such as its path
 * @param maxPixels the most
 */
public record Origin(String name, long maxPixels) {
  /**
   * Called before anything of that size is allocated.
   *
   * @throws OversizedImageException if there are too many pixels
   */
  public void requireSize(long width, long height) {
    if (width * height > maxPixels) {
      throw new OversizedImageException(
          "%s has %d x %d pixels, more than the %d allowed: scale it down first"
              .formatted(name, width, height, maxPixels));
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
