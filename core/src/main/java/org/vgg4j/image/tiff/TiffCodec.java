package org.vgg4j.image.tiff;

import java.io.IOException;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Unpacks strips and tiles of TIFF files (TIFF 6.0, sections 9 and 13, and Deflate). */
final class TiffCodec {
  static final int NONE = 1;
  static final int LZW = 5;
  static final int DEFLATE = 8;
  static final int PACK_BITS = 32_773;
  static final int OLD_DEFLATE = 32_946;

  private static final int CLEAR = 256;
  private static final int END = 257;
  private static final int MOST_CODES = 4096;

  private TiffCodec() {}

  /** Whether data compressed by this method can be unpacked here. */
  static boolean knows(int compression) {
    return compression == NONE
        || compression == LZW
        || compression == DEFLATE
        || compression == PACK_BITS
        || compression == OLD_DEFLATE;
  }

  /**
   * Unpacks data.
   *
   * @param length bytes expected; any beyond that are ignored
   * @throws IOException if there are fewer
   */
  static byte[] unpack(int compression, byte[] data, int length) throws IOException {
    byte[] out = new byte[length];
    int had =
        switch (compression) {
          case NONE -> copy(data, out);
          case LZW -> new Lzw(data).unpack(out);
          case PACK_BITS -> packBits(data, out);
          default -> inflate(data, out);
        };
    if (had < length) {
      throw new IOException("it ends before its last pixel");
    }
    return out;
  }

  private static int copy(byte[] data, byte[] out) {
    int length = Math.min(data.length, out.length);
    System.arraycopy(data, 0, out, 0, length);
    return length;
  }

  private static int inflate(byte[] data, byte[] out) throws IOException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(data);
      int at = 0;
      int more;
      while (at < out.length && (more = inflater.inflate(out, at, out.length - at)) > 0) {
        at += more;
      }
      return at;
    } catch (DataFormatException e) {
      throw new IOException("its deflated data are damaged", e);
    } finally {
      inflater.end();
    }
  }

  private static int packBits(byte[] data, byte[] out) {
    int to = 0;
    int at = 0;
    while (at + 1 < data.length && to < out.length) {
      int head = data[at++];
      if (head >= 0) {
        int length = Math.min(Math.min(head + 1, data.length - at), out.length - to);
        System.arraycopy(data, at, out, to, length);
        at += head + 1;
        to += length;
      } else if (head != -128) {
        for (int end = Math.min(out.length, to + 1 - head); to < end; to++) {
          out[to] = data[at];
        }
        at++;
      }
    }
    return to;
  }

  /**
   * TIFF's variant of LZW: codes of 9 to 12 bits, growing one code early, highest bit first. Files
   * from before TIFF 6.0 have the lowest bit first, and do not grow early.
   */
  private static final class Lzw {
    private final byte[] data;
    private final boolean old;
    private final int[] prefix = new int[MOST_CODES];
    private final int[] lengths = new int[MOST_CODES];
    private final byte[] last = new byte[MOST_CODES];
    private long bit;

    Lzw(byte[] data) {
      this.data = data;
      this.old = data.length > 1 && data[0] == 0 && (data[1] & 1) == 1;
      for (int i = 0; i < CLEAR; i++) {
        last[i] = (byte) i;
        lengths[i] = 1;
      }
    }

    int unpack(byte[] out) throws IOException {
      int to = 0;
      int next = END + 1;
      int bits = 9;
      int previous = -1;
      int code;
      while (to < out.length && (code = code(bits)) != END) {
        if (code == CLEAR) {
          next = END + 1;
          bits = 9;
          previous = -1;
          continue;
        }
        if (code > next || (code == next && previous < 0) || (previous < 0 && code > CLEAR)) {
          throw new IOException("its LZW codes are damaged");
        }
        if (previous >= 0 && next < MOST_CODES) {
          prefix[next] = previous;
          lengths[next] = lengths[previous] + 1;
          last[next] = first(code == next ? previous : code);
          next++;
        } else if (code == next) {
          throw new IOException("its LZW codes are damaged");
        }
        to = write(code, out, to);
        previous = code;
        if (next + (old ? 0 : 1) >= 1 << bits && bits < 12) {
          bits++;
        }
      }
      return to;
    }

    private byte first(int code) {
      int at = code;
      while (lengths[at] > 1) {
        at = prefix[at];
      }
      return last[at];
    }

    private int write(int code, byte[] out, int from) {
      int end = from + lengths[code];
      int at = code;
      for (int to = end - 1; to >= from; to--) {
        if (to < out.length) {
          out[to] = last[at];
        }
        at = prefix[at];
      }
      return Math.min(end, out.length);
    }

    private int code(int bits) {
      if (bit + bits > 8L * data.length) {
        return END;
      }
      int code = 0;
      for (int i = 0; i < bits; i++) {
        int octet = data[(int) (bit >> 3)];
        int place = (int) (bit & 7);
        code |= old ? (octet >> place & 1) << i : (octet >> (7 - place) & 1) << (bits - 1 - i);
        bit++;
      }
      return code;
    }
  }

  /**
   * Adds up samples that were stored as differences.
   *
   * @param predictor 2: samples, each relative to the pixel on its left; 3: the bytes of floats,
   *     highest ones first
   * @param rows rows of pixels; changed
   * @param across bytes of a row
   * @param samples of a pixel
   * @param bytes of a sample
   */
  static void undoDifferences(
      int predictor, byte[] rows, int across, int samples, int bytes, boolean littleEndian) {
    for (int from = 0; from + across <= rows.length; from += across) {
      if (predictor == 3) {
        undoFloats(rows, from, across, samples, bytes, littleEndian);
      } else {
        undoSamples(rows, from, across, samples * bytes, bytes, littleEndian);
      }
    }
  }

  private static void undoSamples(
      byte[] rows, int from, int across, int pixel, int bytes, boolean littleEndian) {
    for (int at = from + pixel; at + bytes <= from + across; at += bytes) {
      int carry = 0;
      for (int i = 0; i < bytes; i++) {
        int place = littleEndian ? i : bytes - 1 - i;
        int sum = (rows[at + place] & 0xFF) + (rows[at + place - pixel] & 0xFF) + carry;
        rows[at + place] = (byte) sum;
        carry = sum >> 8;
      }
    }
  }

  private static void undoFloats(
      byte[] rows, int from, int across, int samples, int bytes, boolean littleEndian) {
    for (int at = from + samples; at < from + across; at++) {
      rows[at] += rows[at - samples];
    }
    byte[] planes = new byte[across];
    System.arraycopy(rows, from, planes, 0, across);
    int count = across / bytes;
    for (int i = 0; i < count; i++) {
      for (int b = 0; b < bytes; b++) {
        int place = littleEndian ? bytes - 1 - b : b;
        rows[from + i * bytes + place] = planes[b * count + i];
      }
    }
  }
}
