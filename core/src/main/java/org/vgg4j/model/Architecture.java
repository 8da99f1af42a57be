package org.vgg4j.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.vgg4j.base.InputException;

/**
 * One network of the family at a given width, crop and number of classes: an ordered list of
 * layers, and all that follows from it. Immutable.
 */
public final class Architecture {
  /** The five pools halve the map five times. */
  public static final int SMALLEST_CROP = 32;

  private static final int CHANNEL_MULTIPLE = 16;

  /** The number in the name of the first fully connected layer: the blocks before it are 1 to 5. */
  private static final int FIRST_CONNECTED = 6;

  private static final int LAST_CHANNELS = Configuration.BLOCK_CHANNELS.get(4);
  private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

  private final Configuration configuration;
  private final double width;
  private final int crop;
  private final int classes;
  private final Task task;
  private final HeadLayers head;
  private final List<Layer> layers;

  /**
   * @param configuration which network
   * @param width factor on all channels and hidden features, which are rounded to a multiple of 16;
   *     1 is the paper's
   * @param crop side of the square input window in pixels, at least 32; 224 is the paper's
   * @param classes number of classes, at least 2; 1000 is the paper's
   * @throws InputException if a number is out of its range, or they give a layer more weights than
   *     a Java array can hold
   */
  public Architecture(Configuration configuration, double width, int crop, int classes) {
    this(configuration, width, crop, classes, Task.CLASSIFICATION);
  }

  /**
   * @param configuration see above
   * @param width see above
   * @param crop see above
   * @param classes number of classes that images or objects may be of, at least 2
   * @param task what the outputs of the last layer mean
   * @throws InputException as above
   */
  public Architecture(Configuration configuration, double width, int crop, int classes, Task task) {
    this(configuration, width, crop, classes, task, HeadLayers.PAPER);
  }

  /**
   * @param configuration see above
   * @param width see above; hidden features that the head states are taken as they are
   * @param crop see above
   * @param classes see above
   * @param task see above
   * @param head the layers between the last map and the outputs
   * @throws InputException as above
   */
  public Architecture(
      Configuration configuration,
      double width,
      int crop,
      int classes,
      Task task,
      HeadLayers head) {
    if (crop < SMALLEST_CROP) {
      throw new InputException(
          "crop "
              + crop
              + " is too small for the five 2x2 pools: the smallest legal crop is "
              + SMALLEST_CROP);
    }
    if (!(width > 0 && width <= 8)) {
      throw new InputException(
          "width " + width + " is not in (0, 8]: 1 is the paper's, 0.25 a quarter");
    }
    if (classes < 2) {
      throw new InputException("a network needs at least two classes, not " + classes);
    }
    this.configuration = configuration;
    this.width = width;
    this.crop = crop;
    this.classes = classes;
    this.task = task;
    List<Integer> ofThePaper = Collections.nCopies(2, scaled(Configuration.HIDDEN_FEATURES));
    List<Integer> hidden = head.hidden() == null ? ofThePaper : head.hidden();
    this.head = hidden.equals(ofThePaper) ? new HeadLayers(head.averaged(), null) : head;
    requireSmallEnough(hidden);
    this.layers = List.copyOf(build(hidden));
  }

