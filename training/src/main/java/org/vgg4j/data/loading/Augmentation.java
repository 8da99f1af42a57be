package org.vgg4j.data.loading;

import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Rgb;

/**
 * What training makes of an image each time it sees it (the paper, section 3.1): rescaled to the
 * training scale S, cropped at a random place, mirrored half of the time, its colour shifted. All
 * draws come from the stream of (seed, epoch, sample), in the order S (where there is a choice),
 * left edge, upper edge (both again until the crop shows enough of an object), mirror, colour, so
 * the result does not depend on which thread asks, or when.
 *
 * @param scale S: the shorter side, in pixels, to which an image is rescaled
 * @param crop side of the square that is cut out, in pixels
 * @param interpolation how images are rescaled
 * @param flip whether images are mirrored; not where left and right matter, as in text
 * @param colors along which the colour is shifted
 * @param colorShift standard deviation of the shift, in eigenvalues; 0.1 in the paper, 0 for none
 * @param seed the run's seed
 * @param minOverlap share of an object's area that a crop shows at least, where its box is known,
 *     in [0, 1]
 * @param distortions what else is done: how far crops may leave the rescaled image, which widens
 *     what the edges are drawn from; and, drawn from streams of its own, a resized crop instead of
 *     S and the place, and what happens to the pixels after the mirror
 */
