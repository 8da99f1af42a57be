package org.vgg4j.cuda.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.vgg4j.base.Purpose;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;

/** The stages of a network in training, and the memory that they share. */
final class TrainingNetwork {
  private final Gpu gpu;
  private final DeviceParameters parameters;
  private final int capacity;
  private final double dropout;
  private final Allocation allocation;
  private final List<TrainingStage> stages = new ArrayList<>();
  private MapShape shape;
  private double dropoutOfInput;
  private int hidden;

  private final long images;
  private final long workspace;
  private final long gradient;
  private final long gradientBytes;
  private final long scratch;

  /**
   * @param capacity the largest micro-batch
   * @param dropout share of the features of each hidden layer that is dropped
   * @param allocation that the memory is taken from
   */
  TrainingNetwork(
      Gpu gpu, DeviceParameters parameters, int capacity, double dropout, Allocation allocation) {
    this.gpu = gpu;
    this.parameters = parameters;
    this.capacity = capacity;
    this.dropout = dropout;
    this.allocation = allocation;
    int crop = parameters.architecture().crop();
    this.shape = Patches.of(architecture(), 1, crop, crop);
    this.images = allocation.take("activations", gpu.precision().bytes(shape.values() * capacity));
    build();
    this.workspace = allocation.take("workspace", most(TrainingStage::workspace));
    this.gradientBytes = Math.max(parameters.transferBytes(), most(TrainingStage::gradient));
    this.gradient = allocation.take("gradients", gradientBytes);
    this.scratch = allocation.take("activations", most(TrainingStage::scratch));
  }

  /** What one stage needs for so many images. */
  private interface Need {
    long bytes(TrainingStage stage, int images);
  }

  /**
   * Enough for any number of images up to the capacity: a smaller batch may need more, because its
   * sums are cut into more slices.
   */
  private long most(Need need) {
    long bytes = 0;
    for (TrainingStage stage : stages) {
      for (int count = 1; count <= capacity; count++) {
        bytes = Math.max(bytes, need.bytes(stage, count));
      }
    }
    return bytes;
  }

