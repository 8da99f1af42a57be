package org.vgg4j.descriptor;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.vgg4j.base.InputException;

/**
 * How descriptors are made, but for the network: each image is rescaled to each Q; a layer's output
 * for all of it is pooled; the results for the image and its mirror image are averaged; those of
 * several Q are averaged or stacked; last, the whole is divided by its length. The paper (appendix
 * B) names these steps in this order and does not say whether stacked parts are normalised before:
 * here they are not. Descriptors can be compared only if recipe and model are the same. Immutable.
 *
 * @param tap the layer's output: {@code fc7} is the paper's, after its ReLU; any that {@code vgg
 *     summary} names
 * @param pooling how positions are made into one
 * @param scales Q in pixels, each from the crop up; none: the model's own scale
 * @param stacked whether the parts of several Q are put behind each other, not averaged
 * @param mirrored whether the mirror image counts, too
 * @param normalised whether the descriptor has unit length (L2); one of nothing but zeros stays so
 */
public record DescriptorRecipe(
    String tap,
    Pooling pooling,
    List<Integer> scales,
    boolean stacked,
    boolean mirrored,
    boolean normalised) {
  private static final String TAP = "tap";
  private static final String POOLING = "pooling";
  private static final String SCALES = "scales";
  private static final String STACKED = "stacked";
  private static final String MIRRORED = "mirrored";
  private static final String NORMALISED = "normalised";

  /**
   * @throws InputException if a scale is not positive, or comes twice
   */
  public DescriptorRecipe {
    Objects.requireNonNull(tap, "no tap: fc7 is the paper's");
    Objects.requireNonNull(pooling, "no pooling: Pooling.average() is the paper's");
    scales = List.copyOf(scales);
    for (int scale : scales) {
      if (scale < 1) {
        throw new InputException(
            "test scale Q = %d must be positive: take scales of at least the crop"
                .formatted(scale));
      }
    }
    if (scales.stream().distinct().count() < scales.size()) {
      throw new InputException(
          "test scales Q = %s have one of them twice: name each once".formatted(scales));
    }
  }

  /** The paper's at the model's own scale: fc7, average, mirror image, unit length. */
  public static DescriptorRecipe paper() {
    return new DescriptorRecipe("fc7", Pooling.average(), List.of(), false, true, true);
  }

  /** The same of another output. */
  public DescriptorRecipe withTap(String name) {
    return new DescriptorRecipe(name, pooling, scales, stacked, mirrored, normalised);
  }

  /** The same with another pooling. */
  public DescriptorRecipe withPooling(Pooling other) {
    return new DescriptorRecipe(tap, other, scales, stacked, mirrored, normalised);
  }

  /**
   * The same at other scales.
   *
   * @param sides Q in pixels
   * @throws InputException if one is not positive, or comes twice
   */
  public DescriptorRecipe withScales(List<Integer> sides) {
    return new DescriptorRecipe(tap, pooling, sides, stacked, mirrored, normalised);
  }

  /** The same, with the parts of several Q stacked, or averaged. */
  public DescriptorRecipe withStacking(boolean wanted) {
    return new DescriptorRecipe(tap, pooling, scales, wanted, mirrored, normalised);
  }

  /** The same with mirror images, or without. */
  public DescriptorRecipe withMirrorImages(boolean wanted) {
    return new DescriptorRecipe(tap, pooling, scales, stacked, wanted, normalised);
  }

  /** The same in unit length, or not. */
  public DescriptorRecipe withNormalisation(boolean wanted) {
    return new DescriptorRecipe(tap, pooling, scales, stacked, mirrored, wanted);
  }

  /** The recipe as JSON can express it. */
  public Map<String, Object> asMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(TAP, tap);
    map.put(POOLING, pooling.text());
    map.put(SCALES, scales);
    map.put(STACKED, stacked);
    map.put(MIRRORED, mirrored);
    map.put(NORMALISED, normalised);
    return map;
  }

  /**
   * Reads what {@link #asMap} writes; other keys are not looked at.
   *
   * @throws InputException if something is missing or has another form
   */
  public static DescriptorRecipe of(Map<String, ?> map) {
    return new DescriptorRecipe(
        value(map, TAP, String.class),
        Pooling.of(value(map, POOLING, String.class)),
        value(map, SCALES, List.class).stream().map(DescriptorRecipe::scale).toList(),
        value(map, STACKED, Boolean.class),
        value(map, MIRRORED, Boolean.class),
        value(map, NORMALISED, Boolean.class));
  }

  private static <T> T value(Map<String, ?> map, String key, Class<T> type) {
    Object value = map.get(key);
    if (!type.isInstance(value)) {
      throw new InputException(
          "a recipe of descriptors has %s '%s': make the descriptors again"
              .formatted(value == null ? "no" : "an odd", key));
    }
    return type.cast(value);
  }

  private static int scale(Object value) {
    if (value instanceof Integer scale) {
      return scale;
    }
    throw new InputException(
        "a recipe of descriptors has the scale %s, which is no number of pixels: make the descriptors again"
            .formatted(value));
  }

  /** A description for people, such as {@code fc7, average, Q = 256, 384 stacked}. */
  public String label() {
    StringBuilder label = new StringBuilder(tap + ", " + pooling.text());
    if (!scales.isEmpty()) {
      label.append(", Q = ");
      label.append(String.join(", ", scales.stream().map(String::valueOf).toList()));
      label.append(scales.size() == 1 ? "" : stacked ? " stacked" : " averaged");
    }
    label.append(mirrored ? "" : ", no mirror images");
    return label.append(normalised ? "" : ", not normalised").toString();
  }
}
