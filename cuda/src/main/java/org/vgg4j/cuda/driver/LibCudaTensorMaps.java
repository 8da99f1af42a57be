package org.vgg4j.cuda.driver;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/** The driver's function for tensor maps, bound when the first is made: it came with CUDA 12.0. */
final class LibCudaTensorMaps {
  private LibCudaTensorMaps() {}

  static void bind(NativeLibrary library) {
    Native.register(LibCudaTensorMaps.class, library);
  }

  static native int cuTensorMapEncodeTiled(
      long map,
      int type,
      int dimensions,
      long address,
      long[] sizes,
      long[] strides,
      int[] box,
      int[] elementStrides,
      int interleave,
      int swizzle,
      int l2Promotion,
      int fill);
}
