package org.vgg4j.data;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.vgg4j.base.InputException;

/**
 * How many images of a part of a data set may be unreadable before something must be wrong.
 *
 * @param share of the part, from 0 to 1
 * @param count allowed however small that share is; unless the share is 0, no more than a tenth of
 *     the part, or one
 */
public record UnreadableLimit(double share, int count) {
  /** One in a hundred; in small parts three, or a tenth if that is fewer, but always one. */
  public static final UnreadableLimit AUTO = new UnreadableLimit(0.01, 3);

  /** Not one. */
  public static final UnreadableLimit NONE = new UnreadableLimit(0, 0);

  private static final String AUTO_TEXT = "auto";
  private static final double MOST_OF_SMALL = 0.1;
  private static final int NAMED = 50;
  private static final Pattern COUNT = Pattern.compile("\\d{1,9}");
  private static final Pattern PERCENT = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,9})?) ?%");

  /**
   * Reads what {@link #text} writes: {@code auto}, a number of images such as {@code 5}, or a share
   * such as {@code 2%}.
   *
   * @throws InputException if it is none of these
   */
  public static UnreadableLimit of(String text) {
    String stripped = text.strip();
    if (stripped.toLowerCase(Locale.ROOT).equals(AUTO_TEXT)) {
      return AUTO;
    }
    if (COUNT.matcher(stripped).matches()) {
      return new UnreadableLimit(0, Integer.parseInt(stripped));
    }
    Matcher percent = PERCENT.matcher(stripped);
    if (percent.matches() && Double.parseDouble(percent.group(1)) <= 100) {
      return new UnreadableLimit(Double.parseDouble(percent.group(1)) / 100, 0);
    }
    throw new InputException(
        "option max-unreadable is %s but must be a number of images, such as 5, a share, such as 2%%, or auto"
            .formatted(text));
  }

  /** The option's value. */
  public String text() {
    if (equals(AUTO)) {
      return AUTO_TEXT;
    }
    return share == 0 ? Integer.toString(count) : decimal(100 * share) + "%";
  }

  private static String decimal(double number) {
    String text = String.format(Locale.ROOT, "%.9f", number);
    return text.replaceAll("\\.?0+$", "");
  }

  /** How many of this many images. */
  public int of(int images) {
    int tenth = Math.max(1, (int) (MOST_OF_SMALL * images));
    int some = share == 0 ? count : Math.min(count, tenth);
    return Math.max(some, (int) (share * images + 1e-9));
  }

  /**
   * @param part of a data set
   * @param unreadable those of its images that cannot be read
   * @param listed where all of them are listed, for users; empty to name them in the sentence
   * @throws InputException if they are too many, or all
   */
  public void require(Dataset part, List<Unreadable> unreadable, String listed) {
    int most = of(part.size());
    if (unreadable.isEmpty() || (unreadable.size() <= most && unreadable.size() < part.size())) {
      return;
    }
    String begin =
        "%d of the %d images of %s cannot be read, %s: repair or remove "
            .formatted(
                unreadable.size(),
                part.size(),
                part.name(),
                most == 0
                    ? "and none may be passed over (option max-unreadable, or a submission)"
                    : "more than the %d that are passed over (option max-unreadable)"
                        .formatted(most));
    if (!listed.isEmpty()) {
      throw new InputException(
          begin + "those listed in " + listed + "; the first: " + unreadable.get(0).reason());
    }
    String names =
        unreadable.stream()
            .limit(NAMED)
            .map(one -> "\n  " + one.id())
            .collect(Collectors.joining());
    throw new InputException(
        begin
            + "them; the first: "
            + unreadable.get(0).reason()
            + names
            + (unreadable.size() > NAMED ? "\n  ... (vgg data inspect --json lists all)" : ""));
  }
}
