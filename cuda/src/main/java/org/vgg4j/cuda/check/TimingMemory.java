package org.vgg4j.cuda.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Precision;

/**
 * Memory of the sizes of real layers, full of random numbers: zeros would cost less energy, and so
 * less time.
 */
final class TimingMemory implements AutoCloseable {
  private static final int BLOCK = 1 << 20; // values

  private final KernelLibrary library;
  private final CudaStream stream;
  private final DeviceMemory random;
  private final List<DeviceMemory> open = new ArrayList<>();

  TimingMemory(KernelLibrary library) {
    this.library = library;
    this.stream = CudaStream.create(library.context());
    Random numbers = new Random(1);
    short[] values = new short[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
      values[i] = DeviceValues.bf16(numbers.nextGaussian());
    }
    random = DeviceMemory.allocate(library.context(), 2L * BLOCK);
    random.upload(values);
  }

  KernelLibrary library() {
    return library;
  }

  /** A map, or weights, of normally distributed values. */
  Planes map(long values, Precision precision) {
    long bytes = precision.bytes(values);
    DeviceMemory memory = DeviceMemory.allocate(library.context(), bytes);
    open.add(memory);
    for (long at = 0; at < bytes; at += 2L * BLOCK) {
      stream.copy(random, 0, memory, at, Math.min(2L * BLOCK, bytes - at));
    }
    stream.synchronize();
    return precision.at(memory.address(), values);
  }

  /** Memory full of zeros. */
  long zeros(long bytes) {
    DeviceMemory memory = DeviceMemory.allocate(library.context(), Math.max(16, bytes));
    open.add(memory);
    stream.clear(memory);
    stream.synchronize();
    return memory.address();
  }

  /** Memory that holds these. */
  long ints(int... values) {
    DeviceMemory memory = DeviceMemory.allocate(library.context(), 4L * values.length);
    open.add(memory);
    memory.upload(values);
    return memory.address();
  }

  @Override
  public void close() {
    open.forEach(DeviceMemory::close);
    random.close();
    stream.close();
  }
}
