package org.vgg4j.cuda.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.kernels.Descent;
import org.vgg4j.network.Exchange;

/**
 * Sums the gradients of a batch's micro-batches; the sums of several ranks are added through host
 * memory. With one micro-batch for each rank, that gives the bits that one learner's micro-batches
 * give.
 */
final class DeviceGradients implements GradientSink {
  private final TrainingMemory memory;
  private final List<DeviceParameter> learnt;
  private final Exchange exchange;
  private final Descent kernel;
  private final CudaStream stream;

  /**
   * @param frozen names of layers whose gradients nobody wants
   */
  DeviceGradients(
      Gpu gpu, TrainingMemory memory, Set<String> frozen, Exchange exchange, CudaStream stream) {
    this.memory = memory;
    this.learnt =
        memory.parameters().all().stream()
            .filter(parameter -> !frozen.contains(parameter.shape().layer()))
            .toList();
    this.exchange = exchange;
    this.kernel = new Descent(gpu.library());
    this.stream = stream;
  }

  /** Begins a batch. */
  void begin() {
    stream.clear(sums());
  }

  @Override
  public boolean isOneStream() {
    return true;
  }

  /** Adds. */
  @Override
  public void take(List<Gradient> gradients) {
    for (Gradient gradient : gradients) {
      DeviceParameter parameter = gradient.parameter();
      kernel.addSlices(
          stream, gradient.address(), gradient.slices(), parameter.sum(), parameter.length(), true);
    }
  }

  /** Adds the sums of all ranks, in their order. */
  void exchange() {
    if (exchange.ranks() == 1) {
      return;
    }
    List<float[]> sums = new ArrayList<>();
    for (int i = learnt.size() - 1; i >= 0; i--) {
      float[] sum = new float[learnt.get(i).length()];
      sums().download(offset(i), sum, 0, sum.length);
      sums.add(0, sum);
      exchange.beginAllReduce(sum);
    }
    exchange.awaitAll();
    for (int i = 0; i < learnt.size(); i++) {
      sums().upload(offset(i), sums.get(i), 0, sums.get(i).length);
    }
  }

  private DeviceMemory sums() {
    return memory.allocation().memory(memory.parameters().sums());
  }

  /** Where a parameter's sum begins, in bytes. */
  private long offset(int parameter) {
    return (long) Float.BYTES * memory.parameters().offset(learnt.get(parameter));
  }

  /** Lets the step be made with the gradients of the whole batch. */
  void passTo(DeviceDescent descent) {
    descent.takeAll(learnt);
  }
}
