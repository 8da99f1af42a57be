package org.vgg4j.cuda.engine;

import java.nio.FloatBuffer;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.CudaEvent;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.HostMemory;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.network.HostThreads;

/**
 * Brings images, and what belongs to them, to the GPU: through pinned memory, on a stream of its
 * own, so that a copy runs beside what the GPU still computes. Several threads fill the pinned
 * memory, and a piece is on its way while others are filled. Not thread-safe.
 */
final class ImageFeed implements AutoCloseable {
  private static final int CHANNELS = 3;

  /** Bytes that one thread fills and sends; what is not more needs no other threads. */
  private static final int PIECE = 1 << 20;

  private final HostThreads threads;
  private final int side;
  private final Allocation allocation;
  private final long device;
  private final Layouts layouts;
  private final HostMemory pinned;
  private final CudaStream copies;
  private final CudaEvent copied;

  /**
   * @param threads that fill the pinned memory
   * @param side of the first convolution's filters, see {@link MapShape#patches}
   * @param allocation that the memory on the GPU was taken from
   * @param device address of what was taken
   * @param bytes of it
   */
  ImageFeed(
      Gpu gpu, HostThreads threads, int side, Allocation allocation, long device, long bytes) {
    this.threads = threads;
    this.side = side;
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
   * Copies images to the map that the first convolution reads. What was enqueued on the stream
   * before may still run, but must not read what an earlier call brought.
   *
   * @param images {@code [N][3][height][width]}; may be longer
   * @param shape of the map
   * @param map overwritten
   * @param ints what comes with the images
   * @return address of the ints on the GPU
   */
  long copy(CudaStream stream, float[] images, MapShape shape, Planes map, int... ints) {
    long at = upload(stream, images, shape, ints);
    toPatches(stream, shape, map);
    return at;
  }

  /**
   * Like {@link #copy}, but makes no map of them. What is enqueued on the stream from now on runs
   * after they have arrived.
   */
  long upload(CudaStream stream, float[] images, MapShape shape, int... ints) {
    int floats = Math.multiplyExact(CHANNELS, shape.pixels());
    int intsAt = Math.multiplyExact(Float.BYTES, floats);
    pinned.buffer().position(intsAt).asIntBuffer().put(ints);
    int end = Math.addExact(intsAt, Integer.BYTES * ints.length);
    int pieces = (int) (((long) end + PIECE - 1) / PIECE);
    if (pieces == 1) {
      send(images, 0, intsAt, end);
    } else {
      threads.parallel(
          pieces,
          piece -> {
            int from = piece * PIECE;
            send(images, from, intsAt, from + Math.min(PIECE, end - from));
          });
    }
    copied.record(copies);
    stream.waitFor(copied);
    return device + intsAt;
  }

  /** Fills a piece of the pinned memory with its part of the images, and sends the piece. */
  private void send(float[] images, int from, int intsAt, int end) {
    int floats = (Math.min(end, intsAt) - from) / Float.BYTES;
    if (floats > 0) {
      FloatBuffer piece = pinned.buffer().position(from).asFloatBuffer();
      piece.put(images, from / Float.BYTES, floats);
    }
    copies.copy(pinned, from, allocation.memory(device), from, end - from);
  }

  /** Makes the map that the first convolution reads of the images that were uploaded last. */
  void toPatches(CudaStream stream, MapShape shape, Planes map) {
    layouts.toPatches(stream, shape, device, side, map);
  }

  @Override
  public void close() {
    copied.close();
    copies.close();
    pinned.close();
  }
}
