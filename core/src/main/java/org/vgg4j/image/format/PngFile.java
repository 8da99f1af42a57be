package org.vgg4j.image.format;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.file.Exif;

/**
 * The chunks of a PNG file: those that make up its pixels, and those that state its orientation.
 * The rest (profiles, gamma, texts, times, further frames) is ignored, so it may be damaged.
 */
public final class PngFile {
  private static final int SIGNATURE_BYTES = 8;
  private static final int FRAME_BYTES = 12;

  /** A longer text does not describe a camera. */
  private static final int MOST_TEXT = 1 << 20;

  private static final Set<String> PIXELS = Set.of("IHDR", "PLTE", "tRNS", "IDAT", "IEND");
  private static final Set<String> COLOURS = Set.of("PLTE", "tRNS");

  private static final int HEADER_BYTES = 13;
  private static final int DEPTH = 8;
  private static final int COLOUR = 9;
  private static final int GREY = 0;
  private static final int PALETTE = 3;

  /** Chunks whose checksum is verified: the compressed pixels have one of their own. */
  private static final Set<String> CHECKED = Set.of("IHDR", "PLTE", "tRNS");

  private static final Pattern XMP_ORIENTATION = Pattern.compile("tiff:Orientation(=\"|>)([1-8])");
  private static final String RAW_PROFILE = "Raw profile type exif";
  private static final String XMP = "XML:com.adobe.xmp";

  private PngFile() {}

