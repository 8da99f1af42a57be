package org.vgg4j.data.loading;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * What is done to training images beyond the paper's augmentation.
 *
 * @param resizedCrop which rectangle of an image becomes the sample, in place of a crop of the
 *     rescaled image; null: such a crop
 * @param pad how far a crop may leave the rescaled image on each side, in pixels, which are black
 *     there (He et al. 2016, section 4.2, has 4 for CIFAR-10), at least 0
 * @param erase probability that a rectangle of a sample is erased, in [0, 1], see {@link Erasing}
 * @param trivialAugment whether {@link TrivialAugment} is applied to each sample
 */
public record Distortions(
    @Nullable ResizedCrop resizedCrop, int pad, double erase, boolean trivialAugment) {
  /** Nothing. */
  public static final Distortions NONE = new Distortions(null, 0, 0, false);

  /**
   * @throws InputException if the padding is negative or goes with resized crops, which lie inside
   *     the image, or the probability is none
   */
  public Distortions {
    if (pad < 0) {
      throw new InputException(
          "option pad is %d but must be a number of pixels, such as 4".formatted(pad));
    }
    if (pad > 0 && resizedCrop != null) {
      throw new InputException(
          "option pad moves crops at --scale, and option random-resized-crop takes others: leave one of them out");
    }
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
    if (pad > 0) {
      options.put("pad", pad);
    }
    if (erase > 0) {
      options.put("erase", erase);
    }
    if (trivialAugment) {
      options.put("trivial-augment", true);
    }
  }
}
