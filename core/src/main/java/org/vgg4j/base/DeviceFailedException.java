package org.vgg4j.base;

/**
 * A device that computes has failed, and is of no use to this process any more; another process may
 * well be able to use it.
 */
public final class DeviceFailedException extends VggException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the sentence for the user
   */
  public DeviceFailedException(String message) {
    super(message);
  }
}
