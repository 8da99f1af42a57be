package org.vgg4j.cuda.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.CudaEvent;
import org.vgg4j.cuda.driver.CudaException;
import org.vgg4j.cuda.driver.CudaGraph;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.Device;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.driver.HostMemory;
import org.vgg4j.cuda.driver.KernelModule;
import org.vgg4j.cuda.driver.OutOfDeviceMemoryException;

/** Whether a real driver does what the emulator does, and how fast it copies. */
final class DriverChecks {
  private static final int COPY_BYTES = 64 << 20;
  private static final int REPEATS = 20;

  private final Device device;
  private final Map<String, Check> checks = new LinkedHashMap<>();

  /** Returns what to print beside "ok"; throws if something is wrong. */
  private interface Check {
    String run(Context context);
  }

  DriverChecks(Device device) {
    this.device = device;
    checks.put("arrays", DriverChecks::arrays);
    checks.put("asynchronous copies", DriverChecks::asynchronous);
    checks.put("graph", DriverChecks::graph);
    checks.put("out of memory", DriverChecks::outOfMemory);
    checks.put("wrong PTX", DriverChecks::wrongPtx);
    checks.put("pinned to device", DriverChecks::toDevice);
    checks.put("device to pinned", DriverChecks::fromDevice);
    checks.put("on the device", DriverChecks::onDevice);
    checks.put("a call", DriverChecks::call);
  }

  /** Runs all; returns how many fail. */
  int run(ObjectNode json) {
    System.out.println();
    System.out.println("The driver");
    int failed = 0;
    long start = System.nanoTime();
    try (Context context = Context.open(device)) {
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf(Locale.ROOT, "ok     context: %.2f s%n", seconds);
      json.put("context", seconds);
      for (Map.Entry<String, Check> check : checks.entrySet()) {
        try {
          String said = check.getValue().run(context);
          System.out.println("ok     " + check.getKey() + ": " + said);
          json.put(check.getKey(), said);
        } catch (RuntimeException e) {
          System.out.println("WRONG  " + check.getKey() + ": " + e);
          json.put(check.getKey(), "WRONG: " + e);
          failed++;
        }
      }
    } catch (RuntimeException e) {
      System.out.println("WRONG  " + e);
      failed++;
    }
    return failed;
  }

  private static void must(boolean right, String what) {
    if (!right) {
      throw new IllegalStateException(what);
    }
  }

  private static String arrays(Context context) {
    float[] values = new float[3 << 20];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    float[] back = new float[values.length];
    try (DeviceMemory memory = DeviceMemory.of(context, values)) {
      memory.download(back);
    }
    must(Arrays.equals(values, back), "what was uploaded does not come back");
    return "come back as they went";
  }

  private static String asynchronous(Context context) {
    try (CudaStream copies = CudaStream.create(context);
        CudaStream work = CudaStream.create(context);
        CudaEvent arrived = CudaEvent.create(context);
        HostMemory host = HostMemory.allocate(context, COPY_BYTES);
        HostMemory back = HostMemory.allocate(context, COPY_BYTES);
        DeviceMemory first = DeviceMemory.allocate(context, COPY_BYTES);
        DeviceMemory second = DeviceMemory.allocate(context, COPY_BYTES)) {
      ByteBuffer from = host.buffer();
      for (int i = 0; i < COPY_BYTES; i += 4) {
        from.putInt(i, i);
      }
      work.clear(second);
      copies.copy(host, 0, first, 0, COPY_BYTES);
      arrived.record(copies);
      work.waitFor(arrived);
      work.copy(first, 0, second, 4, COPY_BYTES - 4);
      work.copy(second, 0, back, 0, COPY_BYTES);
      work.synchronize();
      ByteBuffer to = back.buffer();
      must(to.getInt(0) == 0, "what was cleared is not 0");
      for (int i = 4; i < COPY_BYTES; i += 4) {
        must(to.getInt(i) == i - 4, "a copy is wrong at byte " + i);
      }
    }
    return "ordered by an event";
  }

