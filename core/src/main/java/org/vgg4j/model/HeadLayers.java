package org.vgg4j.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * The layers between the last map and a network's outputs. The paper's networks have three fully
 * connected ones, two of them hidden; here there may be one to four, of any width, and the last map
 * may first be averaged over its positions (global average pooling: Lin et al. 2013,
 * arXiv:1312.4400). The fully connected layers are called fc6, fc7 and so on; the last of them is
 * always the one that makes the outputs. Immutable.
 *
 * @param averaged whether the first fully connected layer takes the mean of each channel of the
 *     last map, rather than all positions
 * @param hidden number of features of each hidden layer, from the first; may be empty. Null: the
 *     paper's two of 4096, times the width of the network
 */
public record HeadLayers(boolean averaged, @Nullable List<Integer> hidden) {
  /** The paper's: two hidden layers of 4096 features, times the width. */
  public static final HeadLayers PAPER = new HeadLayers(false, null);

  /** The most hidden layers. */
  public static final int MOST_HIDDEN = 3;

  private static final int MOST_FEATURES = 1 << 16;
  private static final String NONE = "none";
  private static final String AVERAGE = "average";

  /**
   * @throws InputException if there are more than three hidden layers, or one has no features, or
   *     more than 65536
   */
  public HeadLayers {
    if (hidden != null) {
      hidden = List.copyOf(hidden);
      if (hidden.size() > MOST_HIDDEN) {
        throw new InputException(
            "a head of %d hidden layers (%s) has too many: at most three, and a last one for the outputs"
                .formatted(hidden.size(), text(hidden)));
      }
      for (int features : hidden) {
        if (features < 1 || features > MOST_FEATURES) {
          throw impossible(String.valueOf(features));
        }
      }
    }
  }

  /**
   * Parses options.
   *
   * @param head numbers of features with commas between, such as 512 or 4096,4096, in brackets or
   *     not; none or []: no hidden layer; null: the paper's
   * @param pooling none or average; null: none
   * @throws InputException if an option cannot be parsed, or is out of its range
   */
  public static HeadLayers of(@Nullable String head, @Nullable String pooling) {
    return new HeadLayers(pooling != null && averaged(pooling), head == null ? null : hidden(head));
  }

  private static boolean averaged(String pooling) {
    return switch (pooling.strip().toLowerCase(Locale.ROOT)) {
      case AVERAGE -> true;
      case NONE -> false;
      default ->
          throw new InputException(
              "option pooling is '%s' but must be average or none".formatted(pooling));
    };
  }

  private static List<Integer> hidden(String head) {
    String text = head.strip();
    boolean bracketed = text.startsWith("[") && text.endsWith("]");
    text = bracketed ? text.substring(1, text.length() - 1).strip() : text;
    List<Integer> hidden = new ArrayList<>();
    if (text.equalsIgnoreCase(NONE) || (bracketed && text.isEmpty())) {
      return hidden;
    }
    for (String word : text.split("[,\\s]+", -1)) {
      if (word.matches("\\d{10,}")) {
        throw impossible(word);
      }
      if (!word.matches("\\d+")) {
        throw new InputException(
            "option head is '%s' but must be the features of the hidden layers with commas between, such as 512 or 4096,4096, or none"
                .formatted(head));
      }
      hidden.add(Integer.valueOf(word));
    }
    return hidden;
  }

  private static InputException impossible(String features) {
    return new InputException(
        "a hidden layer of %s features is not possible: take 1 to %d"
            .formatted(features, MOST_FEATURES));
  }

  /** How {@link #of} takes the hidden layers; null if they are the paper's. */
  public @Nullable String headText() {
    return hidden == null ? null : text(hidden);
  }

  /** How {@link #of} takes the pooling. */
  public String poolingText() {
    return averaged ? AVERAGE : NONE;
  }

  private static String text(List<Integer> hidden) {
    return hidden.isEmpty()
        ? NONE
        : hidden.stream().map(String::valueOf).collect(Collectors.joining(","));
  }
}
