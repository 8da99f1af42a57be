package org.vgg4j.network;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.vgg4j.base.InputException;

/**
 * Where networks are to be computed, as {@code --device} states it.
 *
 * @param kind the kind of device: cpu, cuda; or auto, the best that can be used here
 * @param numbers of the devices, from 0, where there are several of a kind; empty: the provider's
 *     choice
 * @param precision with which it computes, as {@code --precision} says it
 */
public record Device(String kind, List<Integer> numbers, Precision precision) {
  /** The best that can be used here. */
  public static final Device AUTO = new Device("auto", List.of());

  /** The processors of the host. */
  public static final Device CPU = new Device("cpu", List.of());

  private static final Pattern FORM = Pattern.compile("([a-z]+)(?::(\\d{1,3}(?:,\\d{1,3})*))?");

  /** Copies the list. */
  public Device {
    numbers = List.copyOf(numbers);
  }

  /** One that computes with the precision that it is best at. */
  public Device(String kind, List<Integer> numbers) {
    this(kind, numbers, Precision.AUTO);
  }

  /** The same with another precision. */
  public Device in(Precision other) {
    return new Device(kind, numbers, other);
  }

  /**
   * Parses the option.
   *
   * @param text such as auto, cpu, cuda or cuda:0,1
   * @throws InputException if the text is malformed; whether there is such a device is up to {@link
   *     Engines}
   */
  public static Device of(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      throw new InputException(
          "option device is '%s' but must be auto or a device such as cpu, cuda or cuda:0,1"
              .formatted(text));
    }
    String numbers = matcher.group(2);
    if (numbers != null && matcher.group(1).equals(AUTO.kind())) {
      throw new InputException(
          "option device is '%s', but auto chooses by itself: leave the number out, or name the kind of device, as in cuda:%s"
              .formatted(text, numbers));
    }
    return new Device(
        matcher.group(1),
        numbers == null
            ? List.of()
            : Arrays.stream(numbers.split(",")).map(Integer::valueOf).toList());
  }

  /** The text that {@link #of} parses; the precision is not part of it. */
  public String text() {
    return numbers.isEmpty()
        ? kind
        : kind + ":" + numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }
}
