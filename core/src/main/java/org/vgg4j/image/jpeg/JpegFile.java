package org.vgg4j.image.jpeg;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.plugins.jpeg.JPEGHuffmanTable;
import org.vgg4j.image.file.ImageKind;

/**
 * What the segments before the first scan of a JPEG file say (ITU-T T.81, annex B), read as libjpeg
 * reads them: anything between segments is skipped, and so are JFIF and Adobe segments that are too
 * short. A file without a frame has no components. Immutable.
 */
public final class JpegFile {
  /** A component of the frame: its identifier and its sampling factors. */
  record Component(int id, int across, int down) {}

  private record Segment(int marker, int body, int end) {}

  /** What the samples of a file mean. */
  enum Colours {
    GREY,
    RGB,
    YCBCR,
    CMYK,
    YCCK,
    UNKNOWN
  }

  private static final int NONE = -1;
  private static final int START_OF_SCAN = 0xDA;
  private static final int END_OF_IMAGE = 0xD9;
  private static final int TABLES = 0xC4;
  private static final int APP0 = 0xE0;
  private static final int APP1 = 0xE1;
  private static final int APP14 = 0xEE;
  private static final int COMMENT = 0xFE;
  private static final int JFIF_BYTES = 14;
  private static final int ADOBE_BYTES = 12;
  private static final int ADOBE_TRANSFORM = 11;

  private final byte[] content;
  private final List<Segment> segments = new ArrayList<>();
  private final List<Component> components = new ArrayList<>();
  private int process = NONE;
  private int precision;
  private int width;
  private int height;
  private boolean jfif;
  private int adobeTransform = NONE;
  private int exif = NONE;
  private int exifEnd;
  private int firstScan;

  /**
   * @param content the file; kept, not copied
   */
  public JpegFile(byte[] content) {
    this.content = content;
    int at = 2;
    while ((at = marker(at)) < content.length) {
      int marker = content[at] & 0xFF;
      if (marker == END_OF_IMAGE) {
        break;
      }
      if (marker == START_OF_SCAN) {
        firstScan = at - 1;
        return;
      }
      at++;
      if (!standsAlone(marker)) {
        int end = Math.min(content.length, at + Math.max(2, word(at)));
        Segment segment = new Segment(marker, Math.min(at + 2, end), end);
        segments.add(segment);
        take(segment);
        at = end;
      }
    }
    firstScan = content.length;
  }

  /** Returns the position of the next marker's second byte; the file's length if there is none. */
  private int marker(int from) {
    int at = from;
    while (at + 1 < content.length) {
      int next = content[at + 1] & 0xFF;
      if ((content[at] & 0xFF) == 0xFF && next != 0 && next != 0xFF) {
        return at + 1;
      }
      at++;
    }
    return content.length;
  }

  private static boolean standsAlone(int marker) {
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
  }

  private void take(Segment segment) {
    int body = segment.body;
    int length = segment.end - body;
    if (isFrame(segment.marker) && process == NONE) {
      takeFrame(segment);
    } else if (segment.marker == APP0
        && length >= JFIF_BYTES
        && ImageKind.begins(content, body, "JFIF\0")) {
      jfif = true;
    } else if (segment.marker == APP14
        && length >= ADOBE_BYTES
        && ImageKind.begins(content, body, "Adobe")) {
      adobeTransform = content[body + ADOBE_TRANSFORM] & 0xFF; // the last one counts
    } else if (segment.marker == APP1
        && exif == NONE
        && ImageKind.begins(content, body, "Exif\0")) {
      exif = Math.min(segment.end, body + 6);
      exifEnd = segment.end;
    }
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != TABLES && marker != 0xC8 && marker != 0xCC;
  }

  private void takeFrame(Segment segment) {
    int body = segment.body;
    if (segment.end - body < 6) {
      return;
    }
    process = segment.marker;
    precision = content[body] & 0xFF;
    height = word(body + 1);
    width = word(body + 3);
    int count = content[body + 5] & 0xFF;
    for (int i = 0; i < count && body + 9 + 3 * i <= segment.end; i++) {
      int sampling = content[body + 7 + 3 * i] & 0xFF;
      components.add(new Component(content[body + 6 + 3 * i] & 0xFF, sampling >> 4, sampling & 15));
    }
  }

  private int word(int at) {
    return at + 2 > content.length ? 0 : (content[at] & 0xFF) << 8 | content[at + 1] & 0xFF;
  }

  /** Returns the second byte of the frame's marker, 0xC0 to 0xCF; -1 without a frame. */
  int process() {
    return process;
  }

