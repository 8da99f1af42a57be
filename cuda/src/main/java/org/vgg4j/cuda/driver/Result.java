package org.vgg4j.cuda.driver;

import com.sun.jna.Pointer;

/** The driver's error numbers that are treated apart, and the exception for all others. */
final class Result {
  static final int SUCCESS = 0;
  static final int INVALID_VALUE = 1;
  static final int OUT_OF_MEMORY = 2;
  static final int STUB_LIBRARY = 34;
  static final int NO_DEVICE = 100;
  static final int NO_BINARY_FOR_GPU = 209;
  static final int UNSUPPORTED_PTX_VERSION = 222;
  static final int NOT_FOUND = 500;
  static final int PEER_ACCESS_ALREADY_ENABLED = 704;
  static final int SYSTEM_DRIVER_MISMATCH = 803;

  private Result() {}

  /**
   * Throws unless the driver succeeded.
   *
   * @param doing what was being done, for "… failed"
   */
  static void check(int code, String doing) {
    if (code != SUCCESS) {
      throw failure(code, doing, "");
    }
  }

  /**
   * @param more appended to the message, for instance the assembler's log; may be empty
   */
  static CudaException failure(int code, String doing, String more) {
    return new CudaException(code, "%s failed: %s%s".formatted(doing, describe(code), more));
  }

  /** The driver's own name and text for an error. */
  static String describe(int code) {
    long[] name = new long[1];
    long[] text = new long[1];
    if (LibCuda.cuGetErrorName(code, name) != SUCCESS
        || LibCuda.cuGetErrorString(code, text) != SUCCESS) {
      return "unknown CUDA error " + code;
    }
    return new Pointer(name[0]).getString(0) + " (" + new Pointer(text[0]).getString(0) + ")";
  }
}
