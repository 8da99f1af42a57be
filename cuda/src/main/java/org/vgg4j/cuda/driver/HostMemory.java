package org.vgg4j.cuda.driver;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.vgg4j.base.ScarceMemoryException;

/**
 * Pinned memory of the host, which the GPU copies from and to while the CPU goes on. Its content
 * must stay as it is until a copy from it has been waited for, and be read only after a copy into
 * it has. {@link #close} takes the buffers away with it: nothing may use them afterwards.
 */
public final class HostMemory extends Owned {
  /** Moves {@code count} elements from index {@code at} of an array from or to a buffer's start. */
  interface Move {
    void move(Pointer buffer, int at, int count);
  }

  private static final int PIECE = 4 << 20;

  private final long pointer;
  private final long bytes;

  private HostMemory(Context context, long pointer, long bytes) {
    super(context);
    this.pointer = pointer;
    this.bytes = bytes;
  }

  /**
   * @param bytes 1 to 2^31-1
   * @throws ScarceMemoryException if there is less
   */
  public static HostMemory allocate(Context context, long bytes) {
    if (bytes < 1 || bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("Cannot allocate " + bytes + " bytes of pinned memory");
    }
    context.makeCurrent();
    long[] pointer = new long[1];
    int code;
    context.waiting().lock(); // the driver may wait for work before it gives memory
    try {
      code = LibCuda.cuMemHostAlloc(pointer, bytes, 0);
    } finally {
      context.waiting().unlock();
    }
    if (code == Result.OUT_OF_MEMORY) {
      throw new ScarceMemoryException(
          "There are not %s of pinned host memory: use a smaller batch, or raise the limit of the container."
              .formatted(Bytes.text(bytes)));
    }
    Result.check(code, "Allocating " + Bytes.text(bytes) + " of pinned memory");
    return new HostMemory(context, pointer[0], bytes);
  }

  /** Its size in bytes. */
  public long bytes() {
    return bytes;
  }

  /** All of it, in the machine's byte order; position 0. */
  public ByteBuffer buffer() {
    use();
    return new Pointer(pointer).getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
  }

  /** The address of a part, checked to lie inside. */
  long address(long offset, long length) {
    if (offset < 0 || length < 0 || offset > bytes - length) {
      throw new IndexOutOfBoundsException(
          "Bytes %d to %d of %d".formatted(offset, offset + length, bytes));
    }
    use();
    return pointer + offset;
  }

  /** Moves an array in pieces through a pinned buffer, which is several times faster. */
  static void inPieces(Context context, int width, int count, Move move) {
    if (count == 0) {
      return;
    }
    int piece = Math.min(count, PIECE / width);
    try (HostMemory staging = allocate(context, (long) piece * width)) {
      Pointer buffer = new Pointer(staging.pointer);
      for (int at = 0; at < count; at += piece) {
        move.move(buffer, at, Math.min(piece, count - at));
      }
    }
  }

  @Override
  void release() {
    LibCuda.cuMemFreeHost(pointer);
  }
}
