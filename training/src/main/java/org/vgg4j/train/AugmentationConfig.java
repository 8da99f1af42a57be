package org.vgg4j.train;

import org.vgg4j.data.loading.Distortions;
import org.vgg4j.data.loading.ScaleRange;

/**
 * How training images are augmented.
 *
 * @param scale S: shorter side, in pixels, of a rescaled training image, fixed or a range
 * @param flip whether training images are mirrored half of the time
 * @param colorShift standard deviation of the shift along the principal components of the colours,
 *     in eigenvalues of pixels in [0, 1]; 0 for none
 * @param distortions what else is done to them
 */
public record AugmentationConfig(
    ScaleRange scale, boolean flip, double colorShift, Distortions distortions) {

  /** Nothing else is done to them. */
  public AugmentationConfig(ScaleRange scale, boolean flip, double colorShift) {
    this(scale, flip, colorShift, Distortions.NONE);
  }

  /**
   * @throws org.vgg4j.base.InputException if a number is out of its range
   */
  public AugmentationConfig {
    Require.option(
        colorShift >= 0 && Double.isFinite(colorShift),
        "color-shift",
        colorShift,
        "zero or a positive number; the paper has 0.1");
  }
}
