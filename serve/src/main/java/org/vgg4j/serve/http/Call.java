package org.vgg4j.serve.http;

import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A request whose body is here in full. Used by one request's threads, one after the other.
 *
 * @param method such as GET
 * @param path decoded, without the query
 * @param variables what the {@code {names}} in the route's pattern stand for
 * @param query its parameters, decoded; a name that is repeated is refused before
 * @param contentType as sent; null if it was not
 * @param headers what a header says, whatever the case of its name; null if it was not sent
 * @param body not copied
 * @param deadline when the client no longer wants an answer
 * @param notes what the access log says besides; thread-safe only as far as this call is
 */
public record Call(
    String method,
    String path,
    Map<String, String> variables,
    Map<String, String> query,
    @Nullable String contentType,
    UnaryOperator<@Nullable String> headers,
    byte[] body,
    Deadline deadline,
    Map<String, Object> notes) {

  /** A header's value, or null. */
  public @Nullable String header(String name) {
    return headers.apply(name);
  }

  /** A parameter of the query, or null. */
  public @Nullable String parameter(String name) {
    return query.get(name);
  }

  /**
   * A whole number of the query.
   *
   * @param otherwise its value if it is not given
   * @throws HttpFailure 400, if it is no number from least to most
   */
  public int number(String name, int otherwise, int least, int most) {
    String text = query.get(name);
    if (text == null) {
      return otherwise;
    }
    try {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // told below, like a number out of range
    }
    throw new HttpFailure(
        400,
        "parameter %s is '%s' but must be a whole number from %d to %d"
            .formatted(name, text, least, most));
  }

  /** What a name in the route's pattern stands for. */
  public String variable(String name) {
    String value = variables.get(name);
    if (value == null) {
      throw new IllegalStateException("the route has no {" + name + "}");
    }
    return value;
  }
}
