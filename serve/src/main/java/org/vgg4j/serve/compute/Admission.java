package org.vgg4j.serve.compute;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.vgg4j.serve.http.HttpFailure;

/**
 * How many images may be worked on or wait at a time, so that memory and waiting times are bounded.
 * Thread-safe.
 */
public final class Admission {
  private final int most;
  private final AtomicInteger inside = new AtomicInteger();

  /**
   * @param most images
   */
  public Admission(int most) {
    this.most = most;
  }

  /**
   * Lets images in; each must {@link #leave} in the end.
   *
   * @param secondsEach how long one takes, for the time after which to try again
   * @throws HttpFailure 413 if there are more than ever fit, 429 if there is no room now
   */
  public void enter(int images, double secondsEach) {
    if (images > most) {
      throw new HttpFailure(
          413,
          "%d images are more than the %d that this service takes at a time: send fewer"
              .formatted(images, most));
    }
    int now = inside.addAndGet(images);
    if (now > most) {
      int left = inside.addAndGet(-images);
      long seconds = Math.max(1, Math.min(60, (long) Math.ceil(left * secondsEach)));
      throw new HttpFailure(
          429,
          "%d images are waiting, which is all that fit: try again in %d s"
              .formatted(left, seconds),
          Map.of("Retry-After", String.valueOf(seconds)));
    }
  }

  /** Images are done with. */
  public void leave(int images) {
    int unused = inside.addAndGet(-images);
  }

  /** The number of images that are worked on or wait. */
  public int inside() {
    return inside.get();
  }

  /** The most of them. */
  public int most() {
    return most;
  }
}
