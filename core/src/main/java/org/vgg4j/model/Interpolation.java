package org.vgg4j.model;

/** How an image is rescaled; both are antialiased and equal Pillow's filters of that name. */
public enum Interpolation {
  /** The triangle filter. */
  BILINEAR,
  /** The cubic filter with a = -0.5. */
  BICUBIC
}
