package org.vgg4j.data.loading;

import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Rgb;

/**
 * What training makes of an image each time it sees it (the paper, section 3.1): rescaled to the
 * training scale S, cropped at a random place, mirrored half of the time, its colour shifted. All
 * draws come from the stream of (seed, epoch, sample), in the order S (where there is a choice),
 * left edge, upper edge, mirror, colour, so the result does not depend on which thread asks, or
 * when.
 *
 * @param scale S: the shorter side, in pixels, to which an image is rescaled
 * @param crop side of the square that is cut out, in pixels
 * @param interpolation how images are rescaled
 * @param flip whether images are mirrored; not where left and right matter, as in text
 * @param colors along which the colour is shifted
 * @param colorShift standard deviation of the shift, in eigenvalues; 0.1 in the paper, 0 for none
 * @param seed the run's seed
 */
public record Augmentation(
    ScaleRange scale,
    int crop,
    Interpolation interpolation,
    boolean flip,
    ColorPca colors,
    double colorShift,
    long seed) {

  /**
   * A training sample.
   *
   * @param image [crop][crop] pixels
   * @param shift what to add to each channel of every pixel, of pixels in 0..255; the sum may leave
   *     that range
   * @param geometry where in the image it lies, so that a target can follow
   */
  public record Sample(RgbImage image, Rgb shift, Geometry geometry) {}

  /**
   * @throws InputException if the smallest scale is below the crop
   */
  public Augmentation {
    if (scale.smallest() < crop) {
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
   * @param image the image, of any size
   * @param epoch from 0
   * @param index of the image in the training set
   */
  public Sample apply(RgbImage image, int epoch, int index) {
    RandomStream random = new RandomStream(seed, epoch, index, Purpose.AUGMENTATION);
    int shorter =
        scale.isFixed()
            ? scale.smallest()
            : scale.smallest() + random.nextInt(scale.largest() - scale.smallest() + 1);
    Rescale.Size size = Rescale.sizeOf(image, shorter);
    int x = random.nextInt(size.width() - crop + 1);
    int y = random.nextInt(size.height() - crop + 1);
    boolean mirrored = flip && random.nextBoolean();
    Rgb shift = colorShift > 0 ? colors.draw(random, colorShift) : Rgb.ZERO;
    Geometry geometry =
        new Geometry(Rescale.Size.of(image), size, x, y, new Rescale.Size(crop, crop), mirrored);
    return new Sample(geometry.cut(image, interpolation), shift, geometry);
  }
}
