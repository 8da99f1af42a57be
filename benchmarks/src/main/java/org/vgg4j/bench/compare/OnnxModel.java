package org.vgg4j.bench.compare;

import java.util.List;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;

/**
 * Describes a network as an ONNX model, operator set 13, whose weights lie in a file beside it. The
 * numbers of the fields are those of the format's definition, {@code onnx.proto}.
 */
final class OnnxModel {
  /** Name of the input, {@code [N][3][crop][crop]}; the size of the batch is left open. */
  static final String INPUT = "images";

  private static final String OUTPUT = "scores";
  private static final int IR_VERSION = 8;
  private static final int OPERATOR_SET = 13;
  private static final int FLOAT = 1;
  private static final int EXTERNAL = 1;

  private final ProtoMessage graph = new ProtoMessage();
  private String current = INPUT;

  private OnnxModel() {}

  /**
   * Returns the model.
   *
   * @param weightsFile name of a file in the model's folder: the parameters in the architecture's
   *     order as 32-bit floats, little-endian
   */
  static byte[] of(Architecture architecture, String weightsFile) {
    OnnxModel model = new OnnxModel();
    model.nodes(architecture);
    model.graph.text(2, "vgg");
    model.initializers(architecture.parameters(), weightsFile);
    int crop = architecture.crop();
    model.graph.message(11, value(INPUT, 3, crop, crop));
    model.graph.message(12, value(OUTPUT, architecture.classes()));
    ProtoMessage operators = new ProtoMessage().text(1, "").number(2, OPERATOR_SET);
    return new ProtoMessage()
        .number(1, IR_VERSION)
        .text(2, "vgg4j")
        .message(7, model.graph)
        .message(8, operators)
        .toBytes();
  }

  private void nodes(Architecture architecture) {
    List<ParameterShape> parameters = architecture.parameters();
    int next = 0;
    boolean flat = false;
    for (Layer layer : architecture.layers()) {
      if (layer instanceof Layer.Convolution convolution) {
        int side = convolution.kernel();
        int pad = side / 2;
        String weight = parameters.get(next++).name();
        String bias = parameters.get(next++).name();
        node(layer, "Conv", List.of(weight, bias), ints("kernel_shape", side, side), pads(pad));
        node(layer, "Relu", List.of());
      } else if (layer instanceof Layer.LocalResponseNorm norm) {
        // ONNX divides alpha by the size
        node(
            layer,
            "LRN",
            List.of(),
            integer("size", norm.size()),
            decimal("alpha", norm.alpha() * norm.size()),
            decimal("beta", norm.beta()),
            decimal("bias", norm.k()));
      } else if (layer instanceof Layer.MaxPool) {
        node(layer, "MaxPool", List.of(), ints("kernel_shape", 2, 2), ints("strides", 2, 2));
      } else if (layer instanceof Layer.FullyConnected connected) {
        if (!flat) {
          node(layer, "Flatten", List.of());
          flat = true;
        }
        String weight = parameters.get(next++).name();
        String bias = parameters.get(next++).name();
        node(layer, "Gemm", List.of(weight, bias), integer("transB", 1));
        if (connected.hidden()) {
          node(layer, "Relu", List.of());
        }
      } else {
        throw new IllegalArgumentException("no comparison has " + layer);
      }
    }
    node("Identity", List.of(), OUTPUT);
  }

  /** A node that reads the last one's output and further inputs. */
  private void node(Layer layer, String operator, List<String> others, ProtoMessage... attributes) {
    node(operator, others, layer.name() + "." + operator, attributes);
  }

  private void node(
      String operator, List<String> others, String output, ProtoMessage... attributes) {
    ProtoMessage node = new ProtoMessage().text(1, current);
    others.forEach(other -> node.text(1, other));
    node.text(2, output).text(4, operator);
    for (ProtoMessage attribute : attributes) {
      node.message(5, attribute);
    }
    graph.message(1, node);
    current = output;
  }

  private static ProtoMessage pads(int pad) {
    return ints("pads", pad, pad, pad, pad);
  }

  private static ProtoMessage ints(String name, long... values) {
    ProtoMessage attribute = new ProtoMessage().text(1, name);
    for (long value : values) {
      attribute.number(8, value);
    }
    return attribute.number(20, 7);
  }

  private static ProtoMessage integer(String name, long value) {
    return new ProtoMessage().text(1, name).number(3, value).number(20, 2);
  }

  private static ProtoMessage decimal(String name, float value) {
    return new ProtoMessage().text(1, name).decimal(2, value).number(20, 1);
  }

  private void initializers(List<ParameterShape> shapes, String file) {
    long offset = 0;
    for (ParameterShape shape : shapes) {
      long length = (long) shape.length() * Float.BYTES;
      ProtoMessage tensor = new ProtoMessage();
      shape.dimensions().forEach(size -> tensor.number(1, size));
      tensor.number(2, FLOAT).text(8, shape.name());
      tensor.message(13, entry("location", file));
      tensor.message(13, entry("offset", String.valueOf(offset)));
      tensor.message(13, entry("length", String.valueOf(length)));
      graph.message(5, tensor.number(14, EXTERNAL));
      offset += length;
    }
  }

  private static ProtoMessage entry(String key, String value) {
    return new ProtoMessage().text(1, key).text(2, value);
  }

  /** Name and type of an input or output: floats, the batch, then these sizes. */
  private static ProtoMessage value(String name, int... sizes) {
    ProtoMessage shape = new ProtoMessage().message(1, new ProtoMessage().text(2, "N"));
    for (int size : sizes) {
      shape.message(1, new ProtoMessage().number(1, size));
    }
    ProtoMessage tensor = new ProtoMessage().number(1, FLOAT).message(2, shape);
    return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, tensor));
  }
}
