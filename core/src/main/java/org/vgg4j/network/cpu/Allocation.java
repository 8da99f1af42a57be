package org.vgg4j.network.cpu;

import java.util.LinkedHashMap;
import java.util.Map;
import org.vgg4j.network.Buffers;

/**
 * Where the arrays of a batch come from: the heap, or nowhere while memory is only planned.
 * Planning and allocating go through the same calls, so they cannot disagree.
 */
final class Allocation {
  private static final float[] NO_FLOATS = {};
  private static final byte[] NO_BYTES = {};

  private final boolean planning;
  private final Map<String, Long> parts = new LinkedHashMap<>();
  private long longest;

  private Allocation(boolean planning) {
    this.planning = planning;
  }

  /** Allocates. */
  static Allocation onHeap() {
    return new Allocation(false);
  }

  /** Only counts, and returns empty arrays. */
  static Allocation planned() {
    return new Allocation(true);
  }

  /**
   * @param part the part of the plan that it belongs to
   * @param name what the array is for
   * @param images images in the batch
   * @param length floats per image
   * @throws org.vgg4j.base.InputException if the array would be longer than Java allows
   */
  float[] floats(String part, String name, int images, int length) {
    count(part, Float.BYTES, images, length);
    return planning ? NO_FLOATS : Buffers.floats(name, images, length);
  }

  /** Like {@link #floats}, for bytes. */
  byte[] bytes(String part, String name, int images, int length) {
    count(part, Byte.BYTES, images, length);
    return planning ? NO_BYTES : Buffers.bytes(name, images, length);
  }

  private void count(String part, int bytes, int images, int length) {
    long total = (long) images * length;
    parts.merge(part, bytes * total, Long::sum);
    longest = Math.max(longest, total);
  }

  /** Bytes so far, by part. */
  Map<String, Long> parts() {
    return parts;
  }

  /** Length of the longest array. */
  long longest() {
    return longest;
  }
}
