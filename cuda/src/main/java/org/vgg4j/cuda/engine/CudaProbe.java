package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.Convolution;
import org.vgg4j.cuda.kernels.Limits;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.network.MachineProbe;

/** Measures a GPU with kernels of ours. */
final class CudaProbe implements MachineProbe {
  private static final int LEAST_SIDE = 256;
  private static final int MOST_SIDE = 4096;

  private final Gpu gpu;

  CudaProbe(Gpu gpu) {
    this.gpu = gpu;
  }

  /** {@inheritDoc} A multiply-add of fp32 is three products of bf16, at a third of their rate. */
  @Override
  public Speed measure() {
    Limits limits = Limits.of(gpu.library());
    double arithmetic = limits.products() / Limits.productsOf(gpu.precision());
    return new Speed(2e-9 * arithmetic, limits.origin(), 2e-9 * product(), 1e-9 * limits.memory());
  }

  /** Multiply-adds per second of a product of square matrices. */
  private double product() {
    try (CudaStream stream = CudaStream.create(gpu.context());
        Allocation allocation = Allocation.on(gpu.context())) {
      long values = (long) MOST_SIDE * MOST_SIDE;
      Planes x = map(stream, allocation, values);
      Planes w = map(stream, allocation, values);
      Planes y = map(stream, allocation, values);
      long bias = clear(stream, allocation, (long) Float.BYTES * MOST_SIDE);
      long most = 0;
      for (int side = LEAST_SIDE; side <= MOST_SIDE; side *= 2) {
        most = Math.max(most, convolution(side).forwardWorkspace(false));
      }
      long workspace = allocation.take("probe", most);
      return Limits.rate(
          stream,
          LEAST_SIDE,
          MOST_SIDE,
          side -> {
            Convolution product = convolution((int) side);
            return () -> product.forward(stream, x, w, bias, false, y, workspace);
          },
          side -> (double) side * side * side);
    }
  }

  private Convolution convolution(int side) {
    MapShape rows = new MapShape(side, 1, 1, side);
    return new Convolution(gpu.library(), gpu.precision(), rows, side, 1, 0);
  }

  private Planes map(CudaStream stream, Allocation allocation, long values) {
    return gpu.precision().at(clear(stream, allocation, gpu.precision().bytes(values)), values);
  }

  private static long clear(CudaStream stream, Allocation allocation, long bytes) {
    long address = allocation.take("probe", bytes);
    stream.clear(allocation.memory(address));
    return address;
  }
}
