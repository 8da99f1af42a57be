package org.vgg4j.views;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.Parameters;

/**
 * Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391): where the maps of the last convolution speak
 * for a class. Its rectified maps are added up, each weighted by the mean of the class score's
 * gradient over the map, and what is negative becomes zero. Over a whole image, the score is the
 * mean over all windows (the paper, section 3.2); an image of the crop's size is one window.
 *
 * <p>Only the sum of a map's gradient counts, and the pool above passes each of its gradients on to
 * one position. So fc6's weights, added up over the positions of a channel, take the gradient all
 * the way; where the last map is averaged, they are such sums already.
 *
 * <p>Immutable and thread-safe, as long as nothing trains the parameters, which are shared. Takes
 * {@code features of fc6 x channels} floats of its own: 8 MiB at full width. A map costs as many
 * multiply-adds for each window as the layers above fc6 have weights.
 */
public final class GradCam {
  private final String lastConvolution;
  private final int stride;
  private final int window;
  private final int channels;
  private final int classes;
  private final List<Layer.FullyConnected> connected;
  private final float[] sums; // of fc6's weights: [features][channels]
  private final List<float[]> above; // weights of the layers above it, [out][in]

  /**
   * @param parameters of a classifier
   * @throws InputException if the weights of the fully connected layers are rounded
   */
  public GradCam(Parameters parameters) {
    Architecture network = parameters.architecture().withoutBatchNorm();
    connected = network.connectedLayers();
    String fc6 = connected.get(0).name();
    requireExact(parameters.fcWeights());
    List<LayerShape> shapes = network.shapes();
    LayerShape last = shapes.get(0);
    for (LayerShape shape : shapes) {
      last = shape.layer() instanceof Layer.Convolution ? shape : last;
    }
    lastConvolution = last.layer().tap();
    stride = last.stride();
    window = last.receptiveField();
    channels = last.channels();
    classes = network.classes();
    above =
        connected.subList(1, connected.size()).stream()
            .map(layer -> parameters.ofLayer(layer.name()).weight())
            .toList();
    int positions = connected.get(0).inFeatures() / channels;
    float[] weights = parameters.ofLayer(fc6).weight();
    sums = new float[connected.get(0).outFeatures() * channels];
    for (int i = 0; i < sums.length; i++) {
      double sum = 0;
      for (int k = i * positions; k < (i + 1) * positions; k++) {
        sum += weights[k];
      }
      sums[i] = (float) sum;
    }
  }

  /**
   * Requires weights of fully connected layers that are not rounded.
   *
   * @throws InputException if they are
   */
  public static void requireExact(FcWeights form) {
    if (form != FcWeights.FP32) {
      throw new InputException(
          "Grad-CAM needs 32-bit weights: leave out --fc-weights, or load the model with"
              + " FcWeights.FP32");
    }
  }

  /** The outputs of the network that a map is made of. */
  public Set<String> taps() {
    Set<String> taps = new HashSet<>(Set.of(lastConvolution));
    connected.stream().filter(Layer.FullyConnected::hidden).forEach(layer -> taps.add(layer.tap()));
    return taps;
  }

  /**
   * The distance between a map's points, in pixels of the network's input: the first is half of it
   * from the left and upper edges.
   */
  public int stride() {
    return stride;
  }

  /** Side of the square around a point on which its activations depend, in the same pixels. */
  int window() {
    return window;
  }

  /**
   * Makes a map.
   *
   * @param features of the {@link #taps}, for whole images or crops
   * @param image which image of these
   * @param label index of the class
   * @return {@code [rows][columns]} of the last convolution; at least 0, in no unit
   * @throws IllegalArgumentException if there is no such class
   */
  public float[][] map(Map<String, FeatureMaps> features, int image, int label) {
    if (label < 0 || label >= classes) {
      throw new IllegalArgumentException("class " + label + " of " + classes);
    }
    FeatureMaps maps = of(features, lastConvolution);
    double[] weights = weights(features, image, label);
    int area = maps.height() * maps.width();
    double[] map = new double[area];
    for (int channel = 0; channel < channels; channel++) {
      int at = maps.index(image, channel);
      for (int i = 0; i < area; i++) {
        map[i] += weights[channel] / area * maps.values()[at + i];
      }
    }
    float[][] rows = new float[maps.height()][maps.width()];
    for (int i = 0; i < area; i++) {
      rows[i / maps.width()][i % maps.width()] = (float) Math.max(0, map[i]);
    }
    return rows;
  }

  private static FeatureMaps of(Map<String, FeatureMaps> features, String tap) {
    FeatureMaps maps = features.get(tap);
    if (maps == null) {
      throw new IllegalArgumentException("no output " + tap + " in " + features.keySet());
    }
    return maps;
  }

  /** The sum of the class score's gradient over each map of the last convolution. */
  private double[] weights(Map<String, FeatureMaps> features, int image, int label) {
    double[] weights = new double[channels];
    if (above.isEmpty()) { // the same for all windows
      for (int channel = 0; channel < channels; channel++) {
        weights[channel] = sums[label * channels + channel];
      }
      return weights;
    }
    List<FeatureMaps> hidden =
        connected.subList(0, above.size()).stream().map(l -> of(features, l.tap())).toList();
    int windows = hidden.get(0).height() * hidden.get(0).width();
    for (int window = 0; window < windows; window++) {
      float[] gradient = gradientOfFirst(hidden, image, label, window);
      for (int k = 0; k < gradient.length; k++) {
        if (isOn(hidden.get(0), image, k, window)) {
          for (int channel = 0; channel < channels; channel++) {
            weights[channel] += (double) gradient[k] * sums[k * channels + channel];
          }
        }
      }
    }
    return weights;
  }

  /** The gradient of the mean class score with respect to a window's outputs of fc6. */
  private float[] gradientOfFirst(List<FeatureMaps> hidden, int image, int label, int window) {
    int windows = hidden.get(0).height() * hidden.get(0).width();
    int top = above.size() - 1;
    int in = connected.get(top + 1).inFeatures();
    float[] gradient = new float[in];
    for (int k = 0; k < in; k++) {
      gradient[k] = above.get(top)[label * in + k] / windows;
    }
    for (int layer = top - 1; layer >= 0; layer--) {
      float[] below = new float[connected.get(layer + 1).inFeatures()];
      for (int k = 0; k < gradient.length; k++) {
        if (isOn(hidden.get(layer + 1), image, k, window)) {
          add(gradient[k], above.get(layer), k * below.length, below);
        }
      }
      gradient = below;
    }
    return gradient;
  }

  private static boolean isOn(FeatureMaps output, int image, int feature, int window) {
    return output.values()[output.index(image, feature) + window] > 0;
  }

  private static void add(float factor, float[] row, int offset, float[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += factor * row[offset + i];
    }
  }
}
