package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.Descent;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.LearnerOptions;

/**
 * Makes the step of each parameter: {@code v = momentum * v - rate * (gradient + decay * w); w = w
 * + v}. Running statistics are not learnt: what comes for them is what they move by.
 */
final class DeviceDescent implements GradientSink {
  private final Descent kernel;
  private final CudaStream stream;
  private final LearnerOptions.Descent options;
  private double rate;

  DeviceDescent(Gpu gpu, CudaStream stream, LearnerOptions.Descent options) {
    this.kernel = new Descent(gpu.library());
    this.stream = stream;
    this.options = options;
  }

  /** Sets the learning rate of the steps that follow. */
  void setRate(double rate) {
    this.rate = rate;
  }

  @Override
  public void take(DeviceParameter parameter, long gradient, int slices) {
    ParameterShape shape = parameter.shape();
    boolean statistic = shape.isStatistic();
    double factor = options.rateFactors().getOrDefault(shape.layer(), 1.0);
    boolean decays = !statistic && (shape.isWeight() || options.biasDecay());
    kernel.step(
        stream,
        parameter.length(),
        parameter.values(),
        parameter.velocity(),
        gradient,
        slices,
        parameter.rounded(),
        statistic ? 1f : (float) (rate * factor),
        statistic ? 0f : (float) options.momentum(),
        decays ? (float) options.weightDecay() : 0f);
  }
}
