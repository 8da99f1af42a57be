package org.vgg4j.evaluate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.vgg4j.base.InputException;

/**
 * The beginning of a file that NumPy reads: version 1.0 of its format, {@code float32
 * [rows][columns]}, row after row. Whatever the numbers are, it has {@link #BYTES} bytes.
 *
 * @param rows from 0
 * @param columns from 0
 */
public record NpyHeader(int rows, int columns) {
  /** How names of such files end. */
  public static final String EXTENSION = ".npy";

  /** Length of a header that we write; the values come behind it. */
  public static final int BYTES = 128;

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

  private static final Pattern TEXT =
      Pattern.compile(
          "\\{'descr': '<f4', 'fortran_order': False, 'shape': \\((\\d{1,9}), (\\d{1,9})\\), \\}"
              + " *\n");

  /** The header's bytes. */
  public ByteBuffer bytes() {
    String dictionary =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (" + rows + ", " + columns + "), }";
    int used = MAGIC.length + Short.BYTES + dictionary.length() + 1;
    String text = dictionary + " ".repeat(BYTES - used) + "\n";
    ByteBuffer header = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.put(MAGIC).putShort((short) text.length());
    return header.put(text.getBytes(StandardCharsets.US_ASCII)).flip();
  }

  /**
   * Reads a header; afterwards the content's position is that of the first value.
   *
   * @param content at least the beginning of the file
   * @param broken makes an exception of what is wrong
   * @throws InputException what the function makes, if this is no such header
   */
  public static NpyHeader read(ByteBuffer content, Function<String, InputException> broken) {
    content.order(ByteOrder.LITTLE_ENDIAN);
    if (content.remaining() < MAGIC.length + Short.BYTES) {
      throw broken.apply("it is too short");
    }
    byte[] magic = new byte[MAGIC.length];
    content.get(magic);
    int length = content.getShort() & 0xFFFF;
    if (!Arrays.equals(magic, MAGIC) || content.remaining() < length) {
      throw broken.apply("it does not begin like one");
    }
    byte[] text = new byte[length];
    content.get(text);
    String header = new String(text, StandardCharsets.US_ASCII);
    Matcher matcher = TEXT.matcher(header);
    if (!matcher.matches()) {
      throw broken.apply(
          "its header is " + header.strip() + ", not that of a table of '<f4', row after row");
    }
    return new NpyHeader(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }
}
