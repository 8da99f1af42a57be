package org.vgg4j.image;

import org.vgg4j.base.InputException;

/**
 * A file was read, but holds no usable image: it is empty, damaged, cut off, of an unknown format,
 * or too large. Training passes over such files; a file that cannot be read at all is a plain
 * {@link InputException}, since the next one would fare no better.
 */
public sealed class UnreadableImageException extends InputException
    permits OversizedImageException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the sentence for the user
   */
  public UnreadableImageException(String message) {
    super(message);
  }

  /**
   * @param message the sentence for the user
   * @param cause what was caught
   */
  public UnreadableImageException(String message, Throwable cause) {
    super(message, cause);
  }
}
