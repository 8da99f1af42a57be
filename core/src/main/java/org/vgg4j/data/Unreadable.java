package org.vgg4j.data;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A picture of a data set that cannot be used.
 *
 * @param split the part of the data set that it belongs to
 * @param index its number in that part, as the data set was found
 * @param id what to call it: its file
 * @param reason what is wrong with it
 */
public record Unreadable(Split split, int index, String id, String reason) {
  private static final int NAMED = 3;

  /** Returns the names of the first few, for a sentence. */
  public static String names(List<Unreadable> pictures) {
    String names =
        pictures.stream().limit(NAMED).map(Unreadable::id).collect(Collectors.joining(", "));
    return pictures.size() > NAMED ? names + ", ..." : names;
  }
}
