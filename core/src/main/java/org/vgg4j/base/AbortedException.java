package org.vgg4j.base;

/** Work under way cannot go on: training diverged, or another process of the group has ended. */
public class AbortedException extends VggException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the sentence for the user
   */
  public AbortedException(String message) {
    super(message);
  }

  /**
   * @param message the sentence for the user
   * @param cause what was caught
   */
  public AbortedException(String message, Throwable cause) {
    super(message, cause);
  }
}
