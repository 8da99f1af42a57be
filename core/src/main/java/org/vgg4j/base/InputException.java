package org.vgg4j.base;

/**
 * Something the user gave cannot be used: a file, a field, an option. The message is one sentence
 * for the user that names the file, the field and the remedy; a front end prints it without a stack
 * trace.
 */
public class InputException extends RuntimeException {
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
