package org.vgg4j.report;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads event files by the formats' descriptions alone; shares no code with what writes them. */
final class EventReader {
  /**
   * @param version of the file, else empty
   * @param values by tag
   */
  record Read(double wallTime, long step, String version, Map<String, Float> values) {}

  private EventReader() {}

  static List<Read> read(Path file) throws Exception {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Read> events = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] length = bytes(in, 8);
      check(in.getInt(), length);
      byte[] event = bytes(in, Math.toIntExact(little(length).getLong()));
      check(in.getInt(), event);
      events.add(event(little(event)));
    }
    return events;
  }

  /** All values of a tag in a folder's files, by step. */
  static Map<Long, Float> values(Path folder, String tag) throws Exception {
    Map<Long, Float> values = new LinkedHashMap<>();
    for (Path file : EventFiles.in(folder)) {
      for (Read event : read(file)) {
        if (event.values().containsKey(tag)
            && values.put(event.step(), event.values().get(tag)) != null) {
          throw new AssertionError("two values of " + tag + " at step " + event.step());
        }
      }
    }
    return values;
  }

  private static Read event(ByteBuffer in) {
    Read read = new Read(Double.NaN, 0, "", new LinkedHashMap<>());
    while (in.hasRemaining()) {
      read =
          switch ((int) varint(in)) {
            case 1 << 3 | 1 -> new Read(in.getDouble(), read.step, read.version, read.values);
            case 2 << 3 -> new Read(read.wallTime, varint(in), read.version, read.values);
            case 3 << 3 | 2 -> new Read(read.wallTime, read.step, text(in), read.values);
            case 5 << 3 | 2 -> {
              ByteBuffer summary = little(bytes(in, (int) varint(in)));
              while (summary.hasRemaining()) {
                expect(varint(summary), 1 << 3 | 2);
                value(little(bytes(summary, (int) varint(summary))), read.values);
              }
              yield read;
            }
            default -> throw new AssertionError("a field that was not expected");
          };
    }
    return read;
  }

  private static void value(ByteBuffer in, Map<String, Float> values) {
    expect(varint(in), 1 << 3 | 2);
    String tag = text(in);
    expect(varint(in), 2 << 3 | 5);
    values.put(tag, in.getFloat());
    expect(in.remaining(), 0);
  }

  private static String text(ByteBuffer in) {
    return new String(bytes(in, (int) varint(in)), StandardCharsets.UTF_8);
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    int shift = 0;
    int next;
    do {
      next = in.get();
      value += (long) (next & 127) << shift;
      shift += 7;
    } while (next < 0);
    return value;
  }

  private static void check(int stored, byte[] bytes) {
    int crc = ~0; // CRC-32C bit by bit, lowest first
    for (byte b : bytes) {
      crc ^= b & 0xFF;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x82F63B78 : crc >>> 1;
      }
    }
    int sum = ~crc;
    expect(stored, (sum >>> 15 | sum << 17) + 0xa282ead8);
  }

  private static void expect(long actual, long expected) {
    if (actual != expected) {
      throw new AssertionError(actual + " is not " + expected);
    }
  }

  private static byte[] bytes(ByteBuffer in, int count) {
    byte[] bytes = new byte[count];
    in.get(bytes);
    return bytes;
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
