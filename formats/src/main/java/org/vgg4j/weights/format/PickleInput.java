package org.vgg4j.weights.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.vgg4j.base.InputException;

/**
 * Reads what opcodes need from a pickle's bytes: numbers, strings and lines. Starts at the buffer's
 * position and throws {@link java.nio.BufferUnderflowException} at its end.
 */
final class PickleInput {
  private final ByteBuffer bytes;

  PickleInput(ByteBuffer bytes) {
    this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
  }

  int unsignedByte() {
    return bytes.get() & 0xFF;
  }

  int unsignedShort() {
    return bytes.getShort() & 0xFFFF;
  }

  int signedInt() {
    return bytes.getInt();
  }

  long unsignedInt() {
    return bytes.getInt() & 0xFFFFFFFFL;
  }

  long signedLong() {
    return bytes.getLong();
  }

  /** A decimal integer: a Long, or its digits as bytes if it has more than 64 bits. */
  static Object whole(String digits) {
    try {
      return Long.valueOf(digits);
    } catch (NumberFormatException e) {
      return digits.getBytes(StandardCharsets.ISO_8859_1);
    }
  }

  /** A decimal number, as Python writes it. */
  static double real(String digits) {
    try {
      return Double.parseDouble(digits.replace("nan", "NaN").replace("inf", "Infinity"));
    } catch (NumberFormatException e) {
      throw new InputException("its pickle has a malformed number", e);
    }
  }

  /**
   * Reads as many bytes as the pickle states.
   *
   * @throws InputException if there are fewer
   */
  byte[] raw(long length) {
    if (length < 0 || length > bytes.remaining()) {
      throw new InputException("its pickle ends within a string: it was cut short, get it again");
    }
    byte[] raw = new byte[(int) length];
    bytes.get(raw);
    return raw;
  }

  /** Reads a string of a length in bytes. */
  String text(long length, Charset charset) {
    return new String(raw(length), charset);
  }

  /** The text up to the end of the line, which is skipped. */
  String line() {
    StringBuilder line = new StringBuilder();
    for (byte b = bytes.get(); b != '\n'; b = bytes.get()) {
      line.append((char) (b & 0xFF));
    }
    return line.toString();
  }

  /**
   * A little-endian integer of any length; those larger than a long are returned as their bytes.
   */
  Object integer(long length) {
    byte[] raw = raw(length);
    if (raw.length > Long.BYTES) {
      return raw;
    }
    long value = raw.length == 0 || raw[raw.length - 1] >= 0 ? 0 : -1;
    for (int i = raw.length - 1; i >= 0; i--) {
      value = value << 8 | raw[i] & 0xFF;
    }
    return value;
  }
}
