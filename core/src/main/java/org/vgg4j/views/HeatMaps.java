package org.vgg4j.views;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Network;

/**
 * Makes heat maps of one image. Occlusion explains the centre crop's prediction, at the model's own
 * scale. Class score maps of the dense network are meant for larger scales: at the model's own
 * scale they have too few windows. Not thread-safe.
 */
public final class HeatMaps {
  /**
   * The covered squares are a quarter of the crop wide; the grid has a point every eighth of it.
   */
  private static final int POINTS = 8;

  private static final int BATCH = 16;
  private static final int CHANNELS = 3;

  private final HostThreads threads;
  private final Network network;
  private final Preprocessing preprocessing;
  private final Preprocessor preprocessor;
  private final RgbImage image;
  private final Inference inference;
  private final Temperature temperature;
  private final int largestBatch;
  private final float[] posteriors;

  /**
   * Classifies the image.
   *
   * @param temperature at which probabilities are given
   * @throws InputException if there is not enough memory, the image is too elongated to be
   *     rescaled, or the network's output is not a number
   */
  public HeatMaps(
      HostThreads threads,
      Network network,
      Preprocessing preprocessing,
      Temperature temperature,
      RgbImage image) {
    this(
        threads, network, network.inference(1, Set.of()), BATCH, preprocessing, temperature, image);
  }

  /**
   * Classifies the image.
   *
   * @param inference a pass over the network's crops
   * @param batch the most crops for which the pass may be enlarged
   * @param temperature at which probabilities are given
   * @throws InputException as the other constructor does
   */
  public HeatMaps(
      HostThreads threads,
      Network network,
      Inference inference,
      int batch,
      Preprocessing preprocessing,
      Temperature temperature,
      RgbImage image) {
    this.threads = threads;
    this.network = network;
    this.preprocessing = preprocessing;
    this.preprocessor = new Preprocessor(preprocessing);
    this.image = image;
    this.inference = inference;
    this.largestBatch = batch;
    this.temperature = temperature;
    float[] raw = inference.posteriors(crop(), 1);
    MeanPosteriors.requireNumbers(raw);
    this.posteriors = temperature.apply(raw, 0, raw.length);
  }

  /** The input of the network: {@code [1][3][crop][crop]}. */
  private float[] crop() {
    float[] crop = ForwardPass.images(network.architecture(), 1);
    preprocessor.write(preprocessor.centerCrop(image), crop, 0);
    return crop;
  }

  /** The probability of each class for the centre crop alone. */
  public float[] posteriors() {
    return posteriors.clone();
  }

  /**
   * Covers 81 squares of the centre crop, each a quarter of it wide, with the mean colour (an input
   * of zeros), one at a time, and measures the change in probabilities. Takes 81 forward passes.
   *
   * @param classes indices of classes
   * @return a map for each
   */
  public List<HeatMap> occlusion(int... classes) {
    int crop = preprocessing.crop();
    int side = POINTS + 1;
    int window = Math.max(1, Math.round(crop * 2f / POINTS));
    float[][] covered = new float[side * side][];
    float[] whole = crop();
    int batch = network.capacity(Math.min(largestBatch, covered.length));
    float[] images = ForwardPass.images(network.architecture(), batch);
    if (inference.capacity() < batch) {
      inference.enlarge(batch);
    }
    for (int first = 0; first < covered.length; first += batch) {
      int count = Math.min(batch, covered.length - first);
      for (int n = 0; n < count; n++) {
        System.arraycopy(whole, 0, images, n * whole.length, whole.length);
        int row = (first + n) / side;
        int column = (first + n) % side;
        double step = (double) crop / POINTS;
        cover(images, n * whole.length, crop, row * step, column * step, window);
      }
      float[] all = inference.posteriors(images, count);
      for (int n = 0; n < count; n++) {
        covered[first + n] = temperature.apply(all, n * posteriors.length, posteriors.length);
      }
    }
    List<HeatMap> maps = new ArrayList<>();
    for (int label : classes) {
      float[][] falls = new float[side][side];
      for (int i = 0; i < covered.length; i++) {
        falls[i / side][i % side] = posteriors[label] - covered[i][label];
      }
      maps.add(occlusion(label, falls, window));
    }
    return maps;
  }

  private HeatMap occlusion(int label, float[][] falls, int window) {
    Rescale.Size size = Rescale.sizeOf(image, preprocessing.scale());
    int crop = preprocessing.crop();
    double across = (double) image.width() / size.width();
    double down = (double) image.height() / size.height();
    double x = RgbImage.centered(size.width(), crop) * across;
    double y = RgbImage.centered(size.height(), crop) * down;
    return new HeatMap(
        HeatMap.Method.OCCLUSION,
        preprocessing.scale(),
        label,
        posteriors[label],
        falls,
        x,
        y,
        crop * across / POINTS,
        window,
        new HeatMap.Area(x, y, crop * across, crop * down));
  }

