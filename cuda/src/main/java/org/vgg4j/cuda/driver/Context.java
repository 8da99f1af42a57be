package org.vgg4j.cuda.driver;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A GPU in use: its memory, streams, events and kernels belong to a context, and go with it. It is
 * the device's primary context, which libraries in the same process share. Thread-safe.
 */
public final class Context implements AutoCloseable {
  /**
   * The driver ends a capture when any thread waits for the whole GPU, or takes or frees memory
   * there; so those who do share this lock, and whoever captures has it alone. There is one for
   * each GPU, by its number, since the primary context is one and the same for all of ours.
   */
  private static final Map<Integer, ReadWriteLock> CAPTURES = new ConcurrentHashMap<>();

  private final Device device;
  private final int handle;
  private final long context;
  private final Set<Owned> open = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final ReadWriteLock captures;

  private Context(Device device, int handle, long context) {
    this.device = device;
    this.handle = handle;
    this.context = context;
    this.captures =
        CAPTURES.computeIfAbsent(device.ordinal(), ordinal -> new ReentrantReadWriteLock());
  }

  /**
   * Begins to use a GPU. The first time it takes the driver a few tenths of a second.
   *
   * @throws OutOfDeviceMemoryException if it has no memory free
   * @throws UnusableDeviceException if another process has it for itself alone
   */
  public static Context open(Device device) {
    int handle = device.handle();
    long[] context = new long[1];
    int code = LibCuda.cuDevicePrimaryCtxRetain(context, handle);
    if (code == Result.OUT_OF_MEMORY) {
      throw new OutOfDeviceMemoryException(device, 512L << 20, 0);
    }
    if (code == Result.DEVICE_UNAVAILABLE) {
      throw new UnusableDeviceException(
          device + " is used by another process in exclusive mode",
          "end that process (nvidia-smi lists it), use another GPU");
    }
    Result.check(code, "Starting " + device);
    return new Context(device, handle, context[0]);
  }

  /** The GPU. */
  public Device device() {
    return device;
  }

  long handle() {
    return context;
  }

  void makeCurrent() {
    if (closed.get()) {
      throw new IllegalStateException("The context of " + device + " is closed");
    }
    Result.check(LibCuda.cuCtxSetCurrent(context), "Choosing " + device);
  }

  /** For closing, which goes on whatever the driver says. */
  void makeCurrentUnchecked() {
    LibCuda.cuCtxSetCurrent(context);
  }

  void own(Owned resource) {
    open.add(resource);
  }

  void disown(Owned resource) {
    open.remove(resource);
  }

  /** Bytes of the GPU's memory that are free now, other programs' use taken off. */
  public long freeMemory() {
    makeCurrent();
    long[] free = new long[1];
    Result.check(LibCuda.cuMemGetInfo_v2(free, new long[1]), "Asking for free memory");
    return free[0];
  }

  /** How many pieces of memory, on the device or pinned, are not closed yet: for finding leaks. */
  public int openAllocations() {
    return (int)
        open.stream().filter(it -> it instanceof DeviceMemory || it instanceof HostMemory).count();
  }

  /** Bytes of device memory that are allocated through this context. */
  public long allocatedBytes() {
    return open.stream()
        .mapToLong(it -> it instanceof DeviceMemory memory ? memory.bytes() : 0)
        .sum();
  }

  /** Held while a stream on this GPU captures. */
  Lock capturing() {
    return captures.writeLock();
  }

  /** Held while something waits for the whole GPU, or may. */
  Lock waiting() {
    return captures.readLock();
  }

  /** Waits for all work on all streams, and throws what failed in it. */
  public void synchronize() {
    makeCurrent();
    waiting().lock();
    try {
      Result.check(LibCuda.cuCtxSynchronize(), "Work on " + device);
    } finally {
      waiting().unlock();
    }
  }

  /**
   * Lets this context's kernels and copies reach another's memory directly, where the machine can.
   *
   * @return whether it can; if not, {@link CudaStream#copy} goes through the host's memory
   */
  public boolean enablePeerAccess(Context peer) {
    int[] can = new int[1];
    Result.check(
        LibCuda.cuDeviceCanAccessPeer(can, handle, peer.handle),
        "Asking whether " + device + " reaches " + peer.device);
    if (can[0] == 0) {
      return false;
    }
    makeCurrent();
    int code = LibCuda.cuCtxEnablePeerAccess(peer.context, 0);
    if (code == Result.TOO_MANY_PEERS) {
      return false;
    }
    if (code != Result.PEER_ACCESS_ALREADY_ENABLED) {
      Result.check(code, "Letting " + device + " reach " + peer.device);
    }
    return true;
  }

  /**
   * Waits for all work, closes what is still open, and gives the GPU back. Closing again does
   * nothing.
   *
   * @throws org.vgg4j.base.DeviceFailedException if work that nobody waited for has failed
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    int code;
    int released;
    waiting().lock();
    try {
      makeCurrentUnchecked();
      code = LibCuda.cuCtxSynchronize();
      List.copyOf(open).forEach(Owned::close);
      released = LibCuda.cuDevicePrimaryCtxRelease_v2(handle);
    } finally {
      waiting().unlock();
    }
    Result.check(code, "Work on " + device);
    Result.check(released, "Giving back " + device);
  }
}
