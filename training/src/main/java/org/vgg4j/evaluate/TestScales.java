package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.weights.Provenance;

/** The scales Q at which a network is tested. */
public final class TestScales {
  /** The option's value for the paper's three scales. */
  public static final String PAPER = "paper";

  private static final int PAPER_STEP = 32;
  private static final int PAPER_CROP = 224;

  private TestScales() {}

  /**
   * Parses {@code 256,384,512}, or {@code paper}: the paper's three scales (section 4.2). After
   * training at a fixed S these are S - 32, S and S + 32 at crop 224, and in that proportion at
   * others; after training with jitter the ends of the range and its middle.
   *
   * @param text numbers of pixels separated by commas, or {@code paper}
   * @param trained the training scale
   * @param crop of the network
   * @throws InputException if it cannot be parsed, or a scale is below the crop
   */
  public static List<Integer> of(String text, ScaleRange trained, int crop) {
    if (text.strip().equals(PAPER)) {
      return paper(trained, crop);
    }
    List<Integer> scales = new ArrayList<>();
    for (String word : text.strip().split("\\s*,\\s*|\\s+", -1)) {
      if (!word.matches("\\d+")) {
        throw new InputException(
            "option test-scales is %s but must be numbers of pixels with commas between, such as 256,384,512, or paper"
                .formatted(text));
      }
      int scale = ScaleRange.pixels(word);
      requirePossible(scale, crop);
      scales.add(scale);
    }
    return List.copyOf(scales);
  }

  /**
   * Like {@link #of(String, ScaleRange, int)}, for a model as its file describes it.
   *
   * @param provenance holds the training scale; null if unknown, in which case it is taken to be
   *     that of the preprocessing
   */
  public static List<Integer> of(
      String text, @Nullable Provenance provenance, Preprocessing preprocessing) {
    Object trained = provenance == null ? null : provenance.configuration().get("scale");
    ScaleRange range =
        trained == null
            ? ScaleRange.fixed(preprocessing.scale())
            : ScaleRange.of(String.valueOf(trained));
    return of(text, range, preprocessing.crop());
  }

  /**
   * Requires that images can be tested at a scale.
   *
   * @param scale Q in pixels
   * @param crop of the network
   * @throws InputException if it is below the crop, or too large
   */
  public static void requirePossible(int scale, int crop) {
    if (scale < crop) {
      throw new InputException(
          "test scale Q = %d is below crop %d: take scales of at least the crop"
              .formatted(scale, crop));
    }
    if (scale > ScaleRange.LARGEST) {
      throw new InputException(
          "test scale Q = %d is too large: images of more than %d pixels a side are not measured"
              .formatted(scale, ScaleRange.LARGEST));
    }
  }

  private static List<Integer> paper(ScaleRange trained, int crop) {
    if (!trained.isFixed()) {
      return List.of(trained.smallest(), trained.middle(), trained.largest());
    }
    int step = Math.round(PAPER_STEP * (float) crop / PAPER_CROP);
    int scale = trained.middle();
    return List.of(Math.max(crop, scale - step), scale, scale + step);
  }
}
