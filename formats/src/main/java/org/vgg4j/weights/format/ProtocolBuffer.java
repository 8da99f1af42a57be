package org.vgg4j.weights.format;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.vgg4j.base.InputException;

/**
 * Walks through the messages of a protocol buffer without knowing its schema: callers take the
 * fields that they know by number, and for long runs of numbers only the position is noted.
 */
final class ProtocolBuffer implements AutoCloseable {
  /** Takes or skips one field. */
  @FunctionalInterface
  interface Fields {
    /**
     * Reads the value of a field by one of the methods of the buffer.
     *
     * @return whether the value was read; it is skipped otherwise
     */
    boolean take(int number, boolean lengthDelimited) throws IOException;
  }

  /**
   * Bytes in the file.
   *
   * @param position position of the first
   * @param length how many
   */
  record Span(long position, int length) {}

  private static final int LONGEST_TEXT = 1 << 20;
  private static final int LONGEST_LIST =
      1 << 10; // limit for sizes, strides and paddings, in bytes
  private static final int MOST_AXES = 8;
  private static final int DEEPEST = 16;

  private final InputStream stream;
  private final CodedInputStream in;
  private int depth;

  ProtocolBuffer(Path file) throws IOException {
    if (Files.size(file) > Integer.MAX_VALUE) {
      throw new InputException("it is larger than 2 GB, which no protocol buffer may be");
    }
    stream = new BufferedInputStream(Files.newInputStream(file));
    in = CodedInputStream.newInstance(stream);
  }

  /** Visits the fields of the whole buffer. */
  void root(Fields fields) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      one(tag, fields);
    }
  }

  /** Visits the fields of a message that is the value of a field. */
  void message(Fields fields) throws IOException {
    if (++depth > DEEPEST) {
      throw new InputException("its messages are nested too deeply");
    }
    int limit = in.pushLimit(in.readRawVarint32());
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      one(tag, fields);
    }
    in.checkLastTagWas(0);
    in.popLimit(limit);
    depth--;
  }

  private void one(int tag, Fields fields) throws IOException {
    int wireType = WireFormat.getTagWireType(tag);
    boolean lengthDelimited = wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED;
    if (wireType == WireFormat.WIRETYPE_START_GROUP || wireType == WireFormat.WIRETYPE_END_GROUP) {
      throw new InputException("it has a group, which neither Caffe nor ONNX uses");
    }
    if (!fields.take(WireFormat.getTagFieldNumber(tag), lengthDelimited)) {
      in.skipField(tag);
    }
  }

  /** Reads a string; invalid text comes out with replacement characters. */
  String text() throws IOException {
    int length = in.readRawVarint32();
    if (length < 0 || length > LONGEST_TEXT) {
      throw new InputException("it has a name of " + length + " bytes");
    }
    return new String(in.readRawBytes(length), StandardCharsets.UTF_8);
  }

  /** Reads a whole number. */
  long number() throws IOException {
    return in.readRawVarint64();
  }

  /** Reads a 32-bit floating point number. */
  float float32() throws IOException {
    return in.readFloat();
  }

  /** Reads 32-bit floating point numbers: a single one, or many if they are packed. */
  float[] floats(boolean lengthDelimited) throws IOException {
    if (!lengthDelimited) {
      return new float[] {in.readFloat()};
    }
    int length = in.readRawVarint32();
    if (length < 0 || length > LONGEST_TEXT || length % Float.BYTES != 0) {
      throw new InputException("it has a list of " + length + " bytes where numbers belong");
    }
    float[] floats = new float[length / Float.BYTES];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = in.readFloat();
    }
    return floats;
  }

  /** Reads any number of whole numbers: a single one, or many if they are packed. */
  List<Long> manyNumbers(boolean lengthDelimited) throws IOException {
    return lengthDelimited ? packed(in.readRawVarint32()) : List.of(number());
  }

  /** Notes where the bytes of a field are and skips them. */
  Span span() throws IOException {
    int length = in.readRawVarint32();
    long position = in.getTotalBytesRead();
    in.skipRawBytes(length);
    return new Span(position, length);
  }

  /** Reads whole numbers: a single one, or many if they are packed. */
  List<Long> numbers(boolean lengthDelimited) throws IOException {
    if (!lengthDelimited) {
      return List.of(number());
    }
    int length = in.readRawVarint32();
    if (length < 0 || length > LONGEST_LIST) {
      throw new InputException("it has a list of " + length + " bytes where sizes belong");
    }
    return packed(length);
  }

  private List<Long> packed(int length) throws IOException {
    List<Long> numbers = new ArrayList<>();
    int limit = in.pushLimit(length);
    while (in.getBytesUntilLimit() > 0) {
      numbers.add(number());
    }
    in.popLimit(limit);
    return numbers;
  }

  /** Adds a size to a shape, of which a shape has only a few. */
  static void addSize(List<Integer> shape, int size) {
    if (shape.size() == MOST_AXES) {
      throw new InputException("it has a tensor of more than " + MOST_AXES + " axes");
    }
    shape.add(size);
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
