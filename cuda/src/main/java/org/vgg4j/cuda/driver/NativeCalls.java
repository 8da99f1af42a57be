package org.vgg4j.cuda.driver;

import com.sun.jna.Native;
import org.jspecify.annotations.Nullable;

/**
 * Whether this JVM can call native functions at all: for that, JNA unpacks a library of its own
 * into the folder for temporary files, and loads it from there. Thread-safe.
 */
final class NativeCalls {
  /** What the first try ended with. A class that could not be initialised says no more why. */
  private static @Nullable LinkageError failure;

  private NativeCalls() {}

  /**
   * Prepares for native calls.
   *
   * @throws UnusableDeviceException if there can be none
   */
  static synchronized void require() {
    LinkageError known = failure;
    if (known == null) {
      try {
        int unused = Native.POINTER_SIZE; // initialises the class
        return;
      } catch (LinkageError e) {
        known = e;
        failure = e;
      }
    }
    throw new UnusableDeviceException(
        "the library by which Java calls the NVIDIA driver cannot be unpacked and loaded (%s)"
            .formatted(known.getMessage()),
        "let this user write and execute files there (in a container: --tmpfs /tmp:exec), name"
            + " another folder by Java's option -Djna.tmpdir=FOLDER",
        known);
  }
}