  /** The largest arrays are the weights of the fully connected layers, and the first maps. */
  private void requireSmallEnough(List<Integer> hidden) {
    double positions = head.averaged() ? 1 : (double) lastMapSide() * lastMapSide();
    double in = positions * scaled(LAST_CHANNELS);
    double largest = 0;
    for (int features : hidden) {
      largest = Math.max(largest, in * features);
      in = features;
    }
    largest = Math.max(largest, in * outputs());
    if (largest > LARGEST_ARRAY) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "network %s is too large: a layer of %,.0f weights does not fit into a Java array;"
                  + " take %s",
              this,
              largest,
              head.hidden() == null
                  ? "a smaller width or crop, or fewer classes"
                  : "fewer features in option head"));
    }
    double firstMap = scaled(Configuration.BLOCK_CHANNELS.get(0)) * (crop + 8.0) * (crop + 8.0);
    if (firstMap > LARGEST_ARRAY) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "network %s is too large: its first map does not fit into a Java array; take a"
                  + " smaller crop or width",
              this));
    }
  }

  private List<Layer> build(List<Integer> hidden) {
    List<Layer> list = new ArrayList<>();
    int channels = 3;
    for (int block = 1; block <= configuration.blocks().size(); block++) {
      int out = scaled(Configuration.BLOCK_CHANNELS.get(block - 1));
      List<Integer> kernels = configuration.blocks().get(block - 1);
      for (int i = 1; i <= kernels.size(); i++) {
        String position = block + "_" + i;
        boolean norm = configuration.hasBatchNorm();
        list.add(
            new Layer.Convolution("conv" + position, kernels.get(i - 1), channels, out, !norm));
        if (norm) {
          list.add(new Layer.BatchNorm("bn" + position, out));
        }
        channels = out;
        if (block == 1 && i == 1 && configuration.hasLrn()) {
          // Krizhevsky's constants, as the paper says (section 2.1)
          list.add(new Layer.LocalResponseNorm("lrn1", 5, 2f, 1e-4f, 0.75f));
        }
      }
      list.add(new Layer.MaxPool("pool" + block));
    }
    int in = channels * lastMapSide() * lastMapSide();
    if (head.averaged()) {
      list.add(new Layer.GlobalAverage("gap"));
      in = channels;
    }
    int number = FIRST_CONNECTED;
    for (int features : hidden) {
      list.add(new Layer.FullyConnected("fc" + number++, in, features, true));
      in = features;
    }
    list.add(new Layer.FullyConnected("fc" + number, in, outputs(), false));
    return list;
  }

  private int scaled(int channels) {
    long multiples = Math.round(channels * width / CHANNEL_MULTIPLE);
    return (int) Math.max(1, multiples) * CHANNEL_MULTIPLE;
  }

  /** Side of pool5's output for one crop: 7 at crop 224, 1 at crop 32. */
  public int lastMapSide() {
    return crop / 32;
  }

  /** The layers, in order of execution. */
  public List<Layer> layers() {
    return layers;
  }

  /** The fully connected layers, in order of execution: at least one. */
  public List<Layer.FullyConnected> connectedLayers() {
    return layers.stream()
        .filter(Layer.FullyConnected.class::isInstance)
        .map(Layer.FullyConnected.class::cast)
        .toList();
  }

  /** Number of convolutions and fully connected layers. */
  public int weightLayers() {
    return configuration.convolutions() + connectedLayers().size();
  }

  /** The last layer, which makes the outputs: fc8 if the head is the paper's. */
  public Layer.FullyConnected outputLayer() {
    return (Layer.FullyConnected) layers.get(layers.size() - 1);
  }

  /** The layers between the last map and the outputs; null in it means the paper's, as given. */
  public HeadLayers head() {
    return head;
  }

  /** Which network of the family this is. */
  public Configuration configuration() {
    return configuration;
  }

  /** The factor on channels. */
  public double width() {
    return width;
  }

  /** Side of the input window in pixels. */
  public int crop() {
    return crop;
  }

  /** Number of classes. */
  public int classes() {
    return classes;
  }

  /** What the outputs of the last layer mean. */
  public Task task() {
    return task;
  }

  /** Number of outputs of the last layer: of the classes, if they are class scores. */
  public int outputs() {
    return task.outputs(classes);
  }

  /** This network for another task, with another last layer. */
  public Architecture withTask(Task other) {
    return new Architecture(configuration, width, crop, classes, other, head);
  }

  /**
   * This network without batch normalisation, which can compute the same as this one once it is
   * trained; this one if it has none.
   */
  public Architecture withoutBatchNorm() {
    return configuration.hasBatchNorm()
        ? new Architecture(configuration.withoutBatchNorm(), width, crop, classes, task, head)
        : this;
  }

  /**
   * The arrays in order of execution, each layer's weight or scale before its bias, and running
   * mean before variance, named by torchvision's rule: a convolution, a batch normalisation, a
   * ReLU, an LRN and a pool each take one index of {@code features}; the linear layers are {@code
   * classifier.0, .3, .6} and so on, with a ReLU and a dropout between them.
   */
  public List<ParameterShape> parameters() {
    List<ParameterShape> shapes = new ArrayList<>();
    int feature = 0;
    int classifier = 0;
    for (Layer layer : layers) {
      if (layer instanceof Layer.Convolution c) {
        String prefix = "features." + feature;
        List<Integer> weight = List.of(c.outChannels(), c.inChannels(), c.kernel(), c.kernel());
        shapes.add(new ParameterShape(prefix + ".weight", c.name(), weight));
        shapes.add(new ParameterShape(prefix + ".bias", c.name(), List.of(c.outChannels())));
        feature += c.rectified() ? 2 : 1;
      } else if (layer instanceof Layer.BatchNorm n) {
        for (String kind : List.of("weight", "bias", "running_mean", "running_var")) {
          String name = "features." + feature + "." + kind;
          shapes.add(new ParameterShape(name, n.name(), List.of(n.channels())));
        }
        feature += 2;
      } else if (layer instanceof Layer.FullyConnected f) {
        String prefix = "classifier." + classifier;
        List<Integer> weight = List.of(f.outFeatures(), f.inFeatures());
        shapes.add(new ParameterShape(prefix + ".weight", f.name(), weight));
        shapes.add(new ParameterShape(prefix + ".bias", f.name(), List.of(f.outFeatures())));
        classifier += 3;
      } else {
        feature++;
      }
    }
    return List.copyOf(shapes);
  }

  /**
   * Number of values that are learnt: weights, biases, and the scales and shifts of batch norms.
   */
  public long parameterCount() {
    return parameters().stream()
        .filter(shape -> !shape.isStatistic())
        .mapToLong(ParameterShape::length)
        .sum();
  }

  /** Number of values in all arrays: those that are learnt, and running statistics. */
  public long valueCount() {
    return parameters().stream().mapToLong(ParameterShape::length).sum();
  }

  /** Output shape and cost of every layer for one crop. */
  public List<LayerShape> shapes() {
    return shapes(crop, crop);
  }

  /**
   * Output shape and cost of every layer for one whole image, where the fully connected layers are
   * convolutions over the last map (the paper, section 3.2).
   *
   * @param imageHeight in pixels, at least the crop
   * @param imageWidth in pixels, at least the crop
   */
  public List<LayerShape> shapes(int imageHeight, int imageWidth) {
    List<LayerShape> shapes = new ArrayList<>();
    int channels = 3;
    int height = imageHeight;
    int width = imageWidth;
    int window = lastMapSide();
    int receptiveField = 1;
    int stride = 1;
    for (Layer layer : layers) {
      long parameters = 0;
      long multiplyAdds = 0;
      if (layer instanceof Layer.Convolution c) {
        long weights = (long) c.outChannels() * c.inChannels() * c.kernel() * c.kernel();
        parameters = weights + c.outChannels();
        multiplyAdds = weights * height * width;
        receptiveField += (c.kernel() - 1) * stride;
        channels = c.outChannels();
      } else if (layer instanceof Layer.BatchNorm n) {
        parameters = 2L * n.channels();
      } else if (layer instanceof Layer.MaxPool) {
        receptiveField += stride;
        stride *= 2;
        height /= 2;
        width /= 2;
      } else if (layer instanceof Layer.GlobalAverage) {
        // of every window as large as a crop's last map
        receptiveField += (window - 1) * stride;
        height -= window - 1;
        width -= window - 1;
        window = 1;
      } else if (layer instanceof Layer.FullyConnected f) {
        // the first is a convolution as large as a crop's last map, the others are 1x1
        receptiveField += (window - 1) * stride;
        height -= window - 1;
        width -= window - 1;
        window = 1;
        long weights = (long) f.outFeatures() * f.inFeatures();
        multiplyAdds = weights * height * width;
        parameters = weights + f.outFeatures();
        channels = f.outFeatures();
      }
      shapes.add(
          new LayerShape(
              layer, channels, height, width, receptiveField, stride, parameters, multiplyAdds));
    }
    return List.copyOf(shapes);
  }

  /** Multiply-adds of one forward pass over one crop. */
  public long multiplyAdds() {
    return multiplyAdds(crop, crop);
  }

  /** Multiply-adds of one forward pass over one whole image, see {@link #shapes(int, int)}. */
  public long multiplyAdds(int imageHeight, int imageWidth) {
    return shapes(imageHeight, imageWidth).stream().mapToLong(LayerShape::multiplyAdds).sum();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Architecture that
        && configuration == that.configuration
        && layers.equals(that.layers)
        && task == that.task
        && classes == that.classes
        && crop == that.crop;
  }

  @Override
  public int hashCode() {
    return 31 * layers.hashCode() + crop;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s (width %s, crop %d, %d classes%s%s%s)",
        configuration,
        width,
        crop,
        classes,
        head.averaged() ? ", average pooling" : "",
        head.hidden() == null ? "" : ", head " + head.headText(),
        task.isBoxes() ? ", boxes: " + task.label() : task.isLabels() ? ", labels" : "");
  }
}
