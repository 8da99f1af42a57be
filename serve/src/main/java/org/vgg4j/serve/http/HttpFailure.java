package org.vgg4j.serve.http;

import java.util.Map;
import java.util.concurrent.CompletionException;

/** A request that is refused: a status, and a sentence that says what to do. */
public final class HttpFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient Map<String, String> headers;

  /**
   * @param status 400 to 599
   * @param sentence goes to the client: no secrets
   */
  public HttpFailure(int status, String sentence) {
    this(status, sentence, Map.of());
  }

  /**
   * @param status 400 to 599
   * @param sentence goes to the client: no secrets
   * @param headers of the answer, such as {@code Retry-After}
   */
  public HttpFailure(int status, String sentence, Map<String, String> headers) {
    super(sentence);
    this.status = status;
    this.headers = Map.copyOf(headers);
  }

  /** What a future failed with, without what futures put around it. */
  public static Throwable cause(Throwable thrown) {
    Throwable cause = thrown;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** The status. */
  public int status() {
    return status;
  }

  /** The sentence. */
  public String sentence() {
    return String.valueOf(getMessage());
  }

  /** Headers of the answer. */
  public Map<String, String> headers() {
    return headers;
  }
}
