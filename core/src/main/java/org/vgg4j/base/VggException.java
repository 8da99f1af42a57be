package org.vgg4j.base;

/**
 * A failure that is not a bug in vgg4j. The message is one sentence for the user that names what
 * failed and the remedy; a front end prints it without a stack trace.
 */
public abstract class VggException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  VggException(String message) {
    super(message);
  }

  VggException(String message, Throwable cause) {
    super(message, cause);
  }
}
