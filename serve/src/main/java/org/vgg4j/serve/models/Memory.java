package org.vgg4j.serve.models;

import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;

/** Which part of the heap is promised to whom. Thread-safe. */
public final class Memory {
  private final long limit;
  private long reserved;

  /**
   * @param limit bytes of the heap
   */
  public Memory(long limit) {
    this.limit = limit;
  }

  /**
   * Promises some.
   *
   * @param bytes how many
   * @param what it is for, as the subject of a sentence
   * @param remedy what can be done if there is not enough
   * @throws InputException if it would not be there
   */
  public synchronized void reserve(long bytes, String what, String remedy) {
    if (reserved + bytes > limit) {
      throw new InputException(
          "%s may need %s of memory, but of the heap's %s only %s are not promised yet: %s"
              .formatted(
                  what,
                  Bytes.needed(bytes),
                  Bytes.available(limit),
                  Bytes.available(Math.max(0, limit - reserved)),
                  remedy));
    }
    reserved += bytes;
  }

  /** Takes a promise back. */
  public synchronized void release(long bytes) {
    reserved -= bytes;
  }

  /** The bytes that are promised. */
  public synchronized long reserved() {
    return reserved;
  }
}
