package org.vgg4j.experiment;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;

/**
 * Predicts how long a network takes on a GPU, and how much of its memory: layer by layer: as long
 * as its products take at the rate of layers like it, or its values at the speed of memory,
 * whichever is longer (a roofline). The rates are measured on one card ({@link GpuKernels});
 * nothing else is.
 *
 * @param kernels what computes
 * @param peak products of the card, in FLOP/s
 * @param memory bytes that it reads or writes per second
 * @param host bytes of images per second that come to it from Java's arrays, before a pass of
 *     inference
 * @param exact whether it computes in fp32: three products of twice as many bytes
 */
record GpuTime(GpuKernels kernels, double peak, double memory, double host, boolean exact) {
  /** Channels and features are padded to multiples of this. */
  private static final int BLOCK = 64;

  /** Patches of the image have 32 channels for the 27 values of a 3x3 filter, 96 for a 5x5. */
  private static final int PATCH_UNIT = 32;

  /** A pooled value's place in its window. */
  private static final int ARGMAX = 1;

  /**
   * Seconds that a kernel takes at least. Measured: a layer of D for one image takes 14 us or more,
   * and kernels without products a third of that.
   */
  private static final double LEAST_OF_PRODUCT = 14e-6;

  private static final double LEAST = 5e-6;

  /** What SGD moves for each value: gradient, weight, velocity, and the rounded copy. */
  private static final double DESCENT = 22;

  /** What adding a gradient to the sum of a batch moves for each value. */
  private static final double COLLECTED = 12;

  /**
   * How many times an LRN and a batch norm move their map, forward and backward; from their times
   * on the H200.
   */
  private static final double LRN_FORWARD = 2.9;

  private static final double LRN_BACKWARD = 7.4;
  private static final double NORM_FORWARD = 3.9;
  private static final double NORM_BACKWARD = 5.6;

  /** Whether a layer is a product: a convolution or fully connected. */
  private static boolean isProduct(Layer layer) {
    return layer instanceof Layer.Convolution || layer instanceof Layer.FullyConnected;
  }

  /** A layer, or a convolution and its pool, which are one product. */
  private record Stage(LayerShape shape, boolean pooled, double in, double out, double kept) {}

  /**
   * Stages with the values of one image's maps, channels padded.
   *
   * @param shapes of all layers
   * @param pixels of the image
   */
  private static List<Stage> stages(List<LayerShape> shapes, double pixels) {
    List<Stage> stages = new ArrayList<>();
    double in = 0;
    for (int i = 0; i < shapes.size(); i++) {
      LayerShape shape = shapes.get(i);
      if (i == 0) {
        in = pixels * patchChannels(shape.layer());
      }
      double out = padded(shape.channels()) * (double) shape.height() * shape.width();
      boolean pooled =
          shape.layer() instanceof Layer.Convolution
              && i + 1 < shapes.size()
              && shapes.get(i + 1).layer() instanceof Layer.MaxPool;
      double kept = pooled ? out / 4 : out;
      stages.add(new Stage(shape, pooled, in, out, kept));
      in = kept;
      i += pooled ? 1 : 0;
    }
    return stages;
  }

  private static double padded(int channels) {
    return (channels + BLOCK - 1) / BLOCK * BLOCK;
  }

  private static double patchChannels(Layer first) {
    int values = first instanceof Layer.Convolution c ? 3 * c.kernel() * c.kernel() : 3;
    return (values + PATCH_UNIT - 1) / PATCH_UNIT * PATCH_UNIT;
  }

  /** Bytes of a value of maps and weights. */
  private int bytes() {
    return exact ? 4 : 2;
  }

  private double moving(double bytes) {
    return Math.max(LEAST, bytes / memory);
  }

  private double product(GpuKernels.Product product, Stage stage, int images, double bytes) {
    double operations = 2 * macs(stage.shape()) * images * (exact ? 3 : 1);
    int channels =
        (int) padded(product == GpuKernels.Product.WEIGHTS ? outputs(stage) : inputs(stage));
    double computing = operations / kernels.rate(product, channels, peak);
    return Math.max(LEAST_OF_PRODUCT, Math.max(computing, bytes / memory));
  }

  /** Multiply-adds of one image, with those of padding. */
  private static double macs(LayerShape shape) {
    double padding = padded(shape.channels()) / shape.channels();
    if (shape.layer() instanceof Layer.Convolution c) {
      double ins = c.inChannels() == 3 ? 1 : padded(c.inChannels()) / c.inChannels();
      return shape.multiplyAdds() * padding * ins;
    }
    return shape.multiplyAdds() * padding;
  }

  private static int inputs(Stage stage) {
    Layer layer = stage.shape().layer();
    return layer instanceof Layer.Convolution c
        ? c.inChannels()
        : ((Layer.FullyConnected) layer).inFeatures();
  }

