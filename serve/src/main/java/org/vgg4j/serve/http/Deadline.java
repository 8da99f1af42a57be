package org.vgg4j.serve.http;

import java.util.concurrent.TimeUnit;

/**
 * A point in time after which an answer is of no use.
 *
 * @param nanos of {@link System#nanoTime}
 */
public record Deadline(long nanos) {
  /** So many milliseconds from now. */
  public static Deadline in(long milliseconds) {
    return new Deadline(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds));
  }

  /** Whether it has passed. */
  public boolean passed() {
    return System.nanoTime() - nanos >= 0;
  }

  /**
   * @throws HttpFailure 504, if it has passed
   */
  public void check() {
    if (passed()) {
      throw failure();
    }
  }

  /** What a client is told whose time is over. */
  public static HttpFailure failure() {
    return new HttpFailure(
        504, "the deadline has passed before the answer was ready: allow more time, or try later");
  }
}
