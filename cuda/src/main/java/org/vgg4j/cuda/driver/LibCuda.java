package org.vgg4j.cuda.driver;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * The functions of {@code libcuda.so.1} that we call, bound directly. Handles, addresses and sizes
 * are {@code long}: the driver exists for 64-bit systems only. The names with {@code _v2} are those
 * that the driver's header maps the plain names to; the plain ones are 32-bit leftovers.
 */
final class LibCuda {
  private LibCuda() {}

  /** Binds this class to a library. Once in a JVM. */
  static void bind(NativeLibrary library) {
    Native.register(LibCuda.class, library);
  }

  static native int cuInit(int flags);

  static native int cuDriverGetVersion(int[] version);

  static native int cuGetErrorName(int error, long[] text);

  static native int cuGetErrorString(int error, long[] text);

  static native int cuDeviceGetCount(int[] count);

  static native int cuDeviceGet(int[] device, int ordinal);

  static native int cuDeviceGetName(byte[] name, int length, int device);

  static native int cuDeviceGetAttribute(int[] value, int attribute, int device);

  static native int cuDeviceTotalMem_v2(long[] bytes, int device);

  static native int cuDevicePrimaryCtxRetain(long[] context, int device);

  static native int cuDevicePrimaryCtxRelease_v2(int device);

  static native int cuCtxSetCurrent(long context);

  static native int cuCtxSynchronize();

  static native int cuDeviceCanAccessPeer(int[] can, int device, int peer);

  static native int cuCtxEnablePeerAccess(long peer, int flags);

  static native int cuModuleLoadDataEx(
      long[] module, byte[] image, int count, int[] options, long[] values);

  static native int cuModuleUnload(long module);

  static native int cuModuleGetFunction(long[] function, long module, byte[] name);

  static native int cuFuncSetAttribute(long function, int attribute, int value);

  static native int cuLaunchKernel(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      long stream,
      long parameters,
      long extra);

  static native int cuMemGetInfo_v2(long[] free, long[] total);

  static native int cuMemAlloc_v2(long[] address, long bytes);

  static native int cuMemFree_v2(long address);

  static native int cuMemHostAlloc(long[] pointer, long bytes, int flags);

  static native int cuMemFreeHost(long pointer);

  static native int cuMemcpyHtoD_v2(long to, long from, long bytes);

  static native int cuMemcpyDtoH_v2(long to, long from, long bytes);

  static native int cuMemcpyHtoDAsync_v2(long to, long from, long bytes, long stream);

  static native int cuMemcpyDtoHAsync_v2(long to, long from, long bytes, long stream);

  static native int cuMemcpyDtoDAsync_v2(long to, long from, long bytes, long stream);

  static native int cuMemcpyPeerAsync(
      long to, long toContext, long from, long fromContext, long bytes, long stream);

  static native int cuMemsetD8Async(long to, byte value, long count, long stream);

  static native int cuStreamCreate(long[] stream, int flags);

  static native int cuStreamDestroy_v2(long stream);

  static native int cuStreamSynchronize(long stream);

  static native int cuStreamWaitEvent(long stream, long event, int flags);

  static native int cuEventCreate(long[] event, int flags);

  static native int cuEventDestroy_v2(long event);

  static native int cuEventRecord(long event, long stream);

  static native int cuEventSynchronize(long event);

  static native int cuEventElapsedTime(float[] milliseconds, long start, long end);
}
