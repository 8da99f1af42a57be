package org.vgg4j.cuda.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.network.MemoryPlan;

/**
 * Allocates a network's arrays, on a GPU or only on paper. The same layout code runs against both,
 * so a plan cannot differ from what is allocated.
 */
abstract sealed class Allocation implements AutoCloseable {
  /** What the driver rounds allocations up to. */
  private static final long GRANULE = 512;

  private final Map<String, Long> parts = new LinkedHashMap<>();

  private Allocation() {}

  /** Only counts. Its addresses serve only to differ from null. */
  static Allocation planned() {
    return new Planned();
  }

  /** Allocates on a GPU. */
  static Allocation on(Context context) {
    return new Real(context);
  }

  /**
   * Takes an array.
   *
   * @param part that it is counted among
   * @param bytes 0 or more
   * @return its address, a multiple of 256; 0 if it has no bytes
   * @throws org.vgg4j.cuda.driver.OutOfDeviceMemoryException if there is not so much
   */
  final long take(String part, long bytes) {
    if (bytes == 0) {
      return 0;
    }
    long rounded = (bytes + GRANULE - 1) / GRANULE * GRANULE;
    parts.merge(part, rounded, Long::sum);
    return place(rounded);
  }

  abstract long place(long bytes);

  /** The memory in which an array of this allocation begins, for copies. */
  abstract DeviceMemory memory(long address);

  /** What was taken. */
  final MemoryPlan plan() {
    return new MemoryPlan(new LinkedHashMap<>(parts), 0);
  }

  @Override
  public abstract void close();

  private static final class Planned extends Allocation {
    private long end = GRANULE;

    @Override
    long place(long bytes) {
      long address = end;
      end += bytes;
      return address;
    }

    @Override
    DeviceMemory memory(long address) {
      throw new IllegalStateException("nothing lies in a plan");
    }

    @Override
    public void close() {}
  }

  private static final class Real extends Allocation {
    private final Context context;
    private final Map<Long, DeviceMemory> byAddress = new TreeMap<>();

    Real(Context context) {
      this.context = context;
    }

    @Override
    long place(long bytes) {
      DeviceMemory memory = DeviceMemory.allocate(context, bytes);
      byAddress.put(memory.address(), memory);
      return memory.address();
    }

    @Override
    DeviceMemory memory(long address) {
      return Objects.requireNonNull(byAddress.get(address));
    }

    @Override
    public void close() {
      byAddress.values().forEach(DeviceMemory::close);
      byAddress.clear();
    }
  }
}
