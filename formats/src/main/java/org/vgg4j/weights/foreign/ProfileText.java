package org.vgg4j.weights.foreign;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Rgb;

/** The text form of a profile without a name, such as {@link #EXAMPLE}. */
final class ProfileText {
  /** An example; mean and std are in the channel order that {@code order} states. */
  static final String EXAMPLE = "mean=123.68,116.779,103.939,std=1,range=255,order=rgb";

  private static final List<String> KEYS = List.of("mean", "std", "range", "order");

  private ProfileText() {}

  /**
   * Reads the text.
   *
   * @throws InputException if it is malformed
   */
  static Profile read(String text) {
    Map<String, List<String>> parts = parts(text);
    float range =
        switch (one(text, parts, "range")) {
          case "255", "0..255" -> 255;
          case "1", "0..1" -> 1;
          default ->
              throw wrong(
                  text,
                  "range is the value of white before the mean is subtracted, either 255 or 1");
        };
    ChannelOrder order =
        switch (parts.containsKey("order") ? one(text, parts, "order") : "rgb") {
          case "rgb" -> ChannelOrder.RGB;
          case "bgr" -> ChannelOrder.BGR;
          default -> throw wrong(text, "order must be rgb or bgr");
        };
    Rgb mean = color(text, parts, "mean", order);
    Rgb std = parts.containsKey("std") ? color(text, parts, "std", order) : Rgb.ONE;
    return Profile.described(order, range, mean, std);
  }

  /**
   * Reads what a user wrote. Most mistakes are numbers for the other range, which would make all
   * images look alike.
   *
   * @throws InputException if it is malformed, or its numbers do not fit each other
   */
  static Profile readAndCheck(String text) {
    Profile profile = read(text);
    String misfit = misfit(profile.mean(), profile.std(), profile.valueRange());
    if (misfit != null) {
      throw wrong(text, misfit);
    }
    return profile;
  }

  /** Values by key; a value without a key belongs to the key before it. */
  private static Map<String, List<String>> parts(String text) {
    Map<String, List<String>> parts = new LinkedHashMap<>();
    List<String> values = null;
    for (String token : text.toLowerCase(Locale.ROOT).strip().split("[,;\\s]+")) {
      int equals = token.indexOf('=');
      if (equals >= 0) {
        String key = token.substring(0, equals);
        values = new ArrayList<>();
        if (!KEYS.contains(key)) {
          throw wrong(text, "'%s' is not one of mean, std, range, order".formatted(key));
        }
        if (parts.put(key, values) != null) {
          throw wrong(text, key + " is given twice");
        }
      }
      String value = token.substring(equals + 1);
      if (values == null) {
        throw wrong(text, "'%s' belongs to no key".formatted(token));
      }
      if (!value.isEmpty()) {
        values.add(value);
      }
    }
    return parts;
  }

  private static String one(String text, Map<String, List<String>> parts, String key) {
    List<String> values = parts.getOrDefault(key, List.of());
    if (values.size() != 1) {
      throw wrong(
          text,
          values.isEmpty()
              ? key + " is missing"
              : "%s takes one value, not %d".formatted(key, values.size()));
    }
    return values.get(0);
  }

  private static Rgb color(
      String text, Map<String, List<String>> parts, String key, ChannelOrder order) {
    List<String> values = parts.getOrDefault(key, List.of());
    if (values.size() != 1 && values.size() != 3) {
      throw wrong(
          text,
          values.isEmpty()
              ? key + " is missing"
              : "%s takes three numbers, or one for all channels, not %d"
                  .formatted(key, values.size()));
    }
    float[] numbers = new float[3];
    for (int i = 0; i < 3; i++) {
      String value = values.get(values.size() == 1 ? 0 : i);
      try {
        numbers[i] = Float.parseFloat(value);
      } catch (NumberFormatException e) {
        throw new InputException(
            String.valueOf(wrong(text, "'" + value + "' is not a number").getMessage()), e);
      }
    }
    return order == ChannelOrder.RGB
        ? new Rgb(numbers[0], numbers[1], numbers[2])
        : new Rgb(numbers[2], numbers[1], numbers[0]);
  }

  /** What is wrong with numbers that do not fit each other, in words; null if they do. */
  static @Nullable String misfit(Rgb mean, Rgb std, float range) {
    for (int channel = 0; channel < 3; channel++) {
      float middle = mean.channel(channel);
      float divisor = std.channel(channel);
      if (!(middle >= 0 && middle <= range)) {
        return "a mean of %s is outside the range 0..%s".formatted(number(middle), number(range));
      }
      if (!(divisor > 0 && divisor <= range)) {
        return "a std of %s is not above 0 and at most the range, %s"
            .formatted(number(divisor), number(range));
      }
      if (range == 255 && (divisor < 1 || (middle > 0 && middle < 1))) {
        return "%s %s is a number for range=1"
            .formatted(
                divisor < 1 ? "a std of" : "a mean of", number(divisor < 1 ? divisor : middle));
      }
    }
    return null;
  }

  private static InputException wrong(String text, String what) {
    return new InputException(
        "profile '%s' is not understood: %s. Write it as %s, with mean and std in the order of the channels"
            .formatted(text.strip(), what, EXAMPLE));
  }

  /** Returns a profile as text that {@link #read} can read. */
  static String write(ChannelOrder order, float range, Rgb mean, Rgb std) {
    return "mean=%s,std=%s,range=%s,order=%s"
        .formatted(
            numbers(order, mean, ","),
            numbers(order, std, ","),
            number(range),
            order.name().toLowerCase(Locale.ROOT));
  }

  /** The values in the order of the channels. */
  static String numbers(ChannelOrder order, Rgb values, String separator) {
    String first = number(order == ChannelOrder.RGB ? values.red() : values.blue());
    String last = number(order == ChannelOrder.RGB ? values.blue() : values.red());
    return String.join(separator, first, number(values.green()), last);
  }

  /** The shortest decimal that reads back as the same float. */
  static String number(float value) {
    if (!Float.isFinite(value)) {
      return String.valueOf(value);
    }
    return new BigDecimal(Float.toString(value)).stripTrailingZeros().toPlainString();
  }
}
