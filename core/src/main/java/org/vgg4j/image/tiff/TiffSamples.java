package org.vgg4j.image.tiff;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.file.DeepSamples;

/**
 * Scales the samples of a TIFF file to 0..255. Unsigned samples of up to 16 bits are scaled by the
 * largest value that their bits allow, and the highest 8 bits are kept. For signed, wider and
 * floating-point samples the format does not define white: as in Pillow, they are taken as they are
 * if all colours lie between 0 and 255; otherwise the file is refused, and also where most of them
 * lie on a scale from 0 to 1. So is a file with 16-bit samples whose colours use only the lower 8
 * bits. Not thread-safe.
 */
final class TiffSamples {
  private static final int UNSIGNED = 1;
  private static final int SIGNED = 2;
  private static final int FLOAT = 3;
  private static final int UNDEFINED = 4;

  /** What is black on either scale, such as what a filter leaves of black margins. */
  private static final double LEAST = 1 / 255.0;

  private final TiffForm form;
  private final int bits;
  private final int format;
  private final boolean littleEndian;
  private final boolean numbered;
  private final DeepSamples deep = new DeepSamples();

  /** All bits of 16-bit samples of alpha. */
  private int opacity;

  private boolean seenThrough;
  private double smallest = Double.POSITIVE_INFINITY;
  private double largest = Double.NEGATIVE_INFINITY;

  /** The largest alpha. */
  private double mostOpaque;

  private boolean hasFractions;

  /** Samples of colours beyond {@link #LEAST}, and those of them from -1 to 1. */
  private long counted;

  private long small;

  /**
   * @throws UnreadableImageException if samples of this type are not supported
   */
  TiffSamples(TiffForm form, ByteOrder order, String name) {
    int photometric = form.photometric();
    this.form = form;
    bits = form.bits();
    format = form.format() == UNDEFINED ? UNSIGNED : form.format();
    littleEndian = order == ByteOrder.LITTLE_ENDIAN;
    numbered = photometric == TiffTags.PALETTE;
    boolean whole = numbered || photometric == TiffTags.YCBCR || photometric == TiffTags.LAB;
    boolean known =
        switch (format) {
          case UNSIGNED ->
              bits == 1
                  || bits == 2
                  || bits == 4
                  || bits == 8
                  || bits == 12
                  || bits == 16
                  || bits == 32;
          case SIGNED -> bits == 8 || bits == 16 || bits == 32;
          case FLOAT -> bits == 32 || bits == 64;
          default -> false;
        };
    boolean scaled = hasOwnScale() && (whole || photometric == TiffTags.WHITE_IS_ZERO);
    if (!known || scaled || (whole && bits > 8) || (bits < 8 && whole && !numbered)) {
      throw new UnreadableImageException(
          "%s is a TIFF with %s of %d bits, which cannot be read: save it with 8 bits a sample"
              .formatted(name, what(photometric), bits));
    }
  }

  private String what(int photometric) {
    return switch (photometric) {
      case TiffTags.PALETTE -> "palette indices";
      case TiffTags.YCBCR -> "luminance and chrominance";
      case TiffTags.LAB -> "L*a*b* colours";
      case TiffTags.WHITE_IS_ZERO -> kind() + ", 0 for white,";
      default -> kind();
    };
  }

  private String kind() {
    return switch (format) {
      case UNSIGNED -> "whole numbers";
      case SIGNED -> "signed numbers";
      case FLOAT -> "floating-point numbers";
      default -> "samples of format " + format;
    };
  }

  /** Whether the format leaves open which value is white. */
  boolean hasOwnScale() {
    return format != UNSIGNED || bits == 32;
  }

  /** Returns the number of bytes of a row. */
  static long rowBytes(long samples, int bits) {
    return (samples * bits + 7) / 8;
  }

