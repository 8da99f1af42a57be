package org.vgg4j.report;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The part of TensorBoard's protocol buffer {@code tensorflow.Event} that scalars need. It is
 * written by hand because it has only five fields: a library for them would be fifty times as
 * large.
 *
 * <pre>
 * Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
 * Summary { repeated Value value = 1; }
 * Value   { string tag = 1; float simple_value = 2; }
 * </pre>
 */
final class Event {
  /** What the first event of each file must say. */
  private static final String VERSION = "brain.Event:2";

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private Event() {}

  /** The event at the head of a file. */
  static byte[] fileVersion(double wallTime) {
    return message(
        out -> {
          writeDouble(out, 1, wallTime);
          writeBytes(out, 3, VERSION.getBytes(StandardCharsets.UTF_8));
        });
  }

  /**
   * An event with values.
   *
   * @param wallTime seconds since 1970
   * @param step steps since the start of training
   * @param values by tag
   */
  static byte[] scalars(double wallTime, long step, Map<String, Double> values) {
    byte[] summary =
        message(out -> values.forEach((tag, value) -> writeBytes(out, 1, value(tag, value))));
    return message(
        out -> {
          writeDouble(out, 1, wallTime);
          writeTag(out, 2, VARINT);
          writeVarint(out, step);
          writeBytes(out, 5, summary);
        });
  }

  private static byte[] value(String tag, double value) {
    return message(
        out -> {
          writeBytes(out, 1, tag.getBytes(StandardCharsets.UTF_8));
          writeTag(out, 2, FIXED32);
          out.writeBytes(littleEndian(Float.BYTES).putFloat((float) value).array());
        });
  }

  /**
   * The step of an event, which another program may have written; 0 if it has none, like the first
   * event of a file.
   *
   * @throws IOException if this is no protocol buffer
   */
  static long stepOf(byte[] event) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(event).order(ByteOrder.LITTLE_ENDIAN);
    long step = 0;
    try {
      while (in.hasRemaining()) {
        long tag = readVarint(in);
        switch ((int) (tag & 7)) {
          case VARINT -> {
            long value = readVarint(in);
            step = tag >>> 3 == 2 ? value : step;
          }
          case FIXED64 -> skip(in, Long.BYTES);
          case LENGTH_DELIMITED -> skip(in, readVarint(in));
          case FIXED32 -> skip(in, Integer.BYTES);
          default -> throw new IOException("a field of unknown kind");
        }
      }
    } catch (BufferUnderflowException e) {
      throw new IOException("a field extends beyond its event", e);
    }
    return step;
  }

  private interface Fields {
    void writeTo(ByteArrayOutputStream out);
  }

  private static byte[] message(Fields fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    fields.writeTo(out);
    return out.toByteArray();
  }

  private static void writeDouble(ByteArrayOutputStream out, int field, double value) {
    writeTag(out, field, FIXED64);
    out.writeBytes(littleEndian(Double.BYTES).putDouble(value).array());
  }

  private static void writeBytes(ByteArrayOutputStream out, int field, byte[] bytes) {
    writeTag(out, field, LENGTH_DELIMITED);
    writeVarint(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void writeTag(ByteArrayOutputStream out, int field, int kind) {
    writeVarint(out, (long) field << 3 | kind);
  }

  /** Seven bits a byte, the lowest first; the eighth says that more follow. */
  private static void writeVarint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private static long readVarint(ByteBuffer in) throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IOException("a number of more than 64 bits");
  }

  private static void skip(ByteBuffer in, long bytes) {
    if (bytes < 0 || bytes > in.remaining()) {
      throw new BufferUnderflowException();
    }
    in.position(in.position() + (int) bytes);
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
