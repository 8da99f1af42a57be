package org.vgg4j.cuda.driver;

/**
 * The driver refused a call that was wrong, which is no mistake of the user's. The message names
 * the driver's error and what was being done.
 */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int code;

  CudaException(int code, String message) {
    super(message);
    this.code = code;
  }

  /** The driver's number for the error, a {@code CUresult}. */
  public int code() {
    return code;
  }
}
