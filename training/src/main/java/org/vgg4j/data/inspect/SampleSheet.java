package org.vgg4j.data.inspect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.loading.Augmentation;
import org.vgg4j.data.loading.Mixing;
import org.vgg4j.data.loading.Mixture;
import org.vgg4j.data.loading.Sampler;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Outline;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.BoxTarget;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Rgb;

/**
 * One image that shows what training sees: its first samples, in rows of eight. Where the network
 * is to find boxes, each sample has its target drawn on it: so a person can see that it follows
 * scale, crop and mirror.
 */
public final class SampleSheet {
  private static final int COLUMNS = 8;
  private static final int SAMPLES = COLUMNS * COLUMNS;

  /** Larger crops are scaled down to this, in pixels. */
  private static final int LARGEST_SIDE = 224;

  private static final int GAP = 2;
  private static final byte WHITE = (byte) 255;

  private SampleSheet() {}

  /**
   * Writes a PNG of the first 64 samples of the first epoch, with their colours shifted, mixed with
   * others, and with their boxes, or of as many as there are.
   *
   * @param file replaced if it exists
   * @param dataset the training images
   * @param sampler their order
   * @param augmentation how samples are made of them
   * @param mixing how samples are mixed with others
   * @throws org.vgg4j.base.InputException if the file cannot be written
   */
  public static void write(
      Path file, Dataset dataset, Sampler sampler, Augmentation augmentation, Mixing mixing) {
    draw(dataset, sampler, augmentation, mixing).writePng(file);
  }

  static RgbImage draw(Dataset dataset, Sampler sampler, Augmentation augmentation, Mixing mixing) {
    int side = Math.min(LARGEST_SIDE, augmentation.crop());
    int[] order = sampler.order(0);
    int[] keys = sampler.keys(order, 0, Math.min(SAMPLES, order.length));
    List<RgbImage> images = new ArrayList<>();
    for (int i = 0; i < keys.length; i++) {
      int index = order[i];
      Augmentation.Sample sample =
          augmentation.apply(dataset, dataset.image(index), 0, index, keys[i]);
      RgbImage pixels = shifted(sample);
      if (!mixing.isOff()) {
        Mixture mixture = mixing.draw(0, keys[i], order.length, augmentation.crop());
        int partner = order[mixture.partner()];
        int key = sampler.keys(order, mixture.partner(), 1)[0];
        pixels =
            mixed(
                mixture,
                pixels,
                shifted(augmentation.apply(dataset, dataset.image(partner), 0, partner, key)));
      }
      RgbImage image = Rescale.resize(pixels, side, side, Interpolation.BILINEAR);
      images.add(
          dataset.target(index, sample.geometry()) instanceof BoxTarget target
              ? Outline.draw(image, Box.inCrop(target.box(), side), Outline.TRUE)
              : image);
    }
    return grid(images, side);
  }

  /**
   * Arranges images in rows of eight.
   *
   * @param images squares
   * @param side of each, in pixels
   */
  private static RgbImage grid(List<RgbImage> images, int side) {
    int cell = side + GAP;
    int width = COLUMNS * cell + GAP;
    int height = (images.size() + COLUMNS - 1) / COLUMNS * cell + GAP;
    byte[] sheet = new byte[3 * width * height];
    Arrays.fill(sheet, WHITE);
    for (int i = 0; i < images.size(); i++) {
      int x = GAP + i % COLUMNS * cell;
      int y = GAP + i / COLUMNS * cell;
      for (int row = 0; row < side; row++) {
        System.arraycopy(
            images.get(i).pixels(), 3 * row * side, sheet, 3 * ((y + row) * width + x), 3 * side);
      }
    }
    return new RgbImage(width, height, sheet);
  }

  private static RgbImage mixed(Mixture mixture, RgbImage own, RgbImage other) {
    byte[] pixels = own.pixels().clone();
    for (int i = 0; i < pixels.length; i++) {
      float share = mixture.shareAt(i / 3 % own.width(), i / 3 / own.width());
      pixels[i] =
          (byte) Math.round(share * (pixels[i] & 0xFF) + (1 - share) * (other.pixels()[i] & 0xFF));
    }
    return new RgbImage(own.width(), own.height(), pixels);
  }

  private static RgbImage shifted(Augmentation.Sample sample) {
    RgbImage image = sample.image();
    Rgb shift = sample.shift();
    byte[] pixels = image.pixels().clone();
    for (int i = 0; i < pixels.length; i++) {
      int value = Math.round((pixels[i] & 0xFF) + shift.channel(i % 3));
      pixels[i] = (byte) Math.max(0, Math.min(255, value));
    }
    return new RgbImage(image.width(), image.height(), pixels);
  }
}
