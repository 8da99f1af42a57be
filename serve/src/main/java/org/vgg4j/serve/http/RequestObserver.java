package org.vgg4j.serve.http;

/** Is told of every request that was answered. Thread-safe. */
@FunctionalInterface
public interface RequestObserver {
  /**
   * A request and its answer.
   *
   * @param time of its arrival, as ISO 8601 has it
   * @param remote the client's address
   * @param method as sent
   * @param path decoded, without the query
   * @param route the pattern of its route; {@code none} if there is none
   * @param status of the answer
   * @param nanos from the head's arrival until the answer was sent
   * @param bytesIn of its body
   * @param bytesOut of the answer's body
   * @param notes what the endpoint says besides
   */
  record Answered(
      String time,
      String remote,
      String method,
      String path,
      String route,
      int status,
      long nanos,
      long bytesIn,
      long bytesOut,
      java.util.Map<String, Object> notes) {}

  /** Called once the answer was sent, or could not be. */
  void answered(Answered answered);
}
