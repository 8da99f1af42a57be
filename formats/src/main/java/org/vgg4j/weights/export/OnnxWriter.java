package org.vgg4j.weights.export;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Task;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.foreign.Profile;

/**
 * Writes a model as ONNX, opset 17: input {@code images}, float [N][3][crop][crop] for any N;
 * output {@code scores}, or {@code posteriors} after a soft-max, float [N][classes]; of a network
 * that finds boxes {@code boxes}, float [N][4], or [N][4 * classes], see {@link
 * CropBox#ABOUT_CODE}; of one with several labels an image {@code scores}, or {@code probabilities}
 * after their sigmoids.
 *
 * @param softMax whether the graph ends with a soft-max, at the temperature of a calibrated model,
 *     or of labels with a sigmoid
 * @param preprocessing whether the graph reads RGB pixels in 0..255 and prepares them as the
 *     weights expect; otherwise its input must be prepared
 */
public record OnnxWriter(boolean softMax, boolean preprocessing) {
  private static final int IR_VERSION = 8;
  private static final int OPSET = 17;
  private static final int FLOAT = 1;
  private static final int INT64 = 7;
  private static final int EXTERNAL = 1;
  private static final int ATTRIBUTE_FLOAT = 1;
  private static final int ATTRIBUTE_INT = 2;
  private static final int ATTRIBUTE_INTS = 7;

  /** Name of the input. */
  public static final String INPUT = "images";

  /** A graph under construction; its nodes form a chain. */
  private static final class Graph {
    private final Message message = new Message().text(2, "vgg");
    private String last = INPUT;

    /** Adds a node that reads the output of the previous one. */
    void add(String type, String name, List<String> weights, Message... attributes) {
      Message node = new Message().text(1, last);
      weights.forEach(weight -> node.text(1, weight));
      node.text(2, name).text(3, name).text(4, type);
      for (Message attribute : attributes) {
        node.message(5, attribute);
      }
      message.message(1, node);
      last = name;
    }

    void initializer(String name, List<Integer> dimensions, float[] values) {
      message.message(5, tensor(name, dimensions).raw(9, values));
    }

    static Message tensor(String name, List<Integer> dimensions) {
      Message tensor = new Message();
      dimensions.forEach(size -> tensor.number(1, size));
      return tensor.number(2, FLOAT).text(8, name);
    }

    /** The whole file's message, once the nodes are there. */
    Message model(Architecture architecture) {
      int crop = architecture.crop();
      message.message(11, valueInfo(INPUT, 3, crop, crop));
      message.message(12, valueInfo(last, architecture.outputs()));
      return new Message()
          .number(1, IR_VERSION)
          .text(2, "vgg4j")
          .text(3, Version.get())
          .message(7, message)
          .message(8, new Message().text(1, "").number(2, OPSET));
    }
  }

  /**
   * Writes the file, whole or not at all.
   *
   * @throws InputException if it cannot be written, or would be larger than a protocol buffer may
   *     be
   */
  public void write(ModelFile model, Path file) {
    Message message = message(model);
    if (message.size() > Integer.MAX_VALUE) {
      throw new InputException(
          "network %s has more weights than the 2 GB of an ONNX file: export it as safetensors"
              .formatted(model.architecture()));
    }
    AtomicFile.write(file, message::writeTo);
  }

  private Message message(ModelFile model) {
    Architecture architecture = model.architecture();
    Graph graph = new Graph();
    if (preprocessing) {
      prepare(graph, model.preprocessing());
    }
    for (ParameterShape shape : architecture.parameters()) {
      float[] values = Objects.requireNonNull(model.arrays().get(shape.name()));
      graph.initializer(shape.name(), shape.dimensions(), values);
    }
    layers(graph, architecture);
    if (softMax && architecture.task().isLabels()) {
      graph.add("Sigmoid", "probabilities", List.of());
    } else if (softMax) {
      if (model.calibration() != null) {
        float[] inverse = {(float) (1 / model.temperature())};
        graph.initializer("inverse_temperature", List.of(1), inverse);
        graph.add("Mul", "tempered", List.of("inverse_temperature"));
      }
      graph.add("Softmax", "posteriors", List.of(), integer("axis", 1));
    }
    Message whole = graph.model(architecture);
    property(whole, "classes", String.join("\n", model.classNames()));
    if (architecture.task() != Task.CLASSIFICATION) {
      property(whole, "vgg4j.task", architecture.task().label());
      property(
          whole,
          "output",
          architecture.task().isBoxes()
              ? CropBox.ABOUT_CODE
              : ModelCard.labels(architecture, softMax));
    }
    property(
        whole,
        "input",
        preprocessing ? "RGB, 0..255" : ModelCard.preprocessing(model.preprocessing()));
    if (!preprocessing) {
      property(whole, "vgg4j.preprocessing", Profile.of(model.preprocessing()).label());
    }
    property(whole, "vgg4j.scale", String.valueOf(model.preprocessing().scale()));
    property(
        whole,
        "vgg4j.interpolation",
        model.preprocessing().interpolation().name().toLowerCase(Locale.ROOT));
    if (model.calibration() != null) {
      property(whole, Calibration.KEY, model.calibration().json());
    }
    return whole;
  }

