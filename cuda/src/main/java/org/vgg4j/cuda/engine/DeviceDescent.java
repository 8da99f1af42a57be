package org.vgg4j.cuda.engine;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.cuda.driver.CudaEvent;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.driver.HostMemory;
import org.vgg4j.cuda.kernels.Descent;
import org.vgg4j.cuda.kernels.Table;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.LearnerOptions;

/**
 * Makes the step of parameters: {@code v = momentum * v - rate * (gradient + decay * w); w = w +
 * v}. Running statistics are not learnt: what comes for them is what they move by.
 *
 * <p>The rates lie in memory, since the same launches make the next step with others.
 */
final class DeviceDescent implements GradientSink, AutoCloseable {
  private final Descent kernel;
  private final CudaStream stream;
  private final LearnerOptions.Descent options;
  private final DeviceTables tables;
  private final List<ParameterShape> shapes = new ArrayList<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private final DeviceMemory rates;
  private final HostMemory pinned;
  private final CudaEvent sent;
  private final @Nullable GradientClip clip;
  private double rate = Double.NaN;

  /**
   * @param memory of the learner
   * @param tables of its launches
   */
  DeviceDescent(
      Gpu gpu,
      CudaStream stream,
      LearnerOptions.Descent options,
      TrainingMemory memory,
      DeviceTables tables) {
    this.kernel = new Descent(gpu.library());
    this.stream = stream;
    this.options = options;
    this.tables = tables;
    for (DeviceParameter parameter : memory.parameters().all()) {
      numbers.put(parameter.shape().name(), shapes.size());
      shapes.add(parameter.shape());
    }
    this.clip =
        options.clips() ? new GradientClip(gpu, stream, options.clip(), memory.norms()) : null;
    this.rates = memory.allocation().memory(memory.rates());
    this.sent = CudaEvent.create(gpu.context());
    try {
      this.pinned = HostMemory.allocate(gpu.context(), TrainingMemory.rateBytes(shapes.size()));
    } catch (RuntimeException | Error e) {
      sent.close();
      throw e;
    }
  }

  /** Sets the learning rate of the steps that are enqueued from now on. */
  void setRate(double next) {
    if (next == rate) {
      return;
    }
    if (!Double.isNaN(rate)) {
      sent.synchronize(); // the pinned memory is free
    }
    FloatBuffer values = pinned.buffer().asFloatBuffer();
    for (int i = 0; i < shapes.size(); i++) {
      values.put(i, rateOf(shapes.get(i), next));
    }
    stream.copy(pinned, 0, rates, 0, TrainingMemory.rateBytes(shapes.size()));
    sent.record(stream);
    rate = next;
  }

  private float rateOf(ParameterShape shape, double ofAll) {
    double factor = options.rateFactors().getOrDefault(shape.layer(), 1.0);
    return shape.isStatistic() ? 1f : (float) (ofAll * factor);
  }

  @Override
  public boolean isOneStream() {
    return true;
  }

  @Override
  public void take(List<Gradient> gradients) {
    step(gradients, 0, 0);
  }

  /** Whether gradients can be taken only together, since their norm decides. */
  boolean clips() {
    return clip != null;
  }

  /** Makes the step with the sums of a whole batch's gradients, of all parameters that learn. */
  void takeAll(List<DeviceParameter> learnt) {
    if (clip == null) {
      take(summed(learnt));
      return;
    }
    Map<Boolean, List<DeviceParameter>> byKind =
        learnt.stream()
            .collect(Collectors.partitioningBy(parameter -> parameter.shape().isStatistic()));
    List<DeviceParameter> statistics = Objects.requireNonNull(byKind.get(true));
    List<DeviceParameter> clipped = Objects.requireNonNull(byKind.get(false));
    clip.measure(clipped);
    step(summed(clipped), 0, clip.factor());
    if (!statistics.isEmpty()) {
      take(summed(statistics));
    }
  }

  private static List<Gradient> summed(List<DeviceParameter> learnt) {
    return learnt.stream().map(DeviceParameter::summed).toList();
  }

  /**
   * The same as {@link #take}, but a step that follows from a loss that is not finite changes
   * nothing.
   *
   * @param loss address of a double
   */
  GradientSink ifFinite(long loss) {
    return new GradientSink() {
      @Override
      public boolean isOneStream() {
        return true;
      }

      @Override
      public void take(List<Gradient> gradients) {
        step(gradients, loss, 0);
      }
    };
  }

  private void step(List<Gradient> gradients, long loss, long factor) {
    Table table = Descent.table(gradients.stream().map(this::parameter).toList());
    kernel.step(stream, table, tables.address(table), rates.address(), loss, factor);
  }

  private Descent.Parameter parameter(Gradient gradient) {
    DeviceParameter parameter = gradient.parameter();
    ParameterShape shape = parameter.shape();
    boolean statistic = shape.isStatistic();
    boolean decays = !statistic && (shape.isWeight() || options.biasDecay());
    return new Descent.Parameter(
        parameter.length(),
        parameter.values(),
        parameter.velocity(),
        gradient.address(),
        gradient.slices(),
        parameter.rounded(),
        Objects.requireNonNull(numbers.get(shape.name())),
        statistic ? 0f : (float) options.momentum(),
        decays ? (float) options.weightDecay() : 0f);
  }

  @Override
  public void close() {
    sent.close();
    pinned.close();
  }
}
