package org.vgg4j.base;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
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
    // a channel that was interrupted before is just closed
    if (failure instanceof AsynchronousCloseException
        || failure instanceof ClosedChannelException && Thread.currentThread().isInterrupted()) {
      throw interrupted(what, failure);
    }
  }

  /**
   * Says that the thread was interrupted.
   *
   * @param what was read
   * @param cause what was caught
   */
  public static AbortedException interrupted(Object what, Throwable cause) {
    return new AbortedException(
        "reading " + what + " ended early, since the thread was interrupted: do it again", cause);
  }
}