  /**
   * Reads a row.
   *
   * @param rows unpacked data
   * @param from where the row begins
   * @param samples samples of the row, over all bands
   * @param plane which sample of the pixels it has, if each has a plane of its own
   * @param out receives them
   */
  void read(byte[] rows, int from, int samples, int plane, byte[] out) {
    if (bits < 8) {
      readSmall(rows, from, samples, out);
    } else if (bits == 8 && format == UNSIGNED) {
      System.arraycopy(rows, from, out, 0, samples);
    } else if (bits == 12) {
      for (int i = 0; i < samples; i++) {
        int at = from + i * 12 / 8;
        out[i] = (byte) (i % 2 == 0 ? rows[at] : (rows[at] & 15) << 4 | (rows[at + 1] & 0xFF) >> 4);
      }
    } else if (bits == 16 && format == UNSIGNED) {
      for (int i = 0; i < samples; i++) {
        int at = from + 2 * i;
        out[i] = rows[littleEndian ? at + 1 : at];
        int sample = (out[i] & 0xFF) << 8 | rows[littleEndian ? at : at + 1] & 0xFF;
        noteDeep(sample, form.planar() ? plane : i % form.samples());
      }
    } else {
      ByteBuffer buffer = ByteBuffer.wrap(rows);
      buffer.order(littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
      for (int i = 0; i < samples; i++) {
        double value = value(buffer, from + i * bits / 8);
        int band = form.planar() ? plane : i % form.samples();
        if (band < form.colours()) {
          note(value);
        } else if (band == form.alpha()) {
          mostOpaque = Math.max(mostOpaque, value); // NaN if any is
        }
        out[i] = (byte) Math.max(0, Math.min(255, value));
      }
    }
  }

  private void noteDeep(int sample, int band) {
    if (band < form.colours()) {
      deep.add(sample);
    } else if (band == form.alpha()) {
      opacity |= sample;
      seenThrough |= sample != DeepSamples.MOST;
    }
  }

  private void readSmall(byte[] rows, int from, int samples, byte[] out) {
    int most = (1 << bits) - 1;
    for (int i = 0; i < samples; i++) {
      int bit = i * bits;
      int value = rows[from + bit / 8] >> (8 - bits - bit % 8) & most;
      out[i] = (byte) (numbered ? value : value * (255 / most));
    }
  }

  private double value(ByteBuffer buffer, int at) {
    if (format == FLOAT) {
      return bits == 32 ? buffer.getFloat(at) : buffer.getDouble(at);
    }
    return switch (bits) {
      case 8 -> buffer.get(at);
      case 16 -> buffer.getShort(at);
      default -> format == SIGNED ? buffer.getInt(at) : buffer.getInt(at) & 0xFFFFFFFFL;
    };
  }

  private void note(double value) {
    smallest = value < smallest ? value : smallest;
    largest = value > largest ? value : largest;
    hasFractions |= value != Math.rint(value);
    if (Double.isNaN(value)) {
      largest = Double.POSITIVE_INFINITY;
    }
    if (Math.abs(value) > LEAST) {
      counted++;
      small += Math.abs(value) <= 1 ? 1 : 0;
    }
  }

  /**
   * Checks the range of all colours that were read.
   *
   * @throws UnreadableImageException if they are not on a scale from 0 to 255
   */
  void requireUsualScale(String name) {
    boolean alphaIsLow = opacity > 0 && opacity < 256;
    if (seenThrough && !alphaIsLow) {
      deep.add(DeepSamples.MOST); // white shows through, so that is not black
    }
    deep.requireUpperBits(name, "TIFF");
    if (!hasOwnScale()) {
      return;
    }
    boolean outside = smallest <= -1 || largest >= 256;
    // white is more likely 1 then, whatever highlights or a filter's overshoot lie beyond it
    boolean mostlyTo1 = hasFractions && small > counted / 2;
    if (outside || mostlyTo1) {
      throw new UnreadableImageException(
          ("%s is a TIFF with %s from %s to %s, and does not say which of them is white: scale"
                  + " them to 0 to 255 and save it with 8 bits a sample")
              .formatted(name, kind(), inWords(smallest), inWords(largest)));
    }
    if (Double.isNaN(mostOpaque) || mostOpaque > 0 && mostOpaque <= 1) {
      throw new UnreadableImageException(
          "%s is a TIFF whose alpha is on a scale to 1, or no number: save it without alpha, or with 8 bits a sample"
              .formatted(name));
    }
  }

  private static String inWords(double value) {
    return Double.isInfinite(value)
        ? "infinity"
        : value == Math.rint(value) && Math.abs(value) < 1e15
            ? Long.toString((long) value)
            : Float.toString((float) value);
  }
}
