package org.vgg4j.model;

/**
 * How an image is rescaled; both are antialiased and identical to Pillow's filters of the same
 * name.
 */
public enum Interpolation {
  /** The triangle filter. */
  BILINEAR,
  /** The cubic filter with a = -0.5. */
  BICUBIC
}
