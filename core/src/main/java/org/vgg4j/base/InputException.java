package org.vgg4j.base;

/**
 * Something the user gave cannot be used: a file, a field, an option. The message names the file,
 * the field and the remedy.
 */
public class InputException extends VggException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the sentence for the user
   */
  public InputException(String message) {
    super(message);
  }

  /**
   * @param message the sentence for the user
   * @param cause what was caught
   */
  public InputException(String message, Throwable cause) {
    super(message, cause);
  }
}
