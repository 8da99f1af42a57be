package org.vgg4j.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.image.file.Alpha;

/**
 * An image of 8 bits per channel, red, green and blue. Nothing here changes an image once it is
 * made, so threads may share it.
 */
public final class RgbImage {
  /** The most pixels that an image may have: Pillow's limit against "decompression bombs". */
  public static final long MAX_PIXELS = 2L * (1024 * 1024 * 1024 / 4 / 3);

  private final int width;
  private final int height;
  private final byte[] pixels;

  /**
   * @param width in pixels, at least 1
   * @param height in pixels, at least 1
   * @param pixels [height][width][3], red, green, blue, each an unsigned byte; kept, not copied: do
   *     not change it afterwards
   * @throws IllegalArgumentException if the sides and the number of bytes disagree
   */
  public RgbImage(int width, int height, byte[] pixels) {
    if (width < 1 || height < 1 || pixels.length != 3L * width * height) {
      throw new IllegalArgumentException(
          width + " x " + height + " RGB pixels do not fit " + pixels.length + " bytes");
    }
    this.width = width;
    this.height = height;
    this.pixels = pixels;
  }

  /**
   * Makes an image whose three channels are one grey channel.
   *
   * @param grey [height][width], unsigned bytes; copied
   * @param width in pixels
   * @param height in pixels
   */
  public static RgbImage ofGrey(byte[] grey, int width, int height) {
    byte[] rgb = new byte[3 * grey.length];
    for (int i = 0; i < grey.length; i++) {
      Arrays.fill(rgb, 3 * i, 3 * i + 3, grey[i]);
    }
    return new RgbImage(width, height, rgb);
  }

  /**
   * Copies any AWT image. Grey becomes three equal channels, 16-bit samples are reduced to their
   * high byte, and alpha is composed over white.
   *
   * @param image an image of any type
   */
  public static RgbImage of(BufferedImage image) {
    byte[] rgb = new byte[Math.multiplyExact(3, image.getWidth() * image.getHeight())];
    if (image.getType() == BufferedImage.TYPE_3BYTE_BGR) {
      copyBgr(image.getRaster(), rgb); // most photographs
    } else if (samplesAreStoredValues(image.getColorModel())) {
      copySamples(image, rgb);
    } else {
      copyConverted(image, rgb);
    }
    return new RgbImage(image.getWidth(), image.getHeight(), rgb);
  }

