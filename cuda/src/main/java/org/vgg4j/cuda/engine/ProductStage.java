package org.vgg4j.cuda.engine;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.vgg4j.cuda.kernels.ChannelSums;
import org.vgg4j.cuda.kernels.Convolution;
import org.vgg4j.cuda.kernels.Dropout;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Pooling;

/**
 * A convolution with its ReLU and pool, if they follow it, or a fully connected layer with its ReLU
 * and dropout.
 */
final class ProductStage implements TrainingStage {
  private final Gpu gpu;
  private final Plan plan;
  private final DeviceParameter weight;
  private final DeviceParameter bias;
  private final Dropout dropout;
  private final Pooling pooling;
  private final long output;
  private final long argmax;
  private final Map<Integer, Convolution> kernels = new HashMap<>();

  /** What a layer does beside multiplying. */
  enum Epilogue {
    /** Nothing: batch normalisation follows. */
    NONE,
    RELU,
    RELU_AND_POOL,
    /** ReLU and dropout. */
    DROPOUT,
    /** Its outputs are class scores, as floats. */
    SCORES
  }

  /**
   * What it computes.
   *
   * @param input map that one image is
   * @param patches whether that is one of {@link MapShape#patches}: then the gradient with respect
   *     to the weights has that with respect to the bias in it
   * @param outputs channels, padded
   * @param side of the filters
   * @param epilogue what follows
   * @param dropoutOfOutput rate
   * @param dropoutOfInput rate
   * @param purpose of dropout's draws
   */
  record Plan(
      MapShape input,
      boolean patches,
      int outputs,
      int side,
      Epilogue epilogue,
      double dropoutOfOutput,
      double dropoutOfInput,
      int purpose) {
    boolean pooled() {
      return epilogue == Epilogue.RELU_AND_POOL;
    }
  }

  /**
   * @param capacity the largest micro-batch
   */
  ProductStage(
      Gpu gpu,
      Plan plan,
      DeviceParameter weight,
      DeviceParameter bias,
      int capacity,
      Allocation allocation) {
    this.gpu = gpu;
    this.plan = plan;
    this.weight = weight;
    this.bias = bias;
    this.dropout = new Dropout(gpu.library(), plan.dropoutOfOutput());
    this.pooling = new Pooling(gpu.library());
    long values = outputShape(capacity).values();
    this.output =
        allocation.take(
            "activations",
            plan.epilogue() == Epilogue.SCORES
                ? Float.BYTES * values
                : gpu.precision().bytes(values));
    this.argmax = plan.pooled() ? allocation.take("activations", values) : 0;
  }

  private Convolution kernel(int images) {
    return kernels.computeIfAbsent(
        images,
        count -> {
          MapShape one = plan.input();
          MapShape input = new MapShape(count, one.height(), one.width(), one.channels());
          return new Convolution(
              gpu.library(), gpu.precision(), input, plan.outputs(), plan.side(), plan.side() / 2);
        });
  }

  @Override
  public boolean isFrozen(Set<String> frozen) {
    return frozen.contains(weight.shape().layer());
  }

  @Override
  public MapShape outputShape(int images) {
    MapShape full = kernel(images).output();
    return plan.pooled() ? full.pooled() : full;
  }

  @Override
  public Planes output(int images) {
    return plan.epilogue() == Epilogue.SCORES
        ? new Planes(output, 0)
        : gpu.precision().at(output, outputShape(images).values());
  }

  @Override
  public long workspace(int images) {
    Convolution kernel = kernel(images);
    return Math.max(kernel.forwardWorkspace(plan.pooled()), kernel.backwardWorkspace());
  }

  @Override
  public long gradient(int images) {
    Convolution kernel = kernel(images);
    long ofWeight = weightFloats(kernel);
    return GradientRoom.bytes(
        plan.patches() ? ofWeight + biasFloats(kernel) : Math.max(ofWeight, sums(images).length()));
  }

  private static long weightFloats(Convolution kernel) {
    return (long) kernel.weightSlices() * kernel.weightsLength();
  }

  /** Floats of the bias' gradient where it is a weight's. */
  private long biasFloats(Convolution kernel) {
    return (long) kernel.weightSlices() * plan.outputs();
  }

  /**
   * Behind a pool, the bias' gradient is the sum of the pooled gradients, each of which goes to one
   * pixel: a quarter as many.
   */
  private ChannelSums sums(int images) {
    return new ChannelSums(gpu.library(), outputShape(images));
  }

  @Override
  public long scratch(int images) {
    return plan.pooled() ? gpu.precision().bytes(kernel(images).output().values()) : 0;
  }

  @Override
  public void forward(Pass pass, Planes x) {
    Convolution kernel = kernel(pass.images());
    Planes y = output(pass.images());
    Planes w = weight.rounded();
    switch (plan.epilogue()) {
      case SCORES -> kernel.scores(pass.stream(), x, w, bias.values(), y.high(), pass.workspace());
      case RELU_AND_POOL ->
          kernel.forwardPooled(pass.stream(), x, w, bias.values(), y, argmax, pass.workspace());
      default ->
          kernel.forward(
              pass.stream(),
              x,
              w,
              bias.values(),
              plan.epilogue() != Epilogue.NONE,
              y,
              pass.workspace());
    }
    if (pass.training() && plan.dropoutOfOutput() > 0) {
      dropout.apply(pass.stream(), outputShape(pass.images()), y, pass.samples(), plan.purpose());
    }
  }

  @Override
  public Planes backward(Pass pass, Planes x, Planes g, boolean further, GradientRoom room) {
    Convolution kernel = kernel(pass.images());
    ChannelSums sums = sums(pass.images());
    boolean learns = !isFrozen(pass.frozen());
    boolean summed = learns && !plan.patches();
    Planes dy = g;
    if (plan.pooled()) {
      MapShape full = kernel.output();
      dy = gpu.precision().at(pass.scratch(), full.values());
      long ofBias = summed ? room.take(sums.length()) : 0;
      pooling.backward(pass.stream(), full, g, argmax, dy, ofBias);
      if (summed) {
        room.add(bias, ofBias, sums.slices());
      }
    } else if (summed) {
      room.addSums(bias, sums, g);
    }
    if (learns) {
      addWeightGradient(pass, kernel, x, dy, room);
    }
    if (further) {
      float scale = (float) (1 / (1 - plan.dropoutOfInput()));
      kernel.backward(pass.stream(), dy, weight.rounded(), x.high(), scale, x, pass.workspace());
    }
    return x;
  }

  private void addWeightGradient(
      Pass pass, Convolution kernel, Planes x, Planes dy, GradientRoom room) {
    int slices = kernel.weightSlices();
    long ofWeight = weightFloats(kernel);
    long at = room.take(plan.patches() ? ofWeight + biasFloats(kernel) : ofWeight);
    kernel.weightGradient(pass.stream(), x, dy, at);
    if (plan.patches()) {
      long ofBias = at + Float.BYTES * ofWeight;
      new Layouts(gpu.library()).takeBiases(pass.stream(), weight.layout(), at, slices, ofBias);
      room.add(bias, ofBias, slices);
    }
    room.add(weight, at, slices);
  }
}
