package org.vgg4j.cuda.engine;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.cuda.kernels.ChannelSums;
import org.vgg4j.cuda.kernels.Convolution;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Precision;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;

/**
 * The bytes that a training step of a network without batch norms and local response norms moves in
 * the GPU's memory: the least possible, and what our kernels should, both from the layers' shapes
 * alone. A launch moves each byte that it reads or writes once, and nothing stays in a cache from
 * one launch to the next; so does the emulator count. Copies between host and GPU are left out.
 */
final class StepTraffic {
  private static final int FLOAT = Float.BYTES;

  /** What memory moves for a number alone. */
  private static final int SECTOR = 32;

  /** A byte for each value of a pooled map: which of the window's pixels it was. */
  private static final int ARGMAX = 1;

  /** What a launch is there for. */
  enum Work {
    PATCHES,
    FORWARD,
    DROPOUT,
    LOSS,
    UNPOOL,
    DATA_GRADIENT,
    WEIGHT_GRADIENT,
    BIAS_GRADIENT,
    /** Sums of slices of products. */
    SLICES,
    SGD,
    COPY;

    /** That of the kernel of a name. */
    static Work of(String kernel) {
      if (kernel.contains("weight_gradient")) {
        return WEIGHT_GRADIENT;
      }
      if (kernel.contains("_forward_")) {
        return FORWARD;
      }
      if (kernel.contains("_backward_")) {
        return DATA_GRADIENT;
      }
      return switch (kernel) {
        case "images_to_patches_3" -> PATCHES;
        case "dropout" -> DROPOUT;
        case "softmax_cross_entropy", "label_cross_entropy", "sum_losses" -> LOSS;
        case "max_pool_backward" -> UNPOOL;
        case "bias_gradient", "take_biases" -> BIAS_GRADIENT;
        case "finish_slices" -> SLICES;
        case "sgd" -> SGD;
        case "copy", "copy to the GPU", "copy from the GPU", "clear" -> COPY;
        default -> throw new IllegalArgumentException("an unknown kernel: " + kernel);
      };
    }
  }

  /** A convolution with its ReLU and perhaps its pool, or a fully connected layer. */
  private record Product(
      MapShape input,
      int outputs,
      int side,
      boolean pooled,
      boolean dropped,
      boolean first,
      boolean last) {
    MapShape full() {
      return input.withChannels(outputs);
    }

    MapShape output() {
      return pooled ? full().pooled() : full();
    }

    long weights() {
      return (long) outputs * side * side * input.channels();
    }
  }

  private final Precision precision;
  private final MapShape images;
  private final List<Product> products = new ArrayList<>();

