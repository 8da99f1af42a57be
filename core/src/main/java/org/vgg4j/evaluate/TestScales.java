package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.base.InputException;

/** The scales Q at which a network is tested. */
public final class TestScales {
  private TestScales() {}

  /**
   * Understands {@code 256,384,512}.
   *
   * @param text numbers of pixels with commas between
   * @param crop of the network
   * @throws InputException if it cannot be understood, or a scale is below the crop
   */
  public static List<Integer> of(String text, int crop) {
    List<Integer> scales = new ArrayList<>();
    for (String word : text.strip().split("[,\\s]+")) {
      if (!word.matches("\\d{1,6}")) {
        throw new InputException(
            "option test-scales is %s but must be numbers of pixels with commas between, such as 256,384,512"
                .formatted(text));
      }
      int scale = Integer.parseInt(word);
      if (scale < crop) {
        throw new InputException(
            "test scale Q = %d is below crop %d: take scales of at least the crop"
                .formatted(scale, crop));
      }
      scales.add(scale);
    }
    return List.copyOf(scales);
  }
}
