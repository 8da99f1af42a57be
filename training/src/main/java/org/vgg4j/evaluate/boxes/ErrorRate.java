package org.vgg4j.evaluate.boxes;

/**
 * A share of images.
 *
 * @param wrong how many were wrong
 * @param images of how many
 */
public record ErrorRate(int wrong, int images) {
  /** The share in percent; NaN if there are no images. */
  public double percent() {
    return images == 0 ? Double.NaN : 100.0 * wrong / images;
  }
}
