package org.vgg4j.data.boxes;

/** What can be odd about boxes, and what is done about it. */
public enum Oddity {
  /** Opposite edges in the wrong order: they are exchanged. */
  SWAPPED("boxes with edges in the wrong order (min > max), which are exchanged"),
  /** Beyond the edge of the image: cut there. */
  CUT("boxes that reach beyond the image, and are cut at its edge"),
  /** Nothing of it is in the image: left out. */
  OUTSIDE("boxes outside the image, which are left out"),
  /** No area: left out. */
  EMPTY("boxes without area, which are left out"),
  /** Drawn on an image of another size: scaled. */
  OTHER_SIZE("images whose boxes were drawn at another size, and are scaled"),
  /**
   * Drawn on a portrait where the image is a landscape, or the other way round, so that one has
   * been turned, and nobody knows in which direction: left out.
   */
  TURNED(
      "images whose boxes were drawn on them turned by 90 degrees, in an unknown direction, and are"
          + " left out");

  private final String words;

  Oddity(String words) {
    this.words = words;
  }

  /** What boxes are, and what is done, for tables. */
  public String words() {
    return words;
  }
}
