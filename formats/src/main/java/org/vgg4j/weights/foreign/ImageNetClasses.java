package org.vgg4j.weights.foreign;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * The 1000 classes of ILSVRC-2012 in the order of their WNIDs, in which all VGG releases have their
 * scores, each as "n01440764 tench". The words are WordNet 3.0's.
 */
public final class ImageNetClasses {
  /** How many there are. */
  public static final int COUNT = 1000;

  private static final List<String> NAMES = read();

  private ImageNetClasses() {}

  /** The names, in the order of the scores. */
  public static List<String> names() {
    return NAMES;
  }

  private static List<String> read() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    ImageNetClasses.class.getResourceAsStream("imagenet-classes.txt")),
                StandardCharsets.UTF_8))) {
      return reader.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the list of classes in the jar cannot be read", e);
    }
  }
}