  /** Covers the part of a square that lies within the image. */
  private static void cover(
      float[] images, int offset, int crop, double row, double column, int window) {
    int top = Math.max(0, (int) Math.round(row - window / 2.0));
    int bottom = Math.min(crop, (int) Math.round(row + window / 2.0));
    int left = Math.max(0, (int) Math.round(column - window / 2.0));
    int right = Math.min(crop, (int) Math.round(column + window / 2.0));
    for (int channel = 0; channel < CHANNELS; channel++) {
      for (int y = top; y < bottom; y++) {
        int line = offset + (channel * crop + y) * crop;
        Arrays.fill(images, line + left, line + right, 0f);
      }
    }
  }

  /**
   * Computes the class score maps of the dense network.
   *
   * @param scale Q, at least the crop
   * @param classes indices of classes
   * @return a map for each
   * @throws InputException if there is not enough memory
   */
  public List<HeatMap> classScores(int scale, int... classes) {
    Views views =
        new Views(
            threads,
            network,
            preprocessing,
            ViewPlan.of(Protocol.DENSE).withMirrorImages(false),
            List.of(scale),
            1);
    List<HeatMap> result = new ArrayList<>();
    views.look(
        List.of(views.rescale(image)),
        (view, outputs) -> result.addAll(classScores(scale, view, outputs, classes)));
    return result;
  }

  /**
   * Makes maps by Grad-CAM over the whole image.
   *
   * @param gradCam of the same network
   * @param scale Q, at least the crop
   * @param classes indices of classes
   * @return a map for each
   * @throws InputException if there is not enough memory
   */
  public List<HeatMap> gradCam(GradCam gradCam, int scale, int... classes) {
    RgbImage rescaled = Rescale.toShorterSide(image, scale, preprocessing.interpolation());
    int width = rescaled.width();
    int height = rescaled.height();
    double pixels = (double) image.width() / width;
    double step = gradCam.stride() * pixels;
    List<HeatMap> result = new ArrayList<>();
    try (DenseFeatures pass = network.features(threads, gradCam.taps())) {
      int unused = pass.capacity(height, width, 1); // refuses what does not fit the memory
      float[] input = new float[Math.multiplyExact(CHANNELS, Math.multiplyExact(height, width))];
      preprocessor.write(rescaled, input, 0);
      Map<String, FeatureMaps> features = pass.features(input, 1, height, width);
      for (int label : classes) {
        result.add(
            new HeatMap(
                HeatMap.Method.GRAD_CAM,
                scale,
                label,
                posteriors[label],
                shares(gradCam.map(features, 0, label)),
                step / 2,
                step / 2,
                step,
                gradCam.window(),
                new HeatMap.Area(0, 0, image.width(), image.height())));
      }
    }
    return result;
  }

  /** Divides by the largest value, if it is positive. */
  private static float[][] shares(float[][] map) {
    float largest = 0;
    for (float[] row : map) {
      for (float value : row) {
        largest = Math.max(largest, value);
      }
    }
    for (float[] row : map) {
      for (int i = 0; i < row.length; i++) {
        row[i] = largest > 0 ? row[i] / largest : 0;
      }
    }
    return map;
  }

  private float[] atTemperature(float[] raw) {
    return temperature.apply(raw, 0, raw.length);
  }

  private List<HeatMap> classScores(int scale, View view, ViewOutputs outputs, int... classes) {
    float[] whole = atTemperature(outputs.posteriors());
    float[][][] maps = new float[classes.length][outputs.rows()][outputs.columns()];
    for (int row = 0; row < outputs.rows(); row++) {
      for (int column = 0; column < outputs.columns(); column++) {
        float[] window = atTemperature(outputs.posteriors(row, column));
        for (int i = 0; i < classes.length; i++) {
          maps[i][row][column] = window[classes[i]];
        }
      }
    }
    double pixels = (double) image.width() / view.rescaled().width();
    double middle = preprocessing.crop() / 2.0 * pixels;
    List<HeatMap> result = new ArrayList<>();
    for (int i = 0; i < classes.length; i++) {
      result.add(
          new HeatMap(
              HeatMap.Method.CLASS_SCORES,
              scale,
              classes[i],
              whole[classes[i]],
              maps[i],
              middle,
              middle,
              ViewOutputs.STRIDE * pixels,
              preprocessing.crop(),
              new HeatMap.Area(0, 0, image.width(), image.height())));
    }
    return result;
  }
}