  /** Returns the number of bits of a sample. */
  int precision() {
    return precision;
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  public List<Component> components() {
    return components;
  }

  /** Returns where the TIFF structure of the EXIF data begins; -1 without such data. */
  int exif() {
    return exif;
  }

  int exifEnd() {
    return exifEnd;
  }

  /** Returns what the samples mean, by libjpeg's rules ({@code default_decompress_parms}). */
  Colours colours() {
    return switch (components.size()) {
      case 1 -> Colours.GREY;
      case 3 -> coloursOfThree();
      case 4 -> adobeTransform == NONE || adobeTransform == 0 ? Colours.CMYK : Colours.YCCK;
      default -> Colours.UNKNOWN;
    };
  }

  private Colours coloursOfThree() {
    if (jfif) {
      return Colours.YCBCR;
    }
    if (adobeTransform != NONE) {
      return adobeTransform == 0 ? Colours.RGB : Colours.YCBCR;
    }
    boolean named =
        components.get(0).id == 'R' && components.get(1).id == 'G' && components.get(2).id == 'B';
    return named ? Colours.RGB : Colours.YCBCR;
  }

  /**
   * Whether scans are missing, so that a decoder would have to guess at the image: where a
   * progressive file leaves one of a component's first ten coefficients unknown, libjpeg smooths
   * the result, each version in its own way.
   */
  boolean lacksScans() {
    boolean progressive = process == 0xC2;
    int[][] openBits = new int[components.size()][64];
    for (int[] bits : openBits) {
      Arrays.fill(bits, NONE);
    }
    int at = firstScan;
    while ((at = marker(at)) < content.length && (content[at] & 0xFF) != END_OF_IMAGE) {
      boolean scan = (content[at] & 0xFF) == START_OF_SCAN;
      boolean alone = standsAlone(content[at] & 0xFF);
      at++;
      if (scan) {
        takeScan(at + 2, progressive, openBits);
      }
      at += alone ? 0 : word(at);
    }
    for (int[] bits : openBits) {
      if (bits[0] == NONE || (progressive && !Arrays.equals(bits, 1, 10, new int[9], 0, 9))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Notes the coefficients that a scan brings, and how many of their lowest bits it leaves open.
   */
  private void takeScan(int body, boolean progressive, int[][] openBits) {
    int count = body < content.length ? content[body] & 0xFF : 0;
    int selection = body + 1 + 2 * count;
    if (selection + 3 > content.length) {
      return;
    }
    int from = progressive ? content[selection] & 63 : 0;
    int to = progressive ? content[selection + 1] & 63 : 63;
    int open = progressive ? content[selection + 2] & 15 : 0;
    for (int i = 0; i < count; i++) {
      int id = content[body + 1 + 2 * i] & 0xFF;
      for (int c = 0; c < openBits.length; c++) {
        if (components.get(c).id == id) {
          Arrays.fill(openBits[c], from, Math.max(from, to + 1), open);
        }
      }
    }
  }

  /** Whether the first scan brings only some of the components, or of their bits. */
  boolean hasManyScans() {
    int count = firstScan + 4 < content.length ? content[firstScan + 4] & 0xFF : 0;
    return process == 0xC2 || count < components.size();
  }

  /**
   * Returns the file without profiles, thumbnails, comments and whatever else is not needed for the
   * pixels, so that none of it can stop a reader; the colours are declared in the one way that all
   * readers understand. Where Huffman tables are missing, as in frames of motion JPEG, the standard
   * ones are added.
   */
  byte[] bare() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 32);
    out.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xD8});
    if (colours() == Colours.YCBCR) {
      writeSegment(out, APP0, new byte[] {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0});
    } else if (colours() == Colours.RGB) {
      writeSegment(out, APP14, new byte[] {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0});
    }
    if (segments.stream().noneMatch(segment -> segment.marker == TABLES)) {
      writeTables(out);
    }
    for (Segment segment : segments) {
      boolean side =
          (segment.marker >= APP0 && segment.marker <= 0xEF) || segment.marker == COMMENT;
      if (!side) {
        out.write(0xFF);
        out.write(segment.marker);
        out.write(content, segment.body - 2, segment.end - segment.body + 2);
      }
    }
    out.write(content, firstScan, content.length - firstScan);
    return out.toByteArray();
  }

  private static void writeSegment(ByteArrayOutputStream out, int marker, byte[] body) {
    out.write(0xFF);
    out.write(marker);
    out.write((body.length + 2) >> 8);
    out.write(body.length + 2);
    out.writeBytes(body);
  }

  /** The tables of T.81, annex K.3. */
  private static void writeTables(ByteArrayOutputStream out) {
    writeTable(out, 0x00, JPEGHuffmanTable.StdDCLuminance);
    writeTable(out, 0x10, JPEGHuffmanTable.StdACLuminance);
    writeTable(out, 0x01, JPEGHuffmanTable.StdDCChrominance);
    writeTable(out, 0x11, JPEGHuffmanTable.StdACChrominance);
  }

  private static void writeTable(ByteArrayOutputStream out, int place, JPEGHuffmanTable table) {
    short[] lengths = table.getLengths();
    short[] values = table.getValues();
    byte[] body = new byte[1 + 16 + values.length];
    body[0] = (byte) place;
    for (int i = 0; i < lengths.length; i++) {
      body[1 + i] = (byte) lengths[i];
    }
    for (int i = 0; i < values.length; i++) {
      body[17 + i] = (byte) values[i];
    }
    writeSegment(out, TABLES, body);
  }
}
