package org.vgg4j.serve.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a client gets.
 *
 * @param status HTTP's
 * @param contentType of the body
 * @param body not copied
 * @param headers further ones
 */
public record Answer(int status, String contentType, byte[] body, Map<String, String> headers) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Copies the headers. */
  public Answer {
    headers = Map.copyOf(headers);
  }

  /** A value that Jackson can write, with status 200. */
  public static Answer json(Object value) {
    return json(200, value);
  }

  /** A value that Jackson can write. */
  public static Answer json(int status, Object value) {
    try {
      return new Answer(status, "application/json", JSON.writeValueAsBytes(value), Map.of());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer cannot be written as JSON", e);
    }
  }

  /** Bytes of some type, with status 200. */
  public static Answer of(String contentType, byte[] body) {
    return new Answer(200, contentType, body, Map.of());
  }

  /** {@code {"error": sentence}}. */
  static Answer error(HttpFailure failure) {
    Answer answer = json(failure.status(), Map.of("error", failure.sentence()));
    return new Answer(answer.status, answer.contentType, answer.body, failure.headers());
  }

  /** The same with another header. */
  public Answer with(String name, String value) {
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.put(name, value);
    return new Answer(status, contentType, body, all);
  }
}
