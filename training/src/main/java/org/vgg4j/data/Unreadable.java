package org.vgg4j.data;

import java.util.List;
import java.util.stream.Collectors;

/**
 * An image of a data set that cannot be used.
 *
 * @param split the part of the data set that it belongs to
 * @param index its number in that part, as the data set was found
 * @param id what to call it: its file
 * @param reason what is wrong with it
 */
public record Unreadable(Split split, int index, String id, String reason) {
  private static final int NAMED = 3;

  /**
   * Returns the beginning of a sentence, which says that some images are passed over.
   *
   * @param count how many, at least 1
   */
  public static String passedOver(int count) {
    return count == 1
        ? "1 of the images cannot be read and is passed over"
        : count + " of the images cannot be read and are passed over";
  }

  /** Returns the names of the first few, for a sentence. */
  public static String names(List<Unreadable> images) {
    String names =
        images.stream().limit(NAMED).map(Unreadable::id).collect(Collectors.joining(", "));
    return images.size() > NAMED ? names + ", ..." : names;
  }
}