public record Augmentation(
    ScaleRange scale,
    int crop,
    Interpolation interpolation,
    boolean flip,
    ColorPca colors,
    double colorShift,
    long seed,
    double minOverlap,
    Distortions distortions) {

  /** How often the place of a crop is drawn until it shows enough of an object. */
  private static final int DRAWS = 50;

  /**
   * A training sample.
   *
   * @param image [crop][crop] pixels
   * @param shift what to add to each channel of every pixel, of pixels in 0..255; the sum may leave
   *     that range
   * @param geometry where in the image it lies, so that a target can follow; of a resized crop,
   *     where in the rectangle that was cut out, and of one that leaves the image, the nearest that
   *     does not, since boxes are not learnt of these
   */
  public record Sample(RgbImage image, Rgb shift, Geometry geometry) {}

  /** Nothing else is done. */
  public Augmentation(
      ScaleRange scale,
      int crop,
      Interpolation interpolation,
      boolean flip,
      ColorPca colors,
      double colorShift,
      long seed,
      double minOverlap) {
    this(scale, crop, interpolation, flip, colors, colorShift, seed, minOverlap, Distortions.NONE);
  }

  /** Crops lie anywhere. */
  public Augmentation(
      ScaleRange scale,
      int crop,
      Interpolation interpolation,
      boolean flip,
      ColorPca colors,
      double colorShift,
      long seed) {
    this(scale, crop, interpolation, flip, colors, colorShift, seed, 0);
  }

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
   * @param key by which the draws are keyed beside the epoch, see {@link Sampler#keys}
   */
  public Sample apply(RgbImage image, int epoch, int key) {
    return apply(image, epoch, key, null);
  }

  /**
   * Makes one training sample of an image of a data set: where the object that is its target has a
   * box, one that shows enough of it.
   *
   * @param image that image
   * @param epoch from 0
   * @param index of the image in the data set
   * @param key by which the draws are keyed beside the epoch, see {@link Sampler#keys}
   */
  public Sample apply(Dataset dataset, RgbImage image, int epoch, int index, int key) {
    Box object =
        minOverlap == 0
            ? null
            : BoxedObject.largest(
                dataset.objects(index, Rescale.Size.of(image)), dataset.label(index));
    return apply(image, epoch, key, object);
  }

  /**
   * Makes one training sample that shows an object. (A resized crop lies anywhere.)
   *
   * @param image the image, of any size
   * @param epoch from 0
   * @param key by which the draws are keyed beside the epoch, see {@link Sampler#keys}
   * @param object its box in the image, in pixels; null if the crop may lie anywhere. If no drawn
   *     crop shows enough of it, it is the crop that shows most
   */
  public Sample apply(RgbImage image, int epoch, int key, @Nullable Box object) {
    RandomStream random = new RandomStream(seed, epoch, key, Purpose.AUGMENTATION);
    RgbImage source = image;
    Place place;
    if (distortions.resizedCrop() != null) {
      ResizedCrop.Region region =
          distortions
              .resizedCrop()
              .draw(
                  new RandomStream(seed, epoch, key, Purpose.RESIZED_CROP), Rescale.Size.of(image));
      source = image.crop(region.left(), region.top(), region.width(), region.height());
      place = inside(at(Rescale.Size.of(source), new Rescale.Size(crop, crop), 0, 0));
    } else {
      place = paper(random, image, object);
    }
    if (flip && random.nextBoolean()) {
      place = place.mirrored();
    }
    Rgb shift = colorShift > 0 ? colors.draw(random, colorShift) : Rgb.ZERO;
    RgbImage cut = place.geometry().cut(source, interpolation).shift(place.right(), place.down());
    return new Sample(distorted(cut, epoch, key), shift, place.geometry());
  }

  private RgbImage distorted(RgbImage cut, int epoch, int key) {
    RgbImage sample = cut;
    if (distortions.trivialAugment()) {
      sample =
          TrivialAugment.apply(new RandomStream(seed, epoch, key, Purpose.TRIVIAL_AUGMENT), sample);
    }
    if (distortions.erase() > 0) {
      RandomStream random = new RandomStream(seed, epoch, key, Purpose.ERASING);
      sample = Erasing.apply(random, distortions.erase(), sample);
    }
    return sample;
  }

  /** Draws S and where the crop lies. */
  private Place paper(RandomStream random, RgbImage image, @Nullable Box object) {
    int shorter =
        scale.isFixed()
            ? scale.smallest()
            : scale.smallest() + random.nextInt(scale.largest() - scale.smallest() + 1);
    Rescale.Size original = Rescale.Size.of(image);
    Rescale.Size size = Rescale.sizeOf(image, shorter);
    return object == null
        ? anywhere(random, original, size)
        : showing(object, random, original, size);
  }

  /** Draws where a crop lies that shows enough of an object. */
  private Place showing(Box object, RandomStream random, Rescale.Size original, Rescale.Size size) {
    for (int draw = 0; draw < DRAWS; draw++) {
      Place place = anywhere(random, original, size);
      if (place.geometry().shareOf(object) >= minOverlap) {
        return place;
      }
    }
    Box there = at(original, size, 0, 0).toCrop(object);
    int x = middle(there.left(), there.right(), size.width());
    int y = middle(there.top(), there.bottom(), size.height());
    return inside(at(original, size, x, y));
  }

  private Place anywhere(RandomStream random, Rescale.Size original, Rescale.Size size) {
    int pad = distortions.pad();
    int x = random.nextInt(size.width() - crop + 1 + 2 * pad) - pad;
    int y = random.nextInt(size.height() - crop + 1 + 2 * pad) - pad;
    int left = Math.max(0, Math.min(size.width() - crop, x));
    int top = Math.max(0, Math.min(size.height() - crop, y));
    return new Place(at(original, size, left, top), left - x, top - y);
  }

  /** Where a crop begins that has as much as possible of an interval. */
  private int middle(double from, double to, int length) {
    long begin = Math.round((from + to - crop) / 2);
    return (int) Math.max(0, Math.min(length - crop, begin));
  }

  private Geometry at(Rescale.Size original, Rescale.Size size, int x, int y) {
    return new Geometry(original, size, x, y, new Rescale.Size(crop, crop), false);
  }

  private static Place inside(Geometry geometry) {
    return new Place(geometry, 0, 0);
  }

  /**
   * Where a crop lies. What it shows of the image does not change if one that leaves the image is
   * cut at the nearest place inside, and then shifted.
   *
   * @param geometry the nearest place inside the image
   * @param right how far what is cut there is shifted to the right, in pixels
   * @param down how far it is shifted down, in pixels
   */
  private record Place(Geometry geometry, int right, int down) {
    Place mirrored() {
      return new Place(
          new Geometry(
              geometry.original(),
              geometry.rescaled(),
              geometry.left(),
              geometry.top(),
              geometry.crop(),
              true),
          -right,
          down);
    }
  }
}
