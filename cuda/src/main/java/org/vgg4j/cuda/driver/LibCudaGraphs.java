package org.vgg4j.cuda.driver;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * The driver's functions for graphs, bound when the first graph is captured: they change from one
 * CUDA version to the next more than all others, and a driver without one of them still trains,
 * since work is then enqueued piece by piece ({@link CudaGraph#tryToCapture}).
 */
final class LibCudaGraphs {
  private LibCudaGraphs() {}

  static void bind(NativeLibrary library) {
    Native.register(LibCudaGraphs.class, library);
  }

  static native int cuStreamBeginCapture_v2(long stream, int mode);

  static native int cuStreamEndCapture(long stream, long[] graph);

  static native int cuGraphInstantiate_v2(
      long[] executable, long graph, long errorNode, long log, long logBytes);

  static native int cuGraphLaunch(long executable, long stream);

  static native int cuGraphExecDestroy(long executable);

  static native int cuGraphDestroy(long graph);
}