  /**
   * Writes a network whose weights are in another file, up to its scores, without preprocessing.
   *
   * @param weights name of a file in the same folder: the parameters in the architecture's order as
   *     32-bit floats, little-endian
   * @throws InputException if the file cannot be written
   */
  public static void writeBeside(Architecture architecture, String weights, Path file) {
    Graph graph = new Graph();
    long offset = 0;
    for (ParameterShape shape : architecture.parameters()) {
      long length = (long) shape.length() * Float.BYTES;
      Message tensor =
          Graph.tensor(shape.name(), shape.dimensions())
              .message(13, entry("location", weights))
              .message(13, entry("offset", String.valueOf(offset)))
              .message(13, entry("length", String.valueOf(length)))
              .number(14, EXTERNAL);
      graph.message.message(5, tensor);
      offset += length;
    }
    layers(graph, architecture);
    AtomicFile.write(file, graph.model(architecture)::writeTo);
  }

  private static Message entry(String key, String value) {
    return new Message().text(1, key).text(2, value);
  }

  private static void property(Message model, String key, String value) {
    Message unused = model.message(14, entry(key, value));
  }

  private static void prepare(Graph graph, Preprocessing preprocessing) {
    float[] mean = new float[3];
    float[] factor = new float[3];
    boolean bgr = preprocessing.channelOrder() == ChannelOrder.BGR;
    for (int channel = 0; channel < 3; channel++) {
      int color = bgr ? 2 - channel : channel;
      float range = preprocessing.valueRange() / 255;
      mean[channel] = preprocessing.mean().channel(color) / range;
      factor[channel] = range / preprocessing.std().channel(color);
    }
    if (bgr) {
      Message order = new Message().number(1, 3).number(2, INT64).text(8, "bgr");
      IntStream.of(2, 1, 0).forEach(index -> order.number(7, index));
      graph.message.message(5, order);
      graph.add("Gather", "images_bgr", List.of("bgr"), integer("axis", 1));
    }
    graph.initializer("mean", List.of(1, 3, 1, 1), mean);
    graph.initializer("factor", List.of(1, 3, 1, 1), factor);
    graph.add("Sub", "images_centred", List.of("mean"));
    graph.add("Mul", "images_scaled", List.of("factor"));
  }

  private static void layers(Graph graph, Architecture architecture) {
    List<ParameterShape> parameters = architecture.parameters();
    boolean flat = false;
    for (Layer layer : architecture.layers()) {
      if (layer instanceof Layer.MaxPool) {
        graph.add(
            "MaxPool",
            layer.name(),
            List.of(),
            integers("kernel_shape", 2, 2),
            integers("strides", 2, 2));
      } else if (layer instanceof Layer.GlobalAverage) {
        graph.add("GlobalAveragePool", layer.name(), List.of());
      } else if (layer instanceof Layer.LocalResponseNorm lrn) {
        graph.add(
            "LRN",
            layer.name(),
            List.of(),
            integer("size", lrn.size()),
            real("alpha", lrn.alpha() * lrn.size()), // ONNX divides alpha by the size
            real("beta", lrn.beta()),
            real("bias", lrn.k()));
      } else {
        List<String> weights =
            parameters.stream()
                .filter(shape -> shape.layer().equals(layer.name()))
                .map(ParameterShape::name)
                .toList();
        if (layer instanceof Layer.Convolution convolution) {
          convolution(graph, convolution, weights);
        } else if (layer instanceof Layer.BatchNorm) {
          Message epsilon = real("epsilon", (float) Layer.BatchNorm.EPSILON);
          graph.add("BatchNormalization", layer.name(), weights, epsilon);
          graph.add("Relu", layer.tap(), List.of());
        } else if (layer instanceof Layer.FullyConnected connected) {
          if (!flat) {
            graph.add("Flatten", "flat", List.of(), integer("axis", 1));
            flat = true;
          }
          String output = architecture.task().isBoxes() ? "boxes" : "scores";
          connected(graph, connected, connected.hidden() ? connected.name() : output, weights);
        }
      }
    }
  }

  private static void convolution(Graph graph, Layer.Convolution layer, List<String> weights) {
    int pad = layer.kernel() / 2;
    graph.add(
        "Conv",
        layer.name(),
        weights,
        integers("kernel_shape", layer.kernel(), layer.kernel()),
        integers("pads", pad, pad, pad, pad),
        integers("strides", 1, 1));
    if (layer.rectified()) {
      graph.add("Relu", layer.tap(), List.of());
    }
  }

  private static void connected(
      Graph graph, Layer.FullyConnected layer, String output, List<String> weights) {
    graph.add("Gemm", output, weights, integer("transB", 1));
    if (layer.hidden()) {
      graph.add("Relu", layer.name() + "_relu", List.of());
    }
  }

  private static Message integer(String name, int value) {
    return new Message().text(1, name).number(3, value).number(20, ATTRIBUTE_INT);
  }

  private static Message integers(String name, int... values) {
    Message attribute = new Message().text(1, name);
    IntStream.of(values).forEach(value -> attribute.number(8, value));
    return attribute.number(20, ATTRIBUTE_INTS);
  }

  private static Message real(String name, float value) {
    return new Message().text(1, name).real(2, value).number(20, ATTRIBUTE_FLOAT);
  }

  /** Name, type and shape of an input or output; the number of images is left open. */
  private static Message valueInfo(String name, int... sizes) {
    Message shape = new Message().message(1, new Message().text(2, "N"));
    IntStream.of(sizes).forEach(size -> shape.message(1, new Message().number(1, size)));
    Message tensorType = new Message().number(1, FLOAT).message(2, shape);
    return new Message().text(1, name).message(2, new Message().message(1, tensorType));
  }
}
