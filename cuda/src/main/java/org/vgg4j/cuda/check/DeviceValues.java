package org.vgg4j.cuda.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Precision;

/** Numbers on their way to the GPU and back; frees what it allocated. */
final class DeviceValues implements AutoCloseable {
  private static final int INFINITE = 0x7f80;

  private final KernelLibrary library;
  private final CudaStream stream;
  private final Random random = new Random(1);
  private final List<DeviceMemory> open = new ArrayList<>();
  private final Map<Long, DeviceMemory> byAddress = new HashMap<>();

  DeviceValues(KernelLibrary library) {
    this.library = library;
    this.stream = CudaStream.create(library.context());
  }

  KernelLibrary library() {
    return library;
  }

  CudaStream stream() {
    return stream;
  }

  /** Normally distributed numbers. */
  double[] random(long count, double deviation) {
    double[] values = new double[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian() * deviation;
    }
    return values;
  }

  /** The same, rectified. */
  double[] randomMap(long count) {
    return Arrays.stream(random(count, 1)).map(v -> Math.max(v, 0)).toArray();
  }

  /** Memory full of NaN. */
  long room(long bytes) {
    DeviceMemory memory = DeviceMemory.allocate(library.context(), Math.max(16, bytes));
    byte[] nan = new byte[Math.toIntExact(Math.max(16, bytes))];
    Arrays.fill(nan, (byte) -1);
    memory.upload(nan);
    open.add(memory);
    byAddress.put(memory.address(), memory);
    return memory.address();
  }

  /** Memory of a map, full of NaN. */
  Planes room(long values, Precision precision) {
    return precision.at(room(precision.bytes(values)), values);
  }

  /** A map of these values, which become what it holds: rounded. */
  Planes map(double[] values, Precision precision) {
    short[] planes = new short[values.length * precision.planes()];
    for (int i = 0; i < values.length; i++) {
      planes[i] = bf16(values[i]);
      double held = value(planes[i]);
      if (precision == Precision.FP32) {
        planes[values.length + i] = bf16((float) values[i] - held);
        held += value(planes[values.length + i]);
      }
      values[i] = held;
    }
    long address = room(2L * planes.length);
    memory(address).upload(planes);
    return precision.at(address, values.length);
  }

  /** Floats, which the values become. */
  long floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
      values[i] = floats[i];
    }
    long address = room(4L * floats.length);
    memory(address).upload(floats);
    return address;
  }

  long ints(int... values) {
    long address = room(4L * values.length);
    memory(address).upload(values);
    return address;
  }

  long aDouble(double value) {
    long bits = Double.doubleToLongBits(value);
    return ints((int) bits, (int) (bits >>> 32));
  }

  long bytes(int[] values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    long address = room(bytes.length);
    memory(address).upload(bytes);
    return address;
  }

  double[] read(Planes map, long count) {
    int values = Math.toIntExact(count);
    short[] planes = new short[map.low() == 0 ? values : 2 * values];
    memory(map.high()).download(planes);
    double[] result = new double[values];
    for (int i = 0; i < values; i++) {
      result[i] = value(planes[i]) + (map.low() == 0 ? 0 : value(planes[values + i]));
    }
    return result;
  }

  double[] readFloats(long address, long count) {
    float[] floats = new float[Math.toIntExact(count)];
    memory(address).download(floats);
    double[] result = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      result[i] = floats[i];
    }
    return result;
  }

  /** The sum of slices. */
  double[] readSlices(long address, int slices, int count) {
    double[] all = readFloats(address, (long) slices * count);
    double[] sum = new double[count];
    for (int i = 0; i < all.length; i++) {
      sum[i % count] += all[i];
    }
    return sum;
  }

  double[] readDoubles(long address, int count) {
    int[] halves = new int[2 * count];
    memory(address).download(halves);
    double[] result = new double[count];
    for (int i = 0; i < count; i++) {
      result[i] =
          Double.longBitsToDouble((long) halves[2 * i + 1] << 32 | halves[2 * i] & 0xFFFFFFFFL);
    }
    return result;
  }

  int[] readBytes(long address, long count) {
    byte[] bytes = new byte[Math.toIntExact(count)];
    memory(address).download(bytes);
    int[] result = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      result[i] = bytes[i];
    }
    return result;
  }

  private DeviceMemory memory(long address) {
    return Objects.requireNonNull(byAddress.get(address));
  }

  /** Rounds to nearest, to even if there are two. */
  static short bf16(double value) {
    int bits = Float.floatToIntBits((float) value);
    if ((bits >>> 16 & 0x7fff) >= INFINITE) {
      return (short) (bits >>> 16);
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }

  static double value(short bf16) {
    return Float.intBitsToFloat(bf16 << 16);
  }

  @Override
  public void close() {
    open.forEach(DeviceMemory::close);
    stream.close();
  }
}
