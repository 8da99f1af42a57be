package org.vgg4j.data;

import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.image.Rescale;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.Interpolation;

/**
 * What training makes of a picture each time it sees it (the paper, section 3.1): rescaled to the
 * training scale S, cut at a random place, mirrored half of the time. All draws come from the
 * stream of (seed, epoch, sample), in the order left edge, upper edge, mirror, so the result does
 * not depend on who asks, or when.
 *
 * @param scale S: the shorter side, in pixels, to which a picture is rescaled
 * @param crop side of the square that is cut out, in pixels
 * @param interpolation how pictures are rescaled
 * @param flip whether pictures are mirrored; not where left and right matter, as in text
 * @param seed the run's seed
 */
public record Augmentation(
    int scale, int crop, Interpolation interpolation, boolean flip, long seed) {

  /**
   * @throws InputException if the scale is below the crop
   */
  public Augmentation {
    if (scale < crop) {
      throw new InputException(
          "training scale S = "
              + scale
              + " is below crop "
              + crop
              + ": take a scale of at least the crop");
    }
  }

  /**
   * Makes one training sample.
   *
   * @param image the picture, of any size
   * @param epoch from 0
   * @param sample index of the picture in the training set
   * @return [crop][crop] pixels
   */
  public RgbImage apply(RgbImage image, int epoch, int sample) {
    RandomStream random = new RandomStream(seed, epoch, sample, Purpose.AUGMENTATION);
    RgbImage rescaled = Rescale.toShorterSide(image, scale, interpolation);
    int x = random.nextInt(rescaled.width() - crop + 1);
    int y = random.nextInt(rescaled.height() - crop + 1);
    RgbImage cut = rescaled.crop(x, y, crop, crop);
    return flip && random.nextBoolean() ? cut.flipHorizontally() : cut;
  }
}
