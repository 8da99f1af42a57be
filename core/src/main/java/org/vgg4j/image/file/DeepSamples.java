package org.vgg4j.image.file;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import org.vgg4j.image.UnreadableImageException;

/**
 * Notices images of 16 bits a sample that use only the lower 8, as masks and microscopes' images
 * do: on the scale of 16 bits all of that is black. Images that use a few bits more are let pass,
 * since photographs of the night do the same. Not thread-safe.
 */
public final class DeepSamples {
  /** The largest sample. */
  public static final int MOST = 65_535;

  private int bits;

  /** Takes note of a sample, 0 to {@link #MOST}. */
  public void add(int sample) {
    bits |= sample;
  }

  /**
   * Checks the samples that were noted.
   *
   * @param name of the image
   * @param format of the image, such as TIFF
   * @throws UnreadableImageException if all are below 256, but not all 0
   */
  public void requireUpperBits(String name, String format) {
    if (bits != 0 && bits < 256) {
      throw new UnreadableImageException(
          "%s is a %s of 16 bits a sample whose values are all below 256, which is black: save it with 8 bits a sample"
              .formatted(name, format));
    }
  }

  /**
   * Checks a decoded image, if it has 16 bits a sample.
   *
   * @throws UnreadableImageException as {@link #requireUpperBits(String, String)} does
   */
  public static void requireUpperBits(BufferedImage image, String name, String format) {
    ColorModel model = image.getColorModel();
    if (!(model instanceof ComponentColorModel)
        || model.getTransferType() != DataBuffer.TYPE_USHORT
        || model.getComponentSize(0) != 16) {
      return;
    }
    DeepSamples samples = new DeepSamples();
    Raster raster = image.getRaster();
    int bands = raster.getNumBands();
    int[] row = new int[bands * image.getWidth()];
    // nearly every image ends this in its first row
    for (int y = 0; y < image.getHeight() && samples.bits < 256; y++) {
      row = raster.getPixels(0, y, image.getWidth(), 1, row);
      for (int in = 0; in < row.length; in += bands) {
        // white shows through what is not opaque, so that is not black
        boolean opaque = !model.hasAlpha() || row[in + bands - 1] == MOST;
        for (int channel = 0; channel < model.getNumColorComponents(); channel++) {
          samples.add(opaque ? row[in + channel] : MOST);
        }
      }
    }
    samples.requireUpperBits(name, format);
  }
}