  private static String graph(Context context) {
    try (CudaStream stream = CudaStream.create(context);
        DeviceMemory memory = DeviceMemory.of(context, new float[] {1, 2, 3, 4});
        CudaGraph graph =
            CudaGraph.capture(
                stream,
                () -> {
                  stream.copy(memory, 0, memory, 8, 4);
                  stream.clear(memory, 0, 4);
                })) {
      graph.launch(stream);
      graph.launch(stream);
      stream.synchronize();
      float[] values = new float[4];
      memory.download(values);
      must(values[0] == 0 && values[2] == 0 && values[3] == 4, "a graph ran wrongly");
    }
    return "captured and launched twice";
  }

  private static String outOfMemory(Context context) {
    try (DeviceMemory memory = DeviceMemory.allocate(context, 1L << 44)) {
      throw new IllegalStateException("16 TiB were allocated: " + memory.bytes());
    } catch (OutOfDeviceMemoryException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String wrongPtx(Context context) {
    String ptx =
        ".version 7.1\n"
            + ".target sm_80\n"
            + ".address_size 64\n"
            + ".visible .entry k()\n"
            + "{\n"
            + "\tadd.f33 %r1;\n"
            + "}\n";
    try (KernelModule module = KernelModule.load(context, ptx, "wrong")) {
      throw new IllegalStateException(module + " was assembled");
    } catch (CudaException e) {
      return String.valueOf(e.getMessage()).replace('\n', ' ');
    }
  }

  private static String toDevice(Context context) {
    try (CudaStream stream = CudaStream.create(context);
        HostMemory host = HostMemory.allocate(context, COPY_BYTES);
        DeviceMemory memory = DeviceMemory.allocate(context, COPY_BYTES)) {
      return speed(context, stream, () -> stream.copy(host, 0, memory, 0, COPY_BYTES), 1);
    }
  }

  private static String fromDevice(Context context) {
    try (CudaStream stream = CudaStream.create(context);
        HostMemory host = HostMemory.allocate(context, COPY_BYTES);
        DeviceMemory memory = DeviceMemory.allocate(context, COPY_BYTES)) {
      return speed(context, stream, () -> stream.copy(memory, 0, host, 0, COPY_BYTES), 1);
    }
  }

  private static String onDevice(Context context) {
    try (CudaStream stream = CudaStream.create(context);
        DeviceMemory from = DeviceMemory.allocate(context, COPY_BYTES);
        DeviceMemory to = DeviceMemory.allocate(context, COPY_BYTES)) {
      return speed(context, stream, () -> stream.copy(from, 0, to, 0, COPY_BYTES), 2);
    }
  }

  private static String speed(Context context, CudaStream stream, Runnable copy, int directions) {
    try (CudaEvent start = CudaEvent.create(context);
        CudaEvent end = CudaEvent.create(context)) {
      copy.run();
      start.record(stream);
      for (int i = 0; i < REPEATS; i++) {
        copy.run();
      }
      end.record(stream);
      end.synchronize();
      double milliseconds = end.millisecondsSince(start);
      double gigabytes = (double) directions * REPEATS * COPY_BYTES / 1e9;
      return String.format(Locale.ROOT, "%.1f GB/s", gigabytes / milliseconds * 1e3);
    }
  }

  private static String call(Context context) {
    int calls = 20_000;
    try (CudaStream stream = CudaStream.create(context);
        CudaEvent event = CudaEvent.create(context)) {
      for (int i = 0; i < calls; i++) {
        event.record(stream);
      }
      stream.synchronize();
      long start = System.nanoTime();
      for (int i = 0; i < calls; i++) {
        event.record(stream);
      }
      double microseconds = (System.nanoTime() - start) / 1e3 / calls;
      stream.synchronize();
      return String.format(Locale.ROOT, "%.2f us to record an event", microseconds);
    }
  }
}
