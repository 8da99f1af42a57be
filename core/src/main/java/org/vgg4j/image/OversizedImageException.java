package org.vgg4j.image;

/** An image has more pixels than are allowed. */
public final class OversizedImageException extends UnreadableImageException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the sentence for the user
   */
  public OversizedImageException(String message) {
    super(message);
  }
}
