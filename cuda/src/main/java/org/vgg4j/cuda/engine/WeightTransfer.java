package org.vgg4j.cuda.engine;

import java.util.Arrays;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.MapShape;

/**
 * Brings parameters to the GPU and back, between the layout of files and that of the GPU. Not
 * thread-safe.
 */
final class WeightTransfer {
  private final CudaStream stream;
  private final Layouts layouts;
  private final DeviceMemory room;

  /**
   * @param room for the largest weights as files have them, in floats; what was enqueued there
   *     before is overwritten
   */
  WeightTransfer(Gpu gpu, CudaStream stream, DeviceMemory room) {
    this.stream = stream;
    this.layouts = new Layouts(gpu.library());
    this.room = room;
  }

  /** Values of weights as files have them. */
  static long length(Layouts.Weights layout) {
    return (long) layout.outputs() * layout.channels() * layout.taps();
  }

  /**
   * Brings weights to the GPU. The copy waits for all work before.
   *
   * @param weights {@code [out][in][row][column]} or {@code [out][in]}
   * @param rows address of floats in the layout, overwritten
   */
  void write(Layouts.Weights layout, float[] weights, long rows) {
    room.upload(weights);
    layouts.toRows(stream, layout, room.address(), rows);
  }

  /** Brings weights back: the reverse of {@link #write}. */
  float[] read(Layouts.Weights layout, long rows) {
    float[] weights = new float[Math.toIntExact(length(layout))];
    layouts.toWeights(stream, layout, rows, room.address());
    room.download(weights);
    return weights;
  }

  /**
   * Brings one value for each channel to the GPU, and zeros for those that are padding.
   *
   * @param to of {@link MapShape#padded} floats
   */
  static void writeChannels(float[] values, DeviceMemory to) {
    to.upload(Arrays.copyOf(values, MapShape.padded(values.length)));
  }
}
