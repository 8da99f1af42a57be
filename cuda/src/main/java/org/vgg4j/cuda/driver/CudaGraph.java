package org.vgg4j.cuda.driver;

import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * Work captured from a stream once, and launched again as a whole with one call: the same kernels
 * with the same arguments. Its memory must stay open as long as it is used.
 */
public final class CudaGraph extends Owned {
  /** Other threads may call the driver meanwhile. */
  private static final int CAPTURE_THREAD_LOCAL = 1;

  private final long executable;

  private CudaGraph(Context context, long executable) {
    super(context);
    this.executable = executable;
  }

  /**
   * Captures work instead of running it. Other threads may use the GPU meanwhile, but one that
   * waits for all of its work, or takes or frees memory there, waits for the end of the capture.
   *
   * @param stream a stream of the context, on which nobody else enqueues meanwhile
   * @param work enqueues on that stream, and does not synchronize, allocate or load kernels
   * @throws InputException if the driver has no graphs of this kind
   * @throws CudaException if the driver cannot capture it; the stream is then as it was before
   */
  public static CudaGraph capture(CudaStream stream, Runnable work) {
    Driver.bindGraphs();
    long graph = graph(stream, work);
    long[] executable = new long[1];
    int code = LibCudaGraphs.cuGraphInstantiate_v2(executable, graph, 0, 0, 0);
    LibCudaGraphs.cuGraphDestroy(graph);
    Result.check(code, "Preparing a graph");
    return new CudaGraph(stream.context(), executable[0]);
  }

  /**
   * The same for work that may as well be enqueued piece by piece.
   *
   * @return null if the driver has no graphs of this kind, no memory for one, or has ended the
   *     capture, as it does when another library in this process waits for the GPU
   */
  public static @Nullable CudaGraph tryToCapture(CudaStream stream, Runnable work) {
    try {
      return capture(stream, work);
    } catch (UnusableDeviceException | OutOfDeviceMemoryException e) {
      return null;
    } catch (CudaException e) {
      if (Result.isOfCaptures(e.code())) {
        return null;
      }
      throw e;
    }
  }

  private static long graph(CudaStream stream, Runnable work) {
    long[] graph = new long[1];
    int ended = Result.SUCCESS;
    boolean done = false;
    Lock lock = stream.context().capturing();
    lock.lock();
    try {
      Result.check(
          LibCudaGraphs.cuStreamBeginCapture_v2(stream.handle(), CAPTURE_THREAD_LOCAL),
          "Beginning to capture a graph");
      try {
        work.run();
        done = true;
      } finally {
        ended = LibCudaGraphs.cuStreamEndCapture(stream.handle(), graph);
        if (!done && graph[0] != 0) {
          LibCudaGraphs.cuGraphDestroy(graph[0]);
        }
      }
    } finally {
      lock.unlock();
    }
    Result.check(ended, "Capturing a graph");
    return graph[0];
  }

  /** Enqueues all of the captured work. */
  public void launch(CudaStream stream) {
    use();
    Result.check(LibCudaGraphs.cuGraphLaunch(executable, stream.handle()), "Launching a graph");
  }

  @Override
  void release() {
    LibCudaGraphs.cuGraphExecDestroy(executable);
  }
}
