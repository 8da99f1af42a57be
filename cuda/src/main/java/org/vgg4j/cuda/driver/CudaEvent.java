package org.vgg4j.cuda.driver;

/** A mark in a stream's work: to wait for, and to measure between. */
public final class CudaEvent extends Owned {
  private final long handle;

  private CudaEvent(Context context, long handle) {
    super(context);
    this.handle = handle;
  }

  /** A new event, not recorded. */
  public static CudaEvent create(Context context) {
    context.makeCurrent();
    long[] handle = new long[1];
    Result.check(LibCuda.cuEventCreate(handle, 0), "Creating an event");
    return new CudaEvent(context, handle[0]);
  }

  long handle() {
    use();
    return handle;
  }

  /** Marks the work enqueued on a stream so far; an earlier mark is forgotten. */
  public void record(CudaStream stream) {
    Result.check(LibCuda.cuEventRecord(handle(), stream.handle()), "Recording an event");
  }

  /** Waits until the marked work is done, and throws what failed in it. */
  public void synchronize() {
    Result.check(LibCuda.cuEventSynchronize(handle()), "Work on " + context().device());
  }

  /** The GPU's time between two recorded events that have been waited for, milliseconds. */
  public float millisecondsSince(CudaEvent start) {
    float[] milliseconds = new float[1];
    Result.check(
        LibCuda.cuEventElapsedTime(milliseconds, start.handle(), handle()), "Measuring time");
    return milliseconds[0];
  }

  @Override
  void release() {
    LibCuda.cuEventDestroy_v2(handle);
  }
}
