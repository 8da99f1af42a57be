package org.vgg4j.weights.export;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.vgg4j.weights.tensor.TensorWriter;

/**
 * A message of a protocol buffer under construction. Arrays of numbers are referenced, not copied,
 * until they are written.
 */
final class Message {
  /** Elements are byte[], float[] or Message, in the order of the fields. */
  private final List<Object> parts = new ArrayList<>();

  private long size;

  /** Adds a whole number. */
  Message number(int field, long value) {
    return bytes(
        out -> {
          out.writeTag(field, WireFormat.WIRETYPE_VARINT);
          out.writeUInt64NoTag(value);
        });
  }

  /** Adds a 32-bit floating point number. */
  Message real(int field, float value) {
    return bytes(out -> out.writeFloat(field, value));
  }

  /** Adds a string. */
  Message text(int field, String value) {
    byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
    return bytes(out -> out.writeByteArray(field, encoded));
  }

  /** Adds a message. */
  Message message(int field, Message value) {
    header(field, value.size);
    parts.add(value);
    size += value.size;
    return this;
  }

  /** Adds numbers as raw bytes, little-endian. */
  Message raw(int field, float[] values) {
    long length = (long) values.length * Float.BYTES;
    header(field, length);
    parts.add(values);
    size += length;
    return this;
  }

  /** Size of the message in bytes. */
  long size() {
    return size;
  }

  private void header(int field, long length) {
    Message unused =
        bytes(
            out -> {
              out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
              out.writeUInt64NoTag(length);
            });
  }

  /** Writes to a stream. */
  @FunctionalInterface
  private interface Writer {
    void write(CodedOutputStream out) throws IOException;
  }

  private Message bytes(Writer writer) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      writer.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    parts.add(bytes.toByteArray());
    size += bytes.size();
    return this;
  }

  /** Writes the message. */
  void writeTo(FileChannel channel) throws IOException {
    write(new TensorWriter(channel));
  }

  private void write(TensorWriter writer) throws IOException {
    for (Object part : parts) {
      if (part instanceof Message message) {
        message.write(writer);
      } else if (part instanceof float[] values) {
        writer.write(values);
      } else {
        writer.write(ByteBuffer.wrap((byte[]) part));
      }
    }
  }
}
