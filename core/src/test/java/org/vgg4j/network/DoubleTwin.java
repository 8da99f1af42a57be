package org.vgg4j.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;

/**
 * The mean loss of a batch in double precision, layer by layer by the definition, with dropout: a
 * function whose numeric derivatives are sharp, where those of a float network drown in rounding.
 *
 * <p>Also tells on which side of its kinks each ReLU and pool was, so that two evaluations can be
 * known to lie on one smooth piece.
 */
public final class DoubleTwin {
  /**
   * @param loss mean cross-entropy
   * @param kinks hash of the sign of every ReLU's input and the choice of every pool window
   */
  public record Evaluation(double loss, long kinks) {}

  private final Architecture architecture;
  private final Map<String, double[]> parameters = new HashMap<>();
  private final Map<String, double[]> ofLayer = new HashMap<>();
  private final int count;
  private final int[] labels;
  private final double dropoutRate;
  private final DropoutKeys keys;
  private final boolean runningStatistics;
  // what each layer reads, as the last full evaluation left it
  private final List<double[]> inputs = new ArrayList<>();
  private final List<int[]> channelsAndSides = new ArrayList<>();
  private final double[] scores;
  private long kinks;

  /**
   * @param runningStatistics whether normalisations use these, not the batch's
   */
  public DoubleTwin(
      Parameters values,
      float[] images,
      int[] labels,
      double dropoutRate,
      DropoutKeys keys,
      boolean runningStatistics) {
    this.runningStatistics = runningStatistics;
    this.architecture = values.architecture();
    this.count = labels.length;
    this.labels = labels;
    this.dropoutRate = dropoutRate;
    this.keys = keys;
    for (ParameterShape shape : architecture.parameters()) {
      double[] array = doubles(values.values(shape.name()));
      parameters.put(shape.name(), array);
      ofLayer.put(shape.layer() + shape.name().substring(shape.name().lastIndexOf('.')), array);
    }
    int channels = 3;
    int side = architecture.crop();
    double[] current = doubles(images);
    for (Layer layer : architecture.layers()) {
      inputs.add(current);
      channelsAndSides.add(new int[] {channels, side});
      current = forward(layer, current, channels, side);
      if (layer instanceof Layer.Convolution c) {
        channels = c.outChannels();
      } else if (layer instanceof Layer.MaxPool) {
        side /= 2;
      }
    }
    this.scores = current;
  }

  /** The class scores, {@code [N][classes]}, with the parameters as they were at construction. */
  public double[] scores() {
    return scores.clone();
  }

  /** The array of that parameter; change it and evaluate again. */
  public double[] parameter(String name) {
    return parameters.get(name);
  }

  /**
   * Evaluates the loss, where only parameters of this and later layers were changed.
   *
   * @param layerName the first layer with changed parameters
   */
  public Evaluation evaluate(String layerName) {
    List<Layer> layers = architecture.layers();
    int first = 0;
    while (!layers.get(first).name().equals(layerName)) {
      first++;
    }
    kinks = 1;
    double[] current = inputs.get(first);
    for (int i = first; i < layers.size(); i++) {
      int[] shape = channelsAndSides.get(i);
      current = forward(layers.get(i), current, shape[0], shape[1]);
    }
    return new Evaluation(loss(current), kinks);
  }

  private double loss(double[] scores) {
    int classes = architecture.classes();
    double total = 0;
    for (int n = 0; n < count; n++) {
      double sum = 0;
      for (int k = 0; k < classes; k++) {
        sum += Math.exp(scores[n * classes + k]);
      }
      total += Math.log(sum) - scores[n * classes + labels[n]];
    }
    return total / count;
  }

  private double[] forward(Layer layer, double[] input, int channels, int side) {
    if (layer instanceof Layer.Convolution c) {
      double[] sums = convolution(c, input, side);
      return c.rectified() ? relu(sums) : sums;
    } else if (layer instanceof Layer.BatchNorm n) {
      return relu(batchNorm(n, input, side));
    } else if (layer instanceof Layer.LocalResponseNorm n) {
      return norm(n, input, channels, side);
    } else if (layer instanceof Layer.MaxPool) {
      return pool(input, channels, side);
    } else if (layer instanceof Layer.GlobalAverage) {
      return average(input, side * side);
    }
    Layer.FullyConnected f = (Layer.FullyConnected) layer;
    double[] output = linear(f, input);
    return f.hidden() ? drop(f, relu(output)) : output;
  }

  private double[] convolution(Layer.Convolution layer, double[] input, int side) {
    double[] weight = ofLayer.get(layer.name() + ".weight");
    double[] bias = ofLayer.get(layer.name() + ".bias");
    int kernel = layer.kernel();
    int plane = side * side;
    double[] output = new double[count * layer.outChannels() * plane];
    for (int n = 0; n < count; n++) {
      for (int k = 0; k < layer.outChannels(); k++) {
        int to = (n * layer.outChannels() + k) * plane;
        Arrays.fill(output, to, to + plane, bias[k]);
        for (int c = 0; c < layer.inChannels(); c++) {
          int from = (n * layer.inChannels() + c) * plane;
          for (int i = 0; i < kernel * kernel; i++) {
            int dy = i / kernel - kernel / 2;
            int dx = i % kernel - kernel / 2;
            double w = weight[(k * layer.inChannels() + c) * kernel * kernel + i];
            for (int y = Math.max(0, -dy); y < Math.min(side, side - dy); y++) {
              for (int x = Math.max(0, -dx); x < Math.min(side, side - dx); x++) {
                output[to + y * side + x] += w * input[from + (y + dy) * side + x + dx];
              }
            }
          }
        }
      }
    }
    return output;
  }

