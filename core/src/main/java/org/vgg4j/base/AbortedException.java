package org.vgg4j.base;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;

/**
 * Work under way cannot go on: training diverged, another process of the group has ended, or the
 * thread was interrupted.
 */
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

  /**
   * Requires that a file failed by itself: an interrupted thread finds it closed, which is no fault
   * of the file. The thread stays interrupted.
   *
   * @param what was read
   * @throws AbortedException if the thread was interrupted
   */
  public static void requireUninterrupted(IOException failure, Object what) {
    if (failure instanceof ClosedChannelException) { // and both kinds that say more
      throw new AbortedException(
          "reading " + what + " ended early, since the thread was interrupted: do it again",
          failure);
    }
  }
}
