package org.vgg4j.views;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;
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
 * the way.
 *
 * <p>Immutable and thread-safe, as long as nothing trains the parameters, which are shared. Takes
 * {@code hidden features x channels} floats of its own: 8 MiB at full width. A map costs as many
 * multiply-adds for each window as fc7 has weights.
 */
public final class GradCam {
  private static final String FC6 = "fc6";
  private static final String FC7 = "fc7";

  private final String lastConvolution;
  private final int stride;
  private final int window;
  private final int channels;
  private final int hidden;
  private final int classes;
  private final float[] sums; // of fc6's weights: [hidden][channels]
  private final float[] fc7; // [out][in]
  private final float[] fc8; // [classes][hidden]

  /**
   * @param parameters of a classifier
   * @throws InputException if the weights of the fully connected layers are rounded
   */
  public GradCam(Parameters parameters) {
    if (parameters.rounded(FC6) != null) {
      throw new InputException("Grad-CAM needs 32-bit weights: leave out --fc-weights");
    }
    Architecture network = parameters.architecture().withoutBatchNorm();
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
    fc7 = parameters.ofLayer(FC7).weight();
    fc8 = parameters.ofLayer("fc8").weight();
    hidden = fc8.length / classes;
    int positions = network.lastMapSide() * network.lastMapSide();
    float[] fc6 = parameters.ofLayer(FC6).weight();
    sums = new float[hidden * channels];
    for (int i = 0; i < sums.length; i++) {
      double sum = 0;
      for (int k = i * positions; k < (i + 1) * positions; k++) {
        sum += fc6[k];
      }
      sums[i] = (float) sum;
    }
  }

  /** The outputs of the network that a map is made of. */
  public Set<String> taps() {
    return Set.of(lastConvolution, FC6, FC7);
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
    double[] weights = weights(of(features, FC6), of(features, FC7), image, label);
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
  private double[] weights(FeatureMaps out6, FeatureMaps out7, int image, int label) {
    int windows = out7.height() * out7.width();
    double[] weights = new double[channels];
    float[] gradient = new float[hidden];
    for (int window = 0; window < windows; window++) {
      Arrays.fill(gradient, 0);
      for (int k = 0; k < hidden; k++) {
        if (out7.values()[out7.index(image, k) + window] > 0) {
          add(fc8[label * hidden + k] / windows, fc7, k * hidden, gradient);
        }
      }
      for (int k = 0; k < hidden; k++) {
        if (out6.values()[out6.index(image, k) + window] > 0) {
          for (int channel = 0; channel < channels; channel++) {
            weights[channel] += (double) gradient[k] * sums[k * channels + channel];
          }
        }
      }
    }
    return weights;
  }

  private static void add(float factor, float[] row, int offset, float[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += factor * row[offset + i];
    }
  }
}
