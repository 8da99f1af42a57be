package org.vgg4j.image.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.file.Alpha;
import org.vgg4j.image.file.DeepSamples;
import org.vgg4j.image.file.Origin;

/**
 * Netpbm's images: bitmaps, greymaps and pixmaps (PBM, PGM, PPM), in digits or bytes, and PAM. A
 * sample is a fraction of the largest value that the header states; grey is not taken for linear
 * light. Source: the manual pages pbm(5) to pam(5). Not thread-safe.
 */
public final class PnmDecoder {
  private static final int WHITE = 255;

  /** PAM's tuple types, where they are stated. */
  private static final Set<String> TYPES = Set.of("", "BLACKANDWHITE", "GRAYSCALE", "RGB");

  private final byte[] content;
  private int at = 2;
  private int width;
  private int height;
  private int depth = 1;
  private int largest = 1;
  private boolean alpha;
  private final DeepSamples deep = new DeepSamples();

  private PnmDecoder(byte[] content) {
    this.content = content;
  }

  public static RgbImage decode(byte[] content, Origin origin) throws IOException {
    return new PnmDecoder(content).image(origin);
  }

  private RgbImage image(Origin origin) throws IOException {
    int form = content[1] - '0';
    if (form == 7) {
      readPamHeader();
    } else {
      depth = form == 3 || form == 6 ? 3 : 1;
      width = number();
      height = number();
      largest = form == 1 || form == 4 ? 1 : number();
      at += form >= 4 ? 1 : 0; // a single blank comes before the bytes
    }
    if (width < 1 || height < 1 || largest < 1 || largest > DeepSamples.MOST) {
      throw new IOException(
          "its header says %d x %d pixels of 0 to %d".formatted(width, height, largest));
    }
    origin.requireSize(width, height);
    requireBytes(form);
    byte[] rgb = new byte[Math.multiplyExact(3, width * height)];
    switch (form) {
      case 1 -> fill(rgb, () -> 1 - bitDigit());
      case 2, 3 -> fill(rgb, this::plainSample);
      case 4 -> fillBits(rgb);
      default -> fill(rgb, this::sample);
    }
    if (largest == DeepSamples.MOST) { // a smaller one is the scale that the values are on
      deep.requireUpperBits(origin.name(), "Netpbm file");
    }
    return new RgbImage(width, height, rgb);
  }

  /** Called before memory is allocated: a sample takes at least this much. */
  private void requireBytes(int form) throws IOException {
    long samples = (long) width * height * depth;
    long bytes =
        switch (form) {
          case 1 -> samples;
          case 2, 3 -> 2 * samples - 1;
          case 4 -> (width + 7L) / 8 * height;
          default -> largest > 255 ? 2 * samples : samples;
        };
    if (bytes > content.length - at) {
      throw new IOException("it ends before its last pixel");
    }
  }

  private void readPamHeader() throws IOException {
    depth = 0;
    String type = "";
    while (true) {
      skipBlanks();
      String key = word();
      switch (key) {
        case "WIDTH" -> width = number();
        case "HEIGHT" -> height = number();
        case "DEPTH" -> depth = number();
        case "MAXVAL" -> largest = number();
        case "TUPLTYPE" -> {
          skipBlanks();
          type = word().toUpperCase(Locale.ROOT);
        }
        case "ENDHDR" -> {
          at++;
          alpha = depth == 2 || depth == 4;
          boolean known = TYPES.contains(type.replaceFirst("_ALPHA$", ""));
          if (!known
              || depth < 1
              || depth > 4
              || (alpha && !type.isEmpty() && !type.endsWith("_ALPHA"))) {
            throw new IOException("its pixels have %d samples (%s)".formatted(depth, type));
          }
          return;
        }
        default -> throw new IOException("its header has an unknown line " + key);
      }
    }
  }

  /** Where a sample comes from. */
  @FunctionalInterface
  private interface Source {
    int next() throws IOException;
  }

  private void fill(byte[] rgb, Source source) throws IOException {
    int colours = alpha ? depth - 1 : depth;
    int[] samples = new int[3];
    for (int to = 0; to < rgb.length; to += 3) {
      for (int c = 0; c < colours; c++) {
        samples[c] = source.next();
      }
      boolean opaque = true;
      int opacity = WHITE;
      if (alpha) {
        int sample = source.next();
        opaque = sample >= largest;
        opacity = scaled(sample);
      }
      for (int c = 0; c < 3; c++) {
        int sample = samples[colours == 1 ? 0 : c];
        rgb[to + c] = Alpha.overWhite(scaled(sample), opacity);
        // white shows through what is not opaque, so that is not black
        deep.add(opaque ? sample : DeepSamples.MOST);
      }
    }
  }

  private void fillBits(byte[] rgb) {
    int stride = (width + 7) / 8;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int bit = content[at + y * stride + x / 8] >> (7 - x % 8) & 1;
        int to = 3 * (y * width + x);
        rgb[to] = rgb[to + 1] = rgb[to + 2] = (byte) (WHITE - WHITE * bit);
      }
    }
  }

  /** Rounds as Pillow does. */
  private int scaled(int sample) {
    return largest == WHITE
        ? sample
        : (int) Math.min(WHITE, Math.rint((double) sample / largest * WHITE));
  }

  private int sample() {
    int high = content[at++] & 0xFF;
    return largest > 255 ? high << 8 | content[at++] & 0xFF : high;
  }

  private int plainSample() throws IOException {
    int value = number();
    if (value > largest) {
      throw new IOException(
          "it has a sample of %d, more than its largest, %d".formatted(value, largest));
    }
    return value;
  }

  /** A bitmap's digits may follow each other without blanks. */
  private int bitDigit() throws IOException {
    skipBlanks();
    int digit = byteAt(at++) - '0';
    if (digit != 0 && digit != 1) {
      throw new IOException("a bitmap has digits other than 0 and 1");
    }
    return digit;
  }

  private int number() throws IOException {
    skipBlanks();
    String digits = word();
    if (!digits.matches("[0-9]{1,9}")) {
      throw new IOException("a number is missing");
    }
    return Integer.parseInt(digits);
  }

  private String word() {
    int from = at;
    while (at < content.length && !isBlank(content[at]) && at - from < 20) {
      at++;
    }
    return new String(content, from, at - from, StandardCharsets.ISO_8859_1);
  }

  /** Also skips comments, from # to the end of the line. */
  private void skipBlanks() throws IOException {
    while (isBlank(byteAt(at)) || content[at] == '#') {
      if (content[at] == '#') {
        while (byteAt(at) != '\n' && content[at] != '\r') {
          at++;
        }
      }
      at++;
    }
  }

  private static boolean isBlank(int character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
  }

  private int byteAt(int from) throws IOException {
    if (from >= content.length) {
      throw new IOException("it ends before its last pixel");
    }
    return content[from];
  }
}
