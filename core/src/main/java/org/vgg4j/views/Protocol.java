package org.vgg4j.views;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.vgg4j.base.InputException;

/** Which views of a rescaled image are evaluated (the paper, section 3.2). */
public enum Protocol {
  /** The centre crop. */
  CENTER_CROP,
  /** Four corners and the centre, and their mirror images (Krizhevsky et al. 2012, section 4.1). */
  TEN_CROP,
  /** A regular grid of 5x5 crops, and their mirror images: 150 crops for three scales. */
  MULTI_CROP,
  /** The whole image and its mirror image, by the fully convolutional network. */
  DENSE,
  /** The mean of the posteriors of multi-crop and dense evaluation. */
  BOTH;

  /** Whether it evaluates crops. */
  boolean hasCrops() {
    return this != DENSE;
  }

  /** Whether it evaluates whole images. */
  boolean isDense() {
    return this == DENSE || this == BOTH;
  }

  /** Whether it evaluates mirror images, too. */
  boolean hasMirrorImages() {
    return this != CENTER_CROP;
  }

  /** Whether it takes crops on a regular grid. */
  boolean hasGrid() {
    return this == MULTI_CROP || this == BOTH;
  }

  /** The name in options and files. */
  public String label() {
    return this == TEN_CROP ? "10-crop" : name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Returns the protocol of that name, ignoring case.
   *
   * @throws InputException if there is none
   */
  public static Protocol of(String name) {
    for (Protocol protocol : values()) {
      if (protocol.label().equals(name.toLowerCase(Locale.ROOT))) {
        return protocol;
      }
    }
    throw new InputException(
        "there is no protocol '%s': choose %s (option protocol)"
            .formatted(
                name,
                Arrays.stream(values()).map(Protocol::label).collect(Collectors.joining(", "))));
  }
}
