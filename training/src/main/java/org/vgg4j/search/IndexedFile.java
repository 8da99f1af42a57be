package org.vgg4j.search;

/**
 * An image file of an index.
 *
 * @param path relative to the folder, with slashes
 * @param size in bytes
 * @param time when it was last changed, in ms since 1970
 * @param digest SHA-256 of its content, 64 hexadecimal digits
 */
public record IndexedFile(String path, long size, long time, String digest) {
  /** Whether a file with this name, size and time is taken for the same, unread. */
  boolean looksLike(long otherSize, long otherTime) {
    return size == otherSize && time == otherTime;
  }
}
