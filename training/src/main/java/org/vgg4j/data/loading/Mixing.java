package org.vgg4j.data.loading;

import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;

/**
 * How training samples are mixed with others of the same epoch: mixup (Zhang et al. 2018,
 * arXiv:1710.09412) takes a mean of all pixels, {@code l x + (1 - l) x'}; CutMix (Yun et al. 2019,
 * doi:10.1109/ICCV.2019.00612) replaces a rectangle with {@code 1 - l} of the area. The l are drawn
 * from the beta distribution of (alpha, alpha), and the labels are mixed by it; for CutMix by the
 * area that is really replaced, since a rectangle may reach beyond the sample. If both are on, one
 * of them is drawn for each sample with equal chance.
 *
 * <p>The other sample is any of the epoch's, with equal chance, and is augmented as it is where it
 * comes itself. All draws come from the stream of (seed, epoch, sample).
 *
 * @param mixup alpha of mixup; 0: off
 * @param cutmix alpha of CutMix; 0: off
 * @param seed the run's seed
 */
public record Mixing(double mixup, double cutmix, long seed) {
  /** Samples stay as they are. */
  public static final Mixing NONE = new Mixing(0, 0, 0);

  /** Whether samples stay as they are. */
  public boolean isOff() {
    return mixup == 0 && cutmix == 0;
  }

  /**
   * Draws what a sample is mixed with.
   *
   * @param epoch from 0
   * @param key by which the draws are keyed beside the epoch, see {@link Sampler#keys}
   * @param samples of the epoch
   * @param crop side of a sample, in pixels
   * @throws IllegalStateException if mixing is off
   */
  public Mixture draw(int epoch, int key, int samples, int crop) {
    if (isOff()) {
      throw new IllegalStateException("samples are not mixed");
    }
    RandomStream random = new RandomStream(seed, epoch, key, Purpose.MIXING);
    boolean cuts = mixup == 0 || (cutmix > 0 && random.nextBoolean());
    double share = random.nextBeta(cuts ? cutmix : mixup);
    int partner = random.nextInt(samples);
    if (!cuts) {
      return new Mixture(partner, share, null);
    }
    int half = (int) (crop * Math.sqrt(1 - share)) / 2;
    int x = random.nextInt(crop);
    int y = random.nextInt(crop);
    Mixture.Patch patch =
        new Mixture.Patch(
            Math.max(0, x - half),
            Math.max(0, y - half),
            Math.min(crop, x + half),
            Math.min(crop, y + half));
    return new Mixture(partner, 1 - (double) patch.area() / (crop * crop), patch);
  }
}