  private static int outputs(Stage stage) {
    return stage.shape().channels();
  }

  private double forward(Stage stage, int images) {
    Layer layer = stage.shape().layer();
    double maps = bytes() * images;
    if (isProduct(layer)) {
      double weights = bytes() * (double) stage.shape().parameters();
      double moved = maps * (stage.in() + stage.kept()) + weights;
      return product(GpuKernels.Product.FORWARD, stage, images, moved);
    }
    if (layer instanceof Layer.LocalResponseNorm) {
      return moving(maps * LRN_FORWARD * stage.out());
    }
    return layer instanceof Layer.BatchNorm
        ? moving(maps * NORM_FORWARD * stage.out())
        : moving(maps * (stage.in() + stage.out()));
  }

  private double backward(Stage stage, int images, boolean first) {
    Layer layer = stage.shape().layer();
    double maps = bytes() * images;
    if (layer instanceof Layer.LocalResponseNorm) {
      return moving(maps * LRN_BACKWARD * stage.out());
    }
    if (layer instanceof Layer.BatchNorm) {
      return moving(maps * NORM_BACKWARD * stage.out());
    }
    if (!isProduct(layer)) {
      return moving(maps * (stage.in() + stage.out()) + ARGMAX * images * stage.out());
    }
    double values = stage.shape().parameters();
    double seconds = moving(maps * stage.kept()); // of the biases
    if (stage.pooled()) {
      seconds += moving(maps * (stage.kept() + stage.out()) + ARGMAX * images * stage.kept());
    }
    double read = maps * (stage.in() + stage.out());
    seconds += product(GpuKernels.Product.WEIGHTS, stage, images, read + Float.BYTES * values);
    if (!first) {
      double moved = read + maps * stage.in() + bytes() * values;
      seconds += product(GpuKernels.Product.DATA, stage, images, moved);
    }
    return seconds;
  }

  private double patches(Architecture network, double pixels, int images) {
    double patches = bytes() * patchChannels(network.layers().get(0));
    return moving(images * pixels * (3.0 * Float.BYTES + patches));
  }

  /**
   * Seconds of a training step on one GPU.
   *
   * @param images of the step
   * @param microBatch of these at a time; if it is less, gradients are added up first
   */
  double step(Architecture network, int images, int microBatch) {
    int passes = (images + microBatch - 1) / microBatch;
    int each = (images + passes - 1) / passes;
    double pixels = (double) network.crop() * network.crop();
    List<Stage> stages = stages(network.shapes(), pixels);
    double seconds = patches(network, pixels, each);
    for (Stage stage : stages) {
      seconds += forward(stage, each) + backward(stage, each, stage.equals(stages.get(0)));
    }
    double values = network.parameterCount();
    double collecting = passes > 1 ? moving(COLLECTED * values) : 0;
    double whole = passes * (seconds + collecting) + moving(DESCENT * values);
    return whole * kernels.factor(exact);
  }

  /**
   * Seconds of the class scores of whole images of one size, floats on the host.
   *
   * @param height of an image, in pixels, at least the crop
   * @param width of an image, in pixels, at least the crop
   */
  double pass(Architecture network, int images, int height, int width) {
    double pixels = (double) height * width;
    Architecture folded = network.withoutBatchNorm();
    double seconds = patches(folded, pixels, images);
    for (Stage stage : stages(folded.shapes(height, width), pixels)) {
      seconds += forward(stage, images);
    }
    return seconds + images * pixels * 3 * Float.BYTES / host;
  }

  /**
   * Bytes that training takes on one GPU, about: within 3 % of what network D was found to take.
   *
   * @param microBatch images at a time
   * @param collected whether gradients of a batch are added up before the step
   */
  double bytes(Architecture network, int microBatch, boolean collected) {
    double pixels = (double) network.crop() * network.crop();
    double maps = pixels * (3 * Float.BYTES + bytes() * patchChannels(network.layers().get(0)));
    double unpooled = 0;
    double largest = 0;
    for (Stage stage : stages(network.shapes(), pixels)) {
      boolean pools = stage.pooled() || stage.shape().layer() instanceof Layer.MaxPool;
      maps += bytes() * stage.kept() + (pools ? ARGMAX * stage.kept() : 0);
      unpooled = Math.max(unpooled, stage.pooled() ? bytes() * stage.out() : 0);
      largest = Math.max(largest, stage.shape().parameters());
    }
    int ofValue = 2 * Float.BYTES + bytes() + (collected ? Float.BYTES : 0);
    double values = network.parameterCount() * (double) ofValue + Float.BYTES * largest;
    return values + microBatch * (maps + unpooled);
  }
}
