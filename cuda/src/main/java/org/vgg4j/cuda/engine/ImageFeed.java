package org.vgg4j.cuda.engine;

import java.nio.ByteBuffer;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.CudaEvent;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.HostMemory;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;

/**
 * Brings images, and what belongs to them, to the GPU: through pinned memory, on a stream of its
 * own, so that a copy runs beside what the GPU still computes. Not thread-safe.
 */
final class ImageFeed implements AutoCloseable {
  private static final int CHANNELS = 3;

  private final Allocation allocation;
  private final long device;
  private final Layouts layouts;
  private final HostMemory pinned;
  private final CudaStream copies;
  private final CudaEvent copied;

  /**
   * @param allocation that {@link #take} took from
   * @param device what it took
   * @param bytes of it
   */
  ImageFeed(Gpu gpu, Allocation allocation, long device, long bytes) {
    this.allocation = allocation;
    this.device = device;
    this.layouts = new Layouts(gpu.library());
    this.copies = CudaStream.create(gpu.context());
    this.copied = CudaEvent.create(gpu.context());
    try {
      this.pinned = HostMemory.allocate(gpu.context(), bytes);
    } catch (RuntimeException | Error e) {
      copied.close();
      copies.close();
      throw e;
    }
  }

  /** Bytes of so many images of a size, with so many ints for each. */
  static long bytes(int images, int height, int width, int ints) {
    return 4L * images * ((long) CHANNELS * height * width + ints);
  }

  /**
   * Checks that what is copied at once is not more than can be.
   *
   * @throws InputException if it is
   */
  static void require(long bytes) {
    if (bytes > Integer.MAX_VALUE) {
      throw new InputException(
          "a batch of this size holds more than 2 GB of pixels, the most that is copied at once:"
              + " take a smaller batch");
    }
  }

  /**
   * Copies images to a map. What was enqueued on the stream before may still run, but must not read
   * what an earlier call brought.
   *
   * @param images {@code [N][3][height][width]}; may be longer
   * @param shape of the map
   * @param map overwritten
   * @param ints a value for each image in each array
   * @return address of the ints on the GPU, {@code [arrays][N]}
   */
  long copy(CudaStream stream, float[] images, MapShape shape, Planes map, int[]... ints) {
    int count = Math.multiplyExact(CHANNELS, shape.pixels());
    ByteBuffer buffer = pinned.buffer();
    buffer.asFloatBuffer().put(images, 0, count);
    long at = 4L * count;
    buffer.position(Math.toIntExact(at));
    for (int[] values : ints) {
      buffer.asIntBuffer().put(values, 0, shape.images());
      buffer.position(buffer.position() + 4 * shape.images());
    }
    copies.copy(pinned, 0, allocation.memory(device), 0, buffer.position());
    copied.record(copies);
    stream.waitFor(copied);
    layouts.toMap(stream, shape, device, CHANNELS, map);
    return device + at;
  }

  @Override
  public void close() {
    copied.close();
    copies.close();
    pinned.close();
  }
}
