package org.vgg4j.cuda.engine;

import java.util.Arrays;
import java.util.function.Consumer;
import org.vgg4j.cuda.driver.CudaEvent;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.Convolution;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Probe;
import org.vgg4j.network.MachineProbe;

/** Measures a GPU with kernels of ours. */
final class CudaProbe implements MachineProbe {
  private static final int SIDE = 4096;
  private static final long READ = 1L << 30;
  private static final int RUNS = 5;

  private final Gpu gpu;

  CudaProbe(Gpu gpu) {
    this.gpu = gpu;
  }

  @Override
  public Speed measure() {
    Probe probe = new Probe(gpu.library());
    Convolution product =
        new Convolution(gpu.library(), gpu.precision(), new MapShape(SIDE, 1, 1, SIDE), SIDE, 1, 0);
    long bytes = Math.min(READ, gpu.context().freeMemory() / 4);
    try (CudaStream stream = CudaStream.create(gpu.context());
        Allocation allocation = Allocation.on(gpu.context())) {
      long results = allocation.take("probe", probe.resultBytes());
      double arithmetic = probe.multiplyAdds() / seconds(stream, it -> probe.products(it, results));
      long values = (long) SIDE * SIDE;
      Planes x = map(stream, allocation, values);
      Planes w = map(stream, allocation, values);
      Planes y = map(stream, allocation, values);
      long bias = clear(stream, allocation, (long) Float.BYTES * SIDE);
      long workspace = allocation.take("probe", product.forwardWorkspace(false));
      double multiplied =
          product.multiplyAdds()
              / seconds(stream, it -> product.forward(it, x, w, bias, false, y, workspace));
      long read = clear(stream, allocation, bytes);
      double readBytes = bytes / seconds(stream, it -> probe.read(it, read, bytes, results));
      return new Speed(2e-9 * arithmetic, 2e-9 * multiplied, 1e-9 * readBytes);
    }
  }

  private Planes map(CudaStream stream, Allocation allocation, long values) {
    return gpu.precision().at(clear(stream, allocation, gpu.precision().bytes(values)), values);
  }

  private static long clear(CudaStream stream, Allocation allocation, long bytes) {
    long address = allocation.take("probe", bytes);
    stream.clear(allocation.memory(address));
    return address;
  }

  /** The median of some runs, after one that is not counted. */
  private double seconds(CudaStream stream, Consumer<CudaStream> work) {
    double[] seconds = new double[RUNS];
    try (CudaEvent start = CudaEvent.create(gpu.context());
        CudaEvent end = CudaEvent.create(gpu.context())) {
      for (int run = -1; run < RUNS; run++) {
        start.record(stream);
        work.accept(stream);
        end.record(stream);
        end.synchronize();
        if (run >= 0) {
          seconds[run] = end.millisecondsSince(start) / 1e3;
        }
      }
    }
    Arrays.sort(seconds);
    return seconds[RUNS / 2];
  }
}
