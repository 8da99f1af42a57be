package org.vgg4j.cuda.driver;

import com.sun.jna.Pointer;
import java.util.Set;
import org.vgg4j.base.DeviceFailedException;

/**
 * The driver's error numbers that are treated apart, and the exceptions for them and all others.
 */
final class Result {
  static final int SUCCESS = 0;
  static final int INVALID_VALUE = 1;
  static final int OUT_OF_MEMORY = 2;
  static final int STUB_LIBRARY = 34;
  static final int DEVICE_UNAVAILABLE = 46;
  static final int NO_DEVICE = 100;
  static final int NO_BINARY_FOR_GPU = 209;
  static final int UNSUPPORTED_PTX_VERSION = 222;
  static final int NOT_FOUND = 500;
  static final int PEER_ACCESS_ALREADY_ENABLED = 704;
  static final int TOO_MANY_PEERS = 711;
  static final int NOT_SUPPORTED = 801;
  static final int SYSTEM_DRIVER_MISMATCH = 803;

  /** The first and the last that only capturing a graph can cause. */
  private static final int FIRST_OF_CAPTURES = 900;

  private static final int LAST_OF_CAPTURES = 908;

  private Result() {}

  /**
   * Those that say that a call was wrong, which is our mistake: arguments, handles, states, kernels
   * that do not fit. The GPU goes on.
   */
  private static final Set<Integer> MISTAKES =
      Set.of(
          INVALID_VALUE,
          3, // not initialized
          4, // deinitialized
          101, // invalid device
          200, // invalid image
          201, // invalid context
          202, // context already current
          NO_BINARY_FOR_GPU,
          215, // unsupported limit
          216, // context already in use
          217, // peer access unsupported
          218, // invalid PTX
          221, // no compiler of PTX
          223, // compiling PTX is switched off
          224, // unsupported affinity
          300, // invalid source
          301, // file not found
          302, // shared object without a symbol
          303, // shared object cannot be loaded
          UNSUPPORTED_PTX_VERSION,
          400, // invalid handle
          401, // illegal state
          NOT_FOUND,
          600, // not ready
          701, // a launch asks for too many resources
          703, // incompatible texturing
          PEER_ACCESS_ALREADY_ENABLED,
          705, // peer access not enabled
          708, // primary context active
          709, // context is destroyed
          TOO_MANY_PEERS,
          712, // host memory already registered
          713, // host memory not registered
          720, // cooperative launch too large
          800); // not permitted

  /** Whether an error says that work cannot be captured, or no more, and nothing worse. */
  static boolean isOfCaptures(int code) {
    return code == NOT_SUPPORTED || (code >= FIRST_OF_CAPTURES && code <= LAST_OF_CAPTURES);
  }

  /**
   * Throws unless the driver succeeded.
   *
   * @param doing what was being done, for "… failed"
   * @throws CudaException if the call was wrong
   * @throws OutOfDeviceMemoryException if the GPU's memory does not suffice
   * @throws DeviceFailedException for all other errors: the GPU or its driver has failed
   */
  static void check(int code, String doing) {
    if (code != SUCCESS) {
      throw failure(code, doing, "");
    }
  }

  /**
   * What {@link #check} throws.
   *
   * @param more appended to the message of a wrong call, for instance the assembler's log; may be
   *     empty
   */
  static RuntimeException failure(int code, String doing, String more) {
    if (code == OUT_OF_MEMORY) {
      return new OutOfDeviceMemoryException(doing);
    }
    if (MISTAKES.contains(code) || isOfCaptures(code)) {
      return new CudaException(code, "%s failed: %s%s".formatted(doing, describe(code), more));
    }
    return failed(code, doing);
  }

  private static DeviceFailedException failed(int code, String doing) {
    return new DeviceFailedException(
        ("%s failed: %s: the GPU has failed (CUDA error %d) and can do no more for this process;"
                + " start it again (a training run goes on with --resume), and if that does not"
                + " help, see what nvidia-smi and the system's log say, or use --device cpu.")
            .formatted(doing, describe(code), code));
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
