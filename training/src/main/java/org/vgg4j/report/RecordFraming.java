package org.vgg4j.report;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The framing of TFRecord files: {@code uint64 length, uint32 masked CRC of the length, the bytes,
 * uint32 masked CRC of the bytes}, all little-endian.
 */
final class RecordFraming {
  private static final int HEAD = Long.BYTES + Integer.BYTES;
  private static final int TAIL = Integer.BYTES;

  private RecordFraming() {}

  /**
   * What a file holds.
   *
   * @param records in order, up to the first that is broken
   * @param whole whether the file ends with the last of them; if not, it is cut off or damaged
   */
  record Content(List<byte[]> records, boolean whole) {}

  static byte[] frame(byte[] record) {
    ByteBuffer frame =
        ByteBuffer.allocate(HEAD + record.length + TAIL).order(ByteOrder.LITTLE_ENDIAN);
    frame.putLong(record.length);
    frame.putInt(maskedCrc(frame.array(), 0, Long.BYTES));
    frame.put(record);
    frame.putInt(maskedCrc(record, 0, record.length));
    return frame.array();
  }

  static Content read(byte[] file) {
    List<byte[]> records = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    while (in.remaining() >= HEAD + TAIL) {
      int start = in.position();
      long length = in.getLong();
      if (in.getInt() != maskedCrc(file, start, Long.BYTES)
          || length < 0
          || length > in.remaining() - TAIL) {
        return new Content(records, false);
      }
      byte[] record = new byte[(int) length];
      in.get(record);
      if (in.getInt() != maskedCrc(record, 0, record.length)) {
        return new Content(records, false);
      }
      records.add(record);
    }
    return new Content(records, !in.hasRemaining());
  }

  /**
   * The format's masking, which avoids the problems of computing the CRC of data that contain CRCs.
   */
  private static int maskedCrc(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }
}
