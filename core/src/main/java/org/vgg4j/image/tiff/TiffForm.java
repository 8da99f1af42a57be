package org.vgg4j.image.tiff;

import java.io.IOException;
import java.util.Arrays;
import org.vgg4j.image.UnreadableImageException;

/**
 * What a TIFF file's tags say about its samples: how they are stored, which of them are colours,
 * and which one is alpha.
 *
 * @param photometric what the colours mean
 * @param samples samples of a pixel
 * @param colours how many of them are colours; these come first
 * @param alpha which sample is alpha; -1 if none
 * @param associated whether the colours are multiplied by it
 * @param bits bits of a sample
 * @param format 1 unsigned, 2 signed, 3 floating point
 * @param planar whether each sample has a plane of its own
 * @param across how many pixels of a row share chrominance
 * @param down how many rows share it
 */
record TiffForm(
    int photometric,
    int samples,
    int colours,
    int alpha,
    boolean associated,
    int bits,
    int format,
    boolean planar,
    int across,
    int down) {
  private static final int ASSOCIATED = 1;
  private static final int UNASSOCIATED = 2;

  /** Corel Draw's code for the latter. */
  private static final int CORELS = 999;

  private static final int CMYK = 1;

  /**
   * Reads the tags.
   *
   * @throws UnreadableImageException if they describe a form that is not supported
   */
  static TiffForm of(TiffDirectory tags, String name) throws IOException {
    int samples = (int) tags.number(TiffTags.SAMPLES, 1);
    int photometric = photometric(tags, samples, name);
    int colours = colours(photometric, tags, name);
    if (samples < colours || samples > 1000) {
      throw new IOException("its pixels have " + samples + " samples");
    }
    long[] extra = tags.numbers(TiffTags.EXTRA_SAMPLES);
    boolean told = extra.length > 0;
    if (!told && samples == 4 && photometric == TiffTags.RGB) {
      extra = new long[] {UNASSOCIATED}; // as Pillow has it
    }
    int alpha = -1;
    boolean associated = false;
    for (int i = 0; i < extra.length && colours + i < samples && alpha < 0; i++) {
      if (extra[i] == ASSOCIATED || extra[i] == UNASSOCIATED || extra[i] == CORELS) {
        alpha = colours + i;
        associated = extra[i] == ASSOCIATED;
      }
    }
    int most = photometric == TiffTags.PALETTE ? 2 : 1; // a palette's colours are known
    if (colours == 1 && alpha < 0 && samples > most) {
      throw new UnreadableImageException(
          "%s is a TIFF of %d channels that are not said to be colours%s, which cannot be read: %s"
              .formatted(
                  name,
                  samples,
                  samples == 2 ? " or alpha" : "",
                  samples == 2
                      ? "save one of them alone, or say that the second one is alpha (tag 338)"
                      : "choose three of them for red, green and blue"));
    }
    int[] sharing = sharing(tags, photometric);
    boolean planar = tags.number(TiffTags.PLANAR, 1) == 2 && samples > 1;
    if (planar && sharing[0] * sharing[1] > 1) {
      throw new IOException("its chrominance is subsampled and in planes of its own");
    }
    return new TiffForm(
        photometric,
        samples,
        colours,
        alpha,
        associated,
        same(tags.numbers(TiffTags.BITS), 1, samples, "bits"),
        same(tags.numbers(TiffTags.SAMPLE_FORMAT), 1, samples, "formats"),
        planar,
        sharing[0],
        sharing[1]);
  }

  /**
   * Where the tag is missing, three samples are RGB; for a single one, either end could be white.
   */
  private static int photometric(TiffDirectory tags, int samples, String name) throws IOException {
    int told = (int) tags.number(TiffTags.PHOTOMETRIC, -1);
    if (told < 0 && samples >= 3) {
      return TiffTags.RGB;
    }
    if (told < 0) {
      throw new UnreadableImageException(
          name
              + " is a TIFF that does not say whether 0 is black or white (tag 262): save it anew"
              + " as TIFF or PNG");
    }
    return told;
  }

  private static int colours(int photometric, TiffDirectory tags, String name) throws IOException {
    boolean otherInks = photometric == TiffTags.INKS && tags.number(TiffTags.INK_SET, CMYK) != CMYK;
    String kind =
        switch (photometric) {
          case TiffTags.INKS -> otherInks ? "inks other than CMYK" : "";
          case TiffTags.WHITE_IS_ZERO, TiffTags.BLACK_IS_ZERO, TiffTags.RGB -> "";
          case TiffTags.PALETTE, TiffTags.YCBCR, TiffTags.LAB -> "";
          case 4 -> "a mask";
          case 9, 10 -> "L*a*b* colours of another form than CIE's";
          case 32_803 -> "a camera's raw samples";
          case 34_892 -> "a camera's linear samples";
          default -> "colours of kind " + photometric;
        };
    if (!kind.isEmpty()) {
      throw new UnreadableImageException(
          "%s is a TIFF of %s, which cannot be read: convert it to RGB".formatted(name, kind));
    }
    return switch (photometric) {
      case TiffTags.RGB, TiffTags.YCBCR, TiffTags.LAB -> 3;
      case TiffTags.INKS -> 4;
      default -> 1;
    };
  }

  private static int[] sharing(TiffDirectory tags, int photometric) throws IOException {
    boolean jpeg = tags.number(TiffTags.COMPRESSION, 1) == TiffTags.JPEG;
    if (photometric != TiffTags.YCBCR || jpeg) {
      return new int[] {1, 1};
    }
    long[] told = tags.numbers(TiffTags.YCBCR_SUBSAMPLING);
    int[] sharing = told.length < 2 ? new int[] {2, 2} : new int[] {(int) told[0], (int) told[1]};
    for (int one : sharing) {
      if (one != 1 && one != 2 && one != 4) {
        throw new IOException("its chrominance is for " + Arrays.toString(told) + " pixels");
      }
    }
    return sharing;
  }

  private static int same(long[] values, int usual, int samples, String what) throws IOException {
    for (int i = 1; i < Math.min(samples, values.length); i++) {
      if (values[i] != values[0]) {
        throw new IOException("its samples have several " + what + ": " + Arrays.toString(values));
      }
    }
    return values.length == 0 ? usual : (int) values[0];
  }

  /** Returns how many samples of a pixel are kept. */
  int kept() {
    return colours + (alpha < 0 ? 0 : 1);
  }

  /** Returns the index of a sample among those kept; -1 if it is not kept. */
  int place(int sample) {
    return sample < colours ? sample : sample == alpha ? colours : -1;
  }
}
