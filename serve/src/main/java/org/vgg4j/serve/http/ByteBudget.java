package org.vgg4j.serve.http;

/** The bytes that the bodies of all requests may have together. Thread-safe. */
public final class ByteBudget {
  private final long most;
  private long taken;

  /**
   * @param most bytes
   */
  public ByteBudget(long most) {
    this.most = most;
  }

  /** Takes some, if there are as many. */
  synchronized boolean take(long bytes) {
    if (taken + bytes > most) {
      return false;
    }
    taken += bytes;
    return true;
  }

  synchronized void giveBack(long bytes) {
    taken -= bytes;
  }

  /** The bytes in use. */
  public synchronized long taken() {
    return taken;
  }
}
