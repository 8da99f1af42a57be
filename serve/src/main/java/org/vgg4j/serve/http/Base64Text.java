package org.vgg4j.serve.http;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Base64 in JSON: in either alphabet, with white space anywhere, perhaps behind the head of a data
 * URL. It is read from the body itself, since the parser's text would take four times its size.
 */
public final class Base64Text {
  private static final byte[] DATA_URL = "data:".getBytes(StandardCharsets.US_ASCII);

  private Base64Text() {}

  /**
   * What the text that the parser is at stands for.
   *
   * @param body that the parser reads
   * @throws HttpFailure 400, if the body is not in UTF-8
   * @throws IllegalArgumentException if it is not base64
   */
  public static byte[] read(JsonParser parser, byte[] body) throws IOException {
    long quote = parser.currentTokenLocation().getByteOffset();
    if (quote < 0) {
      throw new HttpFailure(400, "the body is no JSON: it is not in UTF-8");
    }
    int from = (int) quote + 1;
    int end = end(body, from);
    if (end == body.length) {
      parser.finishToken(); // says where the body ends too early
    }
    byte[] text = new byte[end - from];
    int length = squeeze(ByteBuffer.wrap(body, from, end - from), text);
    int begin = begin(text, length);
    ByteBuffer bytes =
        decoder(text, begin, length).decode(ByteBuffer.wrap(text, begin, length - begin));
    return bytes.limit() == bytes.array().length
        ? bytes.array()
        : Arrays.copyOf(bytes.array(), bytes.limit());
  }

  /** Where the quotation mark is behind a text. */
  private static int end(byte[] body, int from) {
    int at = from;
    while (at < body.length && body[at] != '"') {
      at += body[at] == '\\' ? 2 : 1;
    }
    return Math.min(at, body.length);
  }

  /** Copies all but white space, and returns how much that is. */
  private static int squeeze(ByteBuffer json, byte[] text) {
    int length = 0;
    while (json.hasRemaining()) {
      byte letter = json.get();
      if (letter == '\\') {
        letter = escaped(json);
      }
      if (letter < 0 || letter > ' ') {
        text[length++] = letter;
      }
    }
    return length;
  }

  /** What is escaped: some clients do so with / and +, and line ends must be. */
  private static byte escaped(ByteBuffer json) {
    byte letter = json.get();
    return switch (letter) {
      case 'b', 'f', 'n', 'r', 't' -> ' ';
      case 'u' -> {
        if (json.remaining() < 4) {
          throw new IllegalArgumentException("an escape is cut short");
        }
        int value = 0;
        for (int i = 0; i < 4; i++) {
          value = 16 * value + HexFormat.fromHexDigit(json.get());
        }
        yield (byte) Math.min(value, Byte.MAX_VALUE); // which is in no alphabet
      }
      default -> letter;
    };
  }

  /** Where the base64 begins: behind the head of a data URL, if there is one. */
  private static int begin(byte[] text, int length) {
    int at = 0;
    if (Arrays.mismatch(text, DATA_URL) == DATA_URL.length) {
      while (at < length && text[at] != ',') {
        at++;
      }
    }
    return at == 0 || at == length ? 0 : at + 1;
  }

  private static Base64.Decoder decoder(byte[] text, int begin, int length) {
    for (int at = begin; at < length; at++) {
      if (text[at] == '-' || text[at] == '_') {
        return Base64.getUrlDecoder();
      }
    }
    return Base64.getDecoder();
  }
}