  private void build() {
    List<Layer> layers = parameters.architecture().layers();
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      boolean canPool = layer instanceof Layer.BatchNorm || isRectifiedConvolution(layer);
      boolean pooled = canPool && layers.get(i + 1) instanceof Layer.MaxPool;
      TrainingStage stage = stage(layer, pooled);
      stages.add(stage);
      shape = stage.outputShape(1);
      if (pooled) {
        i++;
      }
    }
  }

  private static boolean isRectifiedConvolution(Layer layer) {
    return layer instanceof Layer.Convolution convolution && convolution.rectified();
  }

  private TrainingStage stage(Layer layer, boolean pooled) {
    if (layer instanceof Layer.Convolution convolution) {
      return convolution(convolution, pooled);
    }
    if (layer instanceof Layer.BatchNorm) {
      BatchNormStage.Learnt learnt =
          new BatchNormStage.Learnt(
              parameters.of(layer, ParameterShape.Role.SCALE),
              parameters.of(layer, ParameterShape.Role.BIAS),
              parameters.of(layer, ParameterShape.Role.MEAN),
              parameters.of(layer, ParameterShape.Role.VARIANCE));
      return new BatchNormStage(gpu, shape, pooled, learnt, capacity, allocation);
    }
    if (layer instanceof Layer.LocalResponseNorm lrn) {
      return new LrnStage(gpu, lrn, shape, capacity, allocation);
    }
    if (layer instanceof Layer.MaxPool) {
      return new PoolStage(gpu, shape, capacity, allocation);
    }
    if (layer instanceof Layer.GlobalAverage) {
      return new AverageStage(gpu, shape, capacity, allocation);
    }
    if (layer instanceof Layer.FullyConnected connected) {
      return fullyConnected(connected);
    }
    throw new IllegalArgumentException("no stage for " + layer);
  }

  private TrainingStage convolution(Layer.Convolution layer, boolean pooled) {
    ProductStage.Epilogue epilogue =
        pooled
            ? ProductStage.Epilogue.RELU_AND_POOL
            : layer.rectified() ? ProductStage.Epilogue.RELU : ProductStage.Epilogue.NONE;
    boolean patches = Patches.areReadBy(layer, architecture());
    int side = patches ? 1 : layer.kernel();
    return product(
        layer,
        new ProductStage.Plan(
            shape, patches, MapShape.padded(layer.outChannels()), side, epilogue, 0, 0, 0));
  }

  private TrainingStage fullyConnected(Layer.FullyConnected layer) {
    MapShape flat = new MapShape(1, 1, 1, Math.toIntExact(shape.values()));
    int purpose = layer.hidden() ? Purpose.dropout(hidden++).code() : 0;
    double dropoutOfOutput = layer.hidden() ? dropout : 0;
    ProductStage.Plan plan =
        new ProductStage.Plan(
            flat,
            false,
            MapShape.padded(layer.outFeatures()),
            1,
            layer.hidden() ? ProductStage.Epilogue.DROPOUT : ProductStage.Epilogue.SCORES,
            dropoutOfOutput,
            dropoutOfInput,
            purpose);
    dropoutOfInput = dropoutOfOutput;
    return product(layer, plan);
  }

  private TrainingStage product(Layer layer, ProductStage.Plan plan) {
    return new ProductStage(
        gpu,
        plan,
        parameters.of(layer, ParameterShape.Role.WEIGHT),
        parameters.of(layer, ParameterShape.Role.BIAS),
        capacity,
        allocation);
  }

  Architecture architecture() {
    return parameters.architecture();
  }

  /** The map of so many images. */
  MapShape imagesShape(int count) {
    int crop = architecture().crop();
    return Patches.of(architecture(), count, crop, crop);
  }

  /** Where it lies. */
  Planes images(int count) {
    return gpu.precision().at(images, imagesShape(count).values());
  }

  /** Where the scores lie: floats {@code [N][padded classes]}. */
  long scores() {
    return stages.get(stages.size() - 1).output(1).high();
  }

  /** Address of the workspace that the stages share. */
  long workspace() {
    return workspace;
  }

  /**
   * Address of the gradients that the stages share; also large enough for any parameter as files
   * have it.
   */
  long gradient() {
    return gradient;
  }

  /** Bytes of them. */
  long gradientBytes() {
    return gradientBytes;
  }

  /** Address of the map that the stages share. */
  long scratch() {
    return scratch;
  }

  /** Computes the scores. */
  void forward(TrainingStage.Pass pass) {
    Planes x = images(pass.images());
    for (TrainingStage stage : stages) {
      stage.forward(pass, x);
      x = stage.output(pass.images());
    }
  }

  /**
   * Hands gradients over, down to the lowest layer that learns.
   *
   * <p>A gradient stays in the map that it is with respect to until the end, so that biases can be
   * summed late; only what is in the map that the stages share does not.
   *
   * @param g gradient with respect to the scores; overwritten
   */
  void backward(TrainingStage.Pass pass, Planes g, GradientRoom room) {
    int lowest = lowestTrained(pass.frozen());
    Planes gradient = g;
    for (int i = stages.size() - 1; i >= lowest; i--) {
      Planes x = i == 0 ? images(pass.images()) : stages.get(i - 1).output(pass.images());
      boolean shared = gradient.high() == scratch;
      gradient = stages.get(i).backward(pass, x, gradient, i > lowest, room);
      room.endLayer();
      if (shared) {
        room.flush();
      }
    }
    room.flush();
  }

  private int lowestTrained(Set<String> frozen) {
    int lowest = 0;
    while (lowest < stages.size() && stages.get(lowest).isFrozen(frozen)) {
      lowest++;
    }
    return lowest;
  }
}
