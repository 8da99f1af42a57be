package org.vgg4j.base;

/**
 * There is less memory free than is asked for: less may be asked for, or the same once others have
 * given some back.
 */
public class ScarceMemoryException extends InputException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the sentence for the user
   */
  public ScarceMemoryException(String message) {
    super(message);
  }
}
