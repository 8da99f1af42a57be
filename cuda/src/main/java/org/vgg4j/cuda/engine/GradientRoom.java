package org.vgg4j.cuda.engine;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.ChannelSums;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Table;

/**
 * Where gradients of a backward pass wait for each other: in memory that is as large as the largest
 * of them needs, several small ones have room, and are handed over together.
 */
final class GradientRoom {
  private static final long ALIGNMENT = 256;

  private final Gpu gpu;
  private final CudaStream stream;
  private final GradientSink sink;
  private final DeviceTables tables;
  private final long address;
  private final long bytes;
  private final List<GradientSink.Gradient> waiting = new ArrayList<>();
  private final List<ChannelSums.Bias> unsummed = new ArrayList<>();
  private long used;

  /**
   * @param sink that takes them
   * @param address of the memory
   * @param bytes of it, see {@link #bytes}
   */
  GradientRoom(
      Gpu gpu,
      CudaStream stream,
      GradientSink sink,
      DeviceTables tables,
      long address,
      long bytes) {
    this.gpu = gpu;
    this.stream = stream;
    this.sink = sink;
    this.tables = tables;
    this.address = address;
    this.bytes = bytes;
  }

  /** Bytes that so many floats take of it. */
  static long bytes(long floats) {
    return (Float.BYTES * floats + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /**
   * Room for a gradient of so many floats, with its slices; if there is not so much, what was
   * announced by {@link #add} is handed over first.
   *
   * @return its address
   */
  long take(long floats) {
    if (bytes(floats) > bytes - used) {
      flush();
    }
    long at = address + used;
    used += bytes(floats);
    if (used > bytes) {
      throw new IllegalStateException("no room for a gradient of " + floats + " floats");
    }
    return at;
  }

  /** Says that a gradient has been enqueued: what comes after may hand it over. */
  void add(DeviceParameter parameter, long at, int slices) {
    waiting.add(new GradientSink.Gradient(parameter, at, slices));
  }

  /**
   * Adds the gradient with respect to a bias, which is summed when it is handed over.
   *
   * @param g gradient with respect to the layer's output, which must stay as it is until then
   */
  void addSums(DeviceParameter bias, ChannelSums sums, Planes g) {
    long at = take(sums.length());
    unsummed.add(new ChannelSums.Bias(sums, g, at));
    add(bias, at, sums.slices());
  }

  /** Ends a layer: whoever wants gradients early gets them. */
  void endLayer() {
    if (!sink.isOneStream()) {
      flush();
    }
  }

  /** Hands over what waits. */
  void flush() {
    if (!unsummed.isEmpty()) {
      Table table = ChannelSums.table(unsummed);
      ChannelSums.biasGradients(gpu.library(), stream, table, tables.address(table));
      unsummed.clear();
    }
    if (!waiting.isEmpty()) {
      sink.take(List.copyOf(waiting));
      waiting.clear();
    }
    used = 0;
  }
}
