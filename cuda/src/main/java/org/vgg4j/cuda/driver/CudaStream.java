package org.vgg4j.cuda.driver;

/**
 * A queue of work on a GPU. What is enqueued runs in order; two streams run beside each other
 * unless an event orders them. No call but {@link #synchronize} waits.
 */
public final class CudaStream extends Owned {
  /** Without the implicit order with the driver's default stream, which we do not use. */
  private static final int NON_BLOCKING = 1;

  private final long handle;

  private CudaStream(Context context, long handle) {
    super(context);
    this.handle = handle;
  }

  /** A new stream. */
  public static CudaStream create(Context context) {
    context.makeCurrent();
    long[] handle = new long[1];
    Result.check(LibCuda.cuStreamCreate(handle, NON_BLOCKING), "Creating a stream");
    return new CudaStream(context, handle[0]);
  }

  long handle() {
    use();
    return handle;
  }

  /** Waits for all work enqueued so far, and throws what failed in it. */
  public void synchronize() {
    Result.check(LibCuda.cuStreamSynchronize(handle()), "Work on " + context().device());
  }

  /** Work enqueued from now on runs after what an event of any stream or device has recorded. */
  public void waitFor(CudaEvent event) {
    Result.check(LibCuda.cuStreamWaitEvent(handle(), event.handle(), 0), "Waiting for an event");
  }

  /** Enqueues a copy to the GPU. All sizes are bytes. */
  public void copy(HostMemory from, long fromOffset, DeviceMemory to, long toOffset, long bytes) {
    long source = from.address(fromOffset, bytes);
    long target = to.address(toOffset, bytes);
    Result.check(
        LibCuda.cuMemcpyHtoDAsync_v2(target, source, bytes, handle()),
        "A copy to " + context().device());
  }

  /** Enqueues a copy from the GPU. All sizes are bytes. */
  public void copy(DeviceMemory from, long fromOffset, HostMemory to, long toOffset, long bytes) {
    long source = from.address(fromOffset, bytes);
    long target = to.address(toOffset, bytes);
    Result.check(
        LibCuda.cuMemcpyDtoHAsync_v2(target, source, bytes, handle()),
        "A copy from " + context().device());
  }

  /** Enqueues a copy on the GPU, or from one GPU to another. All sizes are bytes. */
  public void copy(DeviceMemory from, long fromOffset, DeviceMemory to, long toOffset, long bytes) {
    long source = from.address(fromOffset, bytes);
    long target = to.address(toOffset, bytes);
    Context here = from.context();
    Context there = to.context();
    long stream = handle();
    int code =
        here == there
            ? LibCuda.cuMemcpyDtoDAsync_v2(target, source, bytes, stream)
            : LibCuda.cuMemcpyPeerAsync(
                target, there.handle(), source, here.handle(), bytes, stream);
    Result.check(code, "A copy from " + here.device() + " to " + there.device());
  }

  /** Enqueues the clearing of a part to zero bytes. */
  public void clear(DeviceMemory memory, long offset, long bytes) {
    long target = memory.address(offset, bytes);
    Result.check(
        LibCuda.cuMemsetD8Async(target, (byte) 0, bytes, handle()),
        "Clearing memory of " + context().device());
  }

  /** Enqueues the clearing of all of a piece of memory to zero bytes. */
  public void clear(DeviceMemory memory) {
    clear(memory, 0, memory.bytes());
  }

  @Override
  void release() {
    LibCuda.cuStreamDestroy_v2(handle);
  }
}