  /**
   * Returns the file with nothing in it but pixels. Grey of less than 8 bits of which one value is
   * transparent becomes a palette, since the JDK's reader mistakes that value.
   *
   * @throws UnreadableImageException if it has Apple's proprietary form
   * @throws IOException if a chunk's checksum is wrong
   */
  public static byte[] bare(byte[] content, String name) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(content.length);
    out.write(content, 0, SIGNATURE_BYTES);
    StringBuilder damaged = new StringBuilder();
    int clear = transparentGrey(content);
    forEachChunk(
        content,
        (type, body) -> {
          int from = body.position() - 8;
          int end = Math.min(content.length, body.limit() + 4);
          if (type.equals("CgBI")) {
            throw new UnreadableImageException(
                name
                    + " is a PNG in the form that Apple's tools make for iOS, which cannot be read:"
                    + " save it as an ordinary PNG");
          }
          if (clear >= 0 && type.equals("IHDR")) {
            writePalette(out, body, clear);
          } else if (PIXELS.contains(type) && (clear < 0 || !COLOURS.contains(type))) {
            out.write(content, from, end - from);
          }
          if (CHECKED.contains(type) && !hasRightChecksum(content, from, end)) {
            damaged.append(" of ").append(type);
          }
        });
    if (damaged.length() > 0) {
      throw new IOException("the checksum" + damaged + " is wrong");
    }
    return out.toByteArray();
  }

  /** The transparent value of grey of less than 8 bits; -1 if there is none. */
  private static int transparentGrey(byte[] content) {
    int[] found = {0, -1}; // bits of such grey, the value
    forEachChunk(
        content,
        (type, body) -> {
          int at = body.position();
          if (type.equals("IHDR") && body.remaining() == HEADER_BYTES) {
            int depth = body.get(at + DEPTH);
            found[0] = body.get(at + COLOUR) == GREY && depth > 0 && depth < 8 ? depth : 0;
          } else if (type.equals("IDAT")) {
            found[0] = 0; // too late then
          } else if (type.equals("tRNS") && found[0] > 0 && body.remaining() == 2) {
            found[1] = body.getShort(at) & (1 << found[0]) - 1;
          }
        });
    return found[1];
  }

  /** Writes a header for pixels that are indices of greys, and these greys. */
  private static void writePalette(ByteArrayOutputStream out, ByteBuffer header, int clear) {
    byte[] changed = new byte[HEADER_BYTES];
    header.get(header.position(), changed);
    int greys = 1 << changed[DEPTH];
    changed[COLOUR] = PALETTE;
    byte[] palette = new byte[3 * greys];
    for (int i = 0; i < palette.length; i++) {
      palette[i] = (byte) (i / 3 * (255 / (greys - 1)));
    }
    byte[] alpha = new byte[greys];
    Arrays.fill(alpha, (byte) 255);
    alpha[clear] = 0;
    writeChunk(out, "IHDR", changed);
    writeChunk(out, "PLTE", palette);
    writeChunk(out, "tRNS", alpha);
  }

  private static void writeChunk(ByteArrayOutputStream out, String type, byte[] body) {
    ByteBuffer chunk = ByteBuffer.allocate(FRAME_BYTES + body.length);
    chunk.putInt(body.length).put(type.getBytes(StandardCharsets.ISO_8859_1)).put(body);
    CRC32 crc = new CRC32();
    crc.update(chunk.array(), 4, 4 + body.length);
    out.writeBytes(chunk.putInt((int) crc.getValue()).array());
  }

  private static boolean hasRightChecksum(byte[] content, int from, int end) {
    if (end - from < FRAME_BYTES) {
      return false;
    }
    CRC32 crc = new CRC32();
    crc.update(content, from + 4, end - from - 8);
    return (int) crc.getValue() == ByteBuffer.wrap(content).getInt(end - 4);
  }

  /** Iterates over the chunks; a buffer's position and limit are those of the body in the file. */
  private static void forEachChunk(byte[] content, BiConsumer<String, ByteBuffer> use) {
    ByteBuffer file = ByteBuffer.wrap(content);
    long at = SIGNATURE_BYTES;
    while (at + 8 <= content.length) {
      long length = file.getInt((int) at) & 0xFFFFFFFFL;
      String type = new String(content, (int) at + 4, 4, StandardCharsets.ISO_8859_1);
      int end = (int) Math.min(content.length, at + 8 + length);
      use.accept(type, ByteBuffer.wrap(content, (int) at + 8, end - (int) at - 8));
      if (type.equals("IEND")) {
        return;
      }
      at += FRAME_BYTES + length;
    }
  }

  /**
   * Returns the orientation, 1 to 8, from EXIF data, or failing that from XMP; 1 where neither can
   * be understood.
   */
  public static int orientation(byte[] content) {
    int[] told = new int[3]; // from EXIF, from EXIF in ImageMagick's form, from XMP
    forEachChunk(
        content,
        (type, body) -> {
          switch (type) {
            case "eXIf" -> told[0] = Exif.told(content, Exif.tiffAt(body), body.limit());
            case "tEXt", "zTXt" -> told[1] = Math.max(told[1], ofRawProfile(text(type, body)));
            case "iTXt" -> told[2] = Math.max(told[2], ofXmp(text(type, body)));
            default -> {}
          }
        });
    for (int orientation : told) {
      if (orientation > 0) {
        return orientation;
      }
    }
    return Exif.UPRIGHT;
  }

  /** EXIF data in hexadecimal digits, after a name and a length. */
  private static int ofRawProfile(String text) {
    if (!text.startsWith(RAW_PROFILE + '\0')) {
      return 0;
    }
    String[] lines = text.split("\n", 4);
    try {
      byte[] exif = HexFormat.of().parseHex(lines.length < 4 ? "" : lines[3].replace("\n", ""));
      return Exif.told(exif, Exif.tiffAt(ByteBuffer.wrap(exif)), exif.length);
    } catch (IllegalArgumentException e) {
      return 0;
    }
  }

  private static int ofXmp(String text) {
    Matcher matcher = XMP_ORIENTATION.matcher(text);
    return text.startsWith(XMP + '\0') && matcher.find() ? Integer.parseInt(matcher.group(2)) : 0;
  }

  /**
   * Returns the keyword, a zero, and the text, unpacked; empty if it does not describe a camera.
   */
  private static String text(String type, ByteBuffer body) {
    String whole =
        new String(body.array(), body.position(), body.remaining(), StandardCharsets.ISO_8859_1);
    int keyword = whole.indexOf('\0');
    if (!(whole.startsWith(RAW_PROFILE) || whole.startsWith(XMP)) || keyword < 0) {
      return "";
    }
    boolean international = type.equals("iTXt");
    boolean packed = type.equals("zTXt") || (international && whole.startsWith("\0\1", keyword));
    int text = keyword + (type.equals("zTXt") ? 2 : 1);
    if (international) {
      // a flag and a method, then a language and a translated keyword, each ended by a zero
      text = whole.indexOf('\0', whole.indexOf('\0', keyword + 3) + 1) + 1;
    }
    if (text <= keyword || text > whole.length()) {
      return "";
    }
    return whole.substring(0, keyword + 1)
        + (packed ? unpacked(body, body.position() + text) : whole.substring(text));
  }

  private static String unpacked(ByteBuffer body, int from) {
    try (InflaterInputStream in =
        new InflaterInputStream(
            new ByteArrayInputStream(body.array(), from, body.limit() - from))) {
      return new String(in.readNBytes(MOST_TEXT), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // damaged, but only metadata
    }
  }
}
