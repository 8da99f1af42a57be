package org.vgg4j.serve.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * Reads JSON that clients send. Token by token, since a tree of a large body may take thirty times
 * its memory; only what is short becomes a tree. Thread-safe.
 */
public final class JsonBody {
  private static final int DEEPEST = 20;
  private static final int LONGEST_TREE = 64 << 10; // bytes

  /** Reads from a parser. */
  @FunctionalInterface
  public interface Reading<T> {
    /**
     * Called with the parser at the start of the outermost object.
     *
     * @throws IOException as the parser does
     */
    T read(JsonParser parser) throws IOException;
  }

  private final ObjectMapper mapper;

  /**
   * @param maxBody bytes of a body
   */
  public JsonBody(int maxBody) {
    this.mapper =
        new ObjectMapper(
            JsonFactory.builder()
                .streamReadConstraints(
                    StreamReadConstraints.builder()
                        .maxStringLength(maxBody)
                        .maxNestingDepth(DEEPEST)
                        .build())
                .build());
  }

  /**
   * Reads an object, behind which nothing may stand.
   *
   * @param length how many bytes of the body it is
   * @throws HttpFailure 400, if it is none
   */
  public <T> T read(byte[] body, int length, Reading<T> reading) {
    try (JsonParser parser = mapper.createParser(body, 0, length)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new HttpFailure(400, "the body is no JSON object: {...}");
      }
      T result = reading.read(parser);
      if (parser.nextToken() != null) {
        throw new HttpFailure(400, "there is something behind the JSON object");
      }
      return result;
    } catch (StreamConstraintsException e) { // has no location
      throw new HttpFailure(
          400,
          "the body's JSON is nested deeper than %d levels, or has a number or name that is too long"
              .formatted(DEEPEST));
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw new HttpFailure(
          400,
          at == null
              ? "the body is no JSON"
              : "the body is no JSON (line %d, column %d)"
                  .formatted(at.getLineNr(), at.getColumnNr()));
    } catch (IOException e) {
      throw new HttpFailure(400, "the body is no JSON: it is not in UTF-8");
    }
  }

  /**
   * The value that the parser is at, as a tree; the parser is moved to its end.
   *
   * @param body that the parser reads
   * @throws HttpFailure 400, if it is longer than 64 KiB
   */
  public JsonNode tree(JsonParser parser, byte[] body) throws IOException {
    String name = parser.currentName();
    long from = parser.currentTokenLocation().getByteOffset();
    parser.skipChildren();
    parser.finishToken();
    long to = parser.currentLocation().getByteOffset();
    if (from < 0 || to < from) {
      throw new HttpFailure(400, "the body is no JSON: it is not in UTF-8");
    }
    if (to - from > LONGEST_TREE) {
      throw new HttpFailure(
          400,
          "%s has %d bytes, more than the %d that are allowed there: shorten it"
              .formatted(
                  name == null ? "the JSON" : "\"" + name + "\" in the JSON",
                  to - from,
                  LONGEST_TREE));
    }
    return mapper.readTree(body, (int) from, (int) (to - from));
  }

  /**
   * A whole body as a tree.
   *
   * @throws HttpFailure 400, if it is no object, or longer than 64 KiB
   */
  public JsonNode object(byte[] body) {
    return read(body, body.length, parser -> tree(parser, body));
  }
}