  /**
   * The type that the JDK's readers return for most photographs; three times as fast as going
   * through samples.
   */
  private static void copyBgr(Raster raster, byte[] rgb) {
    PixelInterleavedSampleModel model = (PixelInterleavedSampleModel) raster.getSampleModel();
    DataBufferByte buffer = (DataBufferByte) raster.getDataBuffer();
    byte[] bgr = buffer.getData();
    int stride = model.getScanlineStride();
    int start =
        buffer.getOffset()
            - raster.getSampleModelTranslateY() * stride
            - raster.getSampleModelTranslateX() * 3;
    int out = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      int in = start + y * stride;
      for (int end = out + 3 * raster.getWidth(); out < end; out += 3) {
        rgb[out] = bgr[in + 2];
        rgb[out + 1] = bgr[in + 1];
        rgb[out + 2] = bgr[in];
        in += 3;
      }
    }
  }

  /**
   * Whether the raster holds the file's own samples. These bypass the colour model: Java takes grey
   * to be linear and would brighten it, and rounds 16 bits differently.
   */
  private static boolean samplesAreStoredValues(ColorModel model) {
    int type = model.getTransferType();
    int bits = model.getComponentSize(0);
    return model instanceof ComponentColorModel
        && !(model.hasAlpha() && model.isAlphaPremultiplied())
        && ((type == DataBuffer.TYPE_BYTE && bits == 8)
            || (type == DataBuffer.TYPE_USHORT && bits == 16))
        && isStoredAsSeen(model.getColorSpace());
  }

  /**
   * Files' colour profiles are not applied; most tools that train networks do not apply them
   * either.
   */
  private static boolean isStoredAsSeen(ColorSpace space) {
    return space.getType() == ColorSpace.TYPE_GRAY
        || (space.getType() == ColorSpace.TYPE_RGB
            && space != ColorSpace.getInstance(ColorSpace.CS_LINEAR_RGB));
  }

  private static void copySamples(BufferedImage image, byte[] rgb) {
    ColorModel model = image.getColorModel();
    Raster raster = image.getRaster();
    int bands = raster.getNumBands();
    boolean grey = model.getNumColorComponents() == 1;
    int shift = model.getComponentSize(0) - 8;
    int[] row = new int[bands * image.getWidth()];
    int out = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      row = raster.getPixels(0, y, image.getWidth(), 1, row);
      for (int in = 0; in < row.length; in += bands) {
        int alpha = model.hasAlpha() ? row[in + bands - 1] >> shift : 255;
        for (int channel = 0; channel < 3; channel++) {
          int value = row[in + (grey ? 0 : channel)] >> shift;
          rgb[out++] = Alpha.overWhite(value, alpha);
        }
      }
    }
  }

  private static void copyConverted(BufferedImage image, byte[] rgb) {
    int[] row = new int[image.getWidth()];
    int out = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      row = image.getRGB(0, y, row.length, 1, row, 0, row.length);
      for (int argb : row) {
        int alpha = argb >>> 24;
        rgb[out++] = Alpha.overWhite((argb >> 16) & 0xFF, alpha);
        rgb[out++] = Alpha.overWhite((argb >> 8) & 0xFF, alpha);
        rgb[out++] = Alpha.overWhite(argb & 0xFF, alpha);
      }
    }
  }

  /** Returns the width in pixels. */
  public int width() {
    return width;
  }

  /** Returns the height in pixels. */
  public int height() {
    return height;
  }

  /**
   * Returns the bytes themselves, [height][width][3], red, green, blue, unsigned: read them, do not
   * change them.
   */
  public byte[] pixels() {
    return pixels;
  }

  /**
   * Cuts out a rectangle.
   *
   * @param x left edge, in pixels from the left
   * @param y upper edge, in pixels from the top
   * @param cropWidth width in pixels
   * @param cropHeight height in pixels
   * @throws IllegalArgumentException if the rectangle leaves the image
   */
  public RgbImage crop(int x, int y, int cropWidth, int cropHeight) {
    if (x < 0 || y < 0 || x > width - cropWidth || y > height - cropHeight) {
      throw new IllegalArgumentException(
          "a crop of %d x %d at (%d, %d) leaves the image of %d x %d"
              .formatted(cropWidth, cropHeight, x, y, width, height));
    }
    byte[] cut = new byte[3 * cropWidth * cropHeight];
    for (int row = 0; row < cropHeight; row++) {
      int from = 3 * ((y + row) * width + x);
      System.arraycopy(pixels, from, cut, 3 * row * cropWidth, 3 * cropWidth);
    }
    return new RgbImage(cropWidth, cropHeight, cut);
  }

  /**
   * The offset that centres one length within another. Half of an odd margin is rounded to even, as
   * in torchvision.
   */
  public static int centered(int whole, int part) {
    return (int) Math.rint((whole - part) / 2.0);
  }

  /**
   * Moves the picture within its frame; what leaves it is lost, and what becomes free is black.
   *
   * @param right how far it moves to the right, in pixels; negative: to the left
   * @param down how far it moves down, in pixels; negative: up
   */
  public RgbImage shift(int right, int down) {
    if (right == 0 && down == 0) {
      return this;
    }
    byte[] shifted = new byte[pixels.length];
    int columns = width - Math.abs(right);
    if (columns <= 0) {
      return new RgbImage(width, height, shifted);
    }
    int toX = Math.max(0, right);
    int fromX = Math.max(0, -right);
    for (int y = Math.max(0, down); y < Math.min(height, height + down); y++) {
      int from = 3 * ((y - down) * width + fromX);
      System.arraycopy(pixels, from, shifted, 3 * (y * width + toX), 3 * columns);
    }
    return new RgbImage(width, height, shifted);
  }

  /** Returns the mirror image: left becomes right. */
  public RgbImage flipHorizontally() {
    byte[] flipped = new byte[pixels.length];
    int stride = 3 * width;
    for (int row = 0; row < pixels.length; row += stride) {
      for (int x = 0; x < stride; x += 3) {
        System.arraycopy(pixels, row + x, flipped, row + stride - 3 - x, 3);
      }
    }
    return new RgbImage(width, height, flipped);
  }

  /** Returns a copy of type {@link BufferedImage#TYPE_INT_RGB}. */
  public BufferedImage toBufferedImage() {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] row = new int[width];
    int in = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        row[x] = (pixels[in] & 0xFF) << 16 | (pixels[in + 1] & 0xFF) << 8 | (pixels[in + 2] & 0xFF);
        in += 3;
      }
      image.setRGB(0, y, width, 1, row, 0, width);
    }
    return image;
  }

  /** Returns the bytes of a PNG file. */
  public byte[] toPng() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(toBufferedImage(), "png", stream)) {
        throw new IllegalStateException("this Java cannot write PNG");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /**
   * Writes a PNG file whole or not at all, replacing any that is there.
   *
   * @param file the file; its folder is made if it is missing
   * @throws org.vgg4j.base.InputException if the file cannot be written
   */
  public void writePng(Path file) {
    // Encoded in memory first: ImageIO prints a stack trace of its own when it cannot open a file.
    AtomicFile.writeOneOfMany(file, toPng());
  }
}