  StepTraffic(Architecture architecture, int batch, double dropout, Precision precision) {
    this.precision = precision;
    int crop = architecture.crop();
    this.images = Patches.of(architecture, batch, crop, crop);
    List<Layer> layers = architecture.layers();
    MapShape shape = images;
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      Product product;
      if (layer instanceof Layer.Convolution it) {
        boolean pooled = layers.get(i + 1) instanceof Layer.MaxPool;
        int side = i == 0 ? 1 : it.kernel();
        int outputs = MapShape.padded(it.outChannels());
        product = new Product(shape, outputs, side, pooled, false, i == 0, false);
      } else if (layer instanceof Layer.FullyConnected it) {
        MapShape flat = new MapShape(batch, 1, 1, (int) (shape.values() / batch));
        boolean dropped = it.hidden() && dropout > 0;
        int outputs = MapShape.padded(it.outFeatures());
        product = new Product(flat, outputs, 1, false, dropped, false, !it.hidden());
      } else if (layer instanceof Layer.MaxPool) {
        continue;
      } else {
        throw new IllegalArgumentException("no model of " + layer);
      }
      products.add(product);
      shape = product.output();
    }
  }

  private long map(MapShape shape) {
    return precision.bytes(shape.values());
  }

  private long pooledMap(Product product) {
    return map(product.output()) + (product.pooled() ? ARGMAX * product.output().values() : 0);
  }

  /** What a forward pass leaves of a layer: a map with what its pool chose, or scores. */
  private long output(Product product) {
    return product.last() ? FLOAT * product.output().values() : pooledMap(product);
  }

  private long imageFloats() {
    return 3L * FLOAT * images.pixels();
  }

  /**
   * The least: each map and each gradient of a map is written once by the layer that makes it, and
   * read once by each of the products that need it; weights once in each direction. The gradient of
   * a weight is written once, and read by its step, which also reads and writes the weight and the
   * velocity, and writes what products read.
   *
   * @param unpooled whether the gradient before a pool is written down, as the products of both
   *     families need it; else each of them takes it from the pooled one, which is the least that
   *     any kernels could do
   */
  long least(boolean unpooled) {
    long bytes = 0;
    for (Product product : products) {
      long weights = product.weights();
      long read = product.first() ? imageFloats() : map(product.input());
      long rounded = precision.bytes(weights);
      long gradient = product.pooled() && unpooled ? map(product.full()) : pooledMap(product);
      bytes += read + rounded + (long) FLOAT * product.outputs() + output(product); // forward
      if (product.pooled() && unpooled) {
        bytes += pooledMap(product) + gradient;
      }
      bytes += read + gradient + FLOAT * weights; // the gradient with respect to the weights
      if (!product.first()) {
        long mask = 2 * product.input().values();
        bytes += gradient + rounded + mask + map(product.input());
      }
      bytes += 5L * FLOAT * weights + rounded; // SGD: reads 3 numbers of a weight, writes 2
      bytes += 6L * FLOAT * product.outputs(); // the same for biases, with their gradient
      if (product.last()) {
        bytes += output(product) + map(product.output()); // the loss
      }
    }
    return bytes;
  }

  /**
   * What launches move.
   *
   * @param launches how many there are
   * @param bytes that they read and write
   */
  record Moves(int launches, long bytes) {
    Moves plus(Moves other) {
      return new Moves(launches + other.launches, bytes + other.bytes);
    }
  }

  /** What our kernels should move, by what they are there for. */
  Map<Work, Moves> planned(KernelLibrary library) {
    Map<Work, Moves> moves = new EnumMap<>(Work.class);
    add(moves, Work.PATCHES, imageFloats() + map(images));
    for (Product product : products) {
      addForward(moves, library, product);
      addBackward(moves, library, product);
    }
    addLaunchesOfGradients(moves, library);
    return moves;
  }

  private static void add(Map<Work, Moves> to, Work work, long bytes) {
    to.merge(work, new Moves(1, bytes), Moves::plus);
  }

  private Convolution kernel(KernelLibrary library, Product product, int count) {
    MapShape of = product.input();
    return new Convolution(
        library,
        precision,
        new MapShape(count, of.height(), of.width(), of.channels()),
        product.outputs(),
        product.side(),
        product.side() / 2);
  }

  private void addForward(Map<Work, Moves> moves, KernelLibrary library, Product product) {
    long sliced = kernel(library, product, images.images()).forwardWorkspace(product.pooled());
    long finished = (long) FLOAT * product.outputs() + output(product); // bias, and what is left
    long read = map(product.input()) + precision.bytes(product.weights());
    add(moves, Work.FORWARD, read + (sliced > 0 ? sliced : finished));
    if (sliced > 0) {
      add(moves, Work.SLICES, sliced + finished);
    }
    if (product.dropped()) {
      add(moves, Work.DROPOUT, 2 * output(product));
    }
    if (product.last()) {
      add(moves, Work.LOSS, output(product) + map(product.output()));
      add(moves, Work.LOSS, 0); // the sum over the images
    }
  }

  private void addBackward(Map<Work, Moves> moves, KernelLibrary library, Product product) {
    Convolution kernel = kernel(library, product, images.images());
    long gradient = map(product.full());
    long biasSlices = FLOAT * biasFloats(library, product);
    long sums = product.first() ? 0 : biasSlices;
    if (product.first()) {
      long rows = (long) kernel.weightSlices() * product.outputs();
      add(moves, Work.BIAS_GRADIENT, 2 * SECTOR * rows + biasSlices);
    }
    if (product.pooled()) {
      add(moves, Work.UNPOOL, pooledMap(product) + gradient + sums);
    } else if (!product.first()) {
      moves.merge(Work.BIAS_GRADIENT, new Moves(0, gradient + sums), Moves::plus);
    }
    long slices = (long) FLOAT * kernel.weightSlices() * product.weights();
    add(moves, Work.WEIGHT_GRADIENT, map(product.input()) + gradient + slices);
    if (!product.first()) {
      long sliced = kernel.backwardWorkspace();
      long finished = 2 * product.input().values() + map(product.input()); // mask, and result
      long read = gradient + precision.bytes(product.weights());
      add(moves, Work.DATA_GRADIENT, read + (sliced > 0 ? sliced : finished));
      if (sliced > 0) {
        add(moves, Work.SLICES, sliced + finished);
      }
    }
    long kept = 4L * FLOAT * (product.weights() + product.outputs()); // weights and velocities
    long step = slices + biasSlices + kept + precision.bytes(product.weights());
    moves.merge(Work.SGD, new Moves(0, step), Moves::plus);
  }

  private long biasFloats(KernelLibrary library, Product product) {
    return (long) product.outputs()
        * (product.first()
            ? kernel(library, product, images.images()).weightSlices()
            : new ChannelSums(library, product.output()).slices());
  }

  /** A launch makes the steps of as many layers as have room for their gradients. */
  private void addLaunchesOfGradients(Map<Work, Moves> moves, KernelLibrary library) {
    long room = 0;
    for (Product product : products) {
      for (int count = 1; count <= images.images(); count++) {
        Convolution kernel = kernel(library, product, count);
        room = Math.max(room, kernel.weightSlices() * product.weights());
      }
    }
    long used = 0;
    boolean sums = false;
    for (int i = products.size() - 1; i >= 0; i--) {
      Product product = products.get(i);
      long ofBias = biasFloats(library, product);
      long ofWeight = kernel(library, product, images.images()).weightSlices() * product.weights();
      boolean together = product.first();
      long[] taken = together ? new long[] {ofBias + ofWeight} : new long[] {ofBias, ofWeight};
      for (int j = 0; j < taken.length; j++) {
        if (used + taken[j] > room) {
          addStep(moves, sums);
          used = 0;
          sums = false;
        }
        used += taken[j];
        sums |= j == 0 && !product.pooled() && !together;
      }
    }
    addStep(moves, sums);
  }

  private static void addStep(Map<Work, Moves> moves, boolean sums) {
    moves.merge(Work.SGD, new Moves(1, 0), Moves::plus);
    moves.merge(Work.BIAS_GRADIENT, new Moves(sums ? 1 : 0, 0), Moves::plus);
  }
}