  private double[] relu(double[] values) {
    for (int i = 0; i < values.length; i++) {
      noteKink(values[i] > 0 ? 1 : 0);
      values[i] = Math.max(0, values[i]);
    }
    return values;
  }

  private double[] norm(Layer.LocalResponseNorm layer, double[] input, int channels, int side) {
    int plane = side * side;
    double[] output = new double[input.length];
    for (int i = 0; i < input.length; i++) {
      int channel = i / plane % channels;
      double sum = 0;
      for (int offset = -(layer.size() / 2); offset <= layer.size() / 2; offset++) {
        if (channel + offset >= 0 && channel + offset < channels) {
          double a = input[i + offset * plane];
          sum += a * a;
        }
      }
      double denominator = layer.k() + (double) layer.alpha() * sum;
      output[i] = input[i] * Math.pow(denominator, -layer.beta());
    }
    return output;
  }

  private double[] batchNorm(Layer.BatchNorm layer, double[] input, int side) {
    double[] scale = ofLayer.get(layer.name() + ".weight");
    double[] shift = ofLayer.get(layer.name() + ".bias");
    double[] output = new double[input.length];
    int plane = side * side;
    double values = (double) count * plane;
    for (int c = 0; c < layer.channels(); c++) {
      double mean = 0;
      double variance = 0;
      for (int n = 0; n < count; n++) {
        int from = (n * layer.channels() + c) * plane;
        for (int i = from; i < from + plane; i++) {
          mean += input[i] / values;
        }
      }
      for (int n = 0; n < count; n++) {
        int from = (n * layer.channels() + c) * plane;
        for (int i = from; i < from + plane; i++) {
          variance += (input[i] - mean) * (input[i] - mean) / values;
        }
      }
      if (runningStatistics) {
        mean = ofLayer.get(layer.name() + ".running_mean")[c];
        variance = ofLayer.get(layer.name() + ".running_var")[c];
      }
      for (int n = 0; n < count; n++) {
        int from = (n * layer.channels() + c) * plane;
        for (int i = from; i < from + plane; i++) {
          output[i] = scale[c] * (input[i] - mean) / Math.sqrt(variance + 1e-5) + shift[c];
        }
      }
    }
    return output;
  }

  private double[] pool(double[] input, int channels, int side) {
    int half = side / 2;
    double[] output = new double[count * channels * half * half];
    for (int i = 0; i < output.length; i++) {
      int map = i / (half * half);
      int first = map * side * side + 2 * (i / half % half) * side + 2 * (i % half);
      int which = 0;
      for (int j = 1; j < 4; j++) {
        if (input[first + j / 2 * side + j % 2] > input[first + which / 2 * side + which % 2]) {
          which = j;
        }
      }
      noteKink(which);
      output[i] = input[first + which / 2 * side + which % 2];
    }
    return output;
  }

  private static double[] average(double[] input, int plane) {
    double[] output = new double[input.length / plane];
    for (int i = 0; i < input.length; i++) {
      output[i / plane] += input[i] / plane;
    }
    return output;
  }

  private double[] linear(Layer.FullyConnected layer, double[] input) {
    double[] weight = ofLayer.get(layer.name() + ".weight");
    double[] bias = ofLayer.get(layer.name() + ".bias");
    int in = layer.inFeatures();
    double[] output = new double[count * layer.outFeatures()];
    for (int i = 0; i < output.length; i++) {
      int n = i / layer.outFeatures();
      int o = i % layer.outFeatures();
      output[i] = bias[o];
      for (int j = 0; j < in; j++) {
        output[i] += weight[o * in + j] * input[n * in + j];
      }
    }
    return output;
  }

  /** A draw of 32 bits below rate * 2^32 drops a feature; the others are scaled up. */
  private double[] drop(Layer.FullyConnected layer, double[] values) {
    if (dropoutRate == 0) {
      return values;
    }
    Purpose purpose =
        switch (layer.name()) {
          case "fc6" -> Purpose.DROPOUT_FC6;
          case "fc7" -> Purpose.DROPOUT_FC7;
          default -> Purpose.DROPOUT_FC8;
        };
    for (int n = 0; n < count; n++) {
      RandomStream random = new RandomStream(keys.seed(), keys.epoch(), keys.samples()[n], purpose);
      for (int i = n * layer.outFeatures(); i < (n + 1) * layer.outFeatures(); i++) {
        double draw = (random.nextInt() & 0xFFFFFFFFL) * 0x1p-32;
        values[i] = draw < dropoutRate ? 0 : values[i] / (1 - dropoutRate);
      }
    }
    return values;
  }

  private void noteKink(int choice) {
    kinks = kinks * 6364136223846793005L + choice + 1;
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}
