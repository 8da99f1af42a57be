package org.vgg4j.data.loading;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * What is done to training images beyond the paper's augmentation.
 *
 * @param resizedCrop which rectangle of an image becomes the sample, in place of a crop of the
 *     rescaled image; null: such a crop
 * @param erase probability that a rectangle of a sample is erased, in [0, 1], see {@link Erasing}
 * @param trivialAugment whether {@link TrivialAugment} is applied to each sample
 */
public record Distortions(@Nullable ResizedCrop resizedCrop, double erase, boolean trivialAugment) {
  /** Nothing. */
  public static final Distortions NONE = new Distortions(null, 0, false);

  /**
   * @throws InputException if the probability is none
   */
  public Distortions {
    if (!(erase >= 0 && erase <= 1)) {
      throw new InputException(
          "option erase is %s but must be a probability from 0 to 1".formatted(erase));
    }
  }

  /** Adds the options that are set, by name. */
  public void addTo(Map<String, Object> options) {
    if (resizedCrop != null) {
      options.put("random-resized-crop", resizedCrop.text());
    }
    if (erase > 0) {
      options.put("erase", erase);
    }
    if (trivialAugment) {
      options.put("trivial-augment", true);
    }
  }
}
