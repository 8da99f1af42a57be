package org.vgg4j.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.weights.ModelFile;

/**
 * A filter of the first layer as an image: its weights for red, green and blue are the pixels'
 * colours, scaled so that its smallest weight is 0 and its largest 255.
 *
 * @param image the image as a data URI, each weight a square of {@link #ENLARGED} pixels
 * @param side of the image, in pixels
 * @param description number and range, for readers
 */
record FilterImage(String image, int side, String description) {
  /** Pixels are repeated, not interpolated: a smoothed filter would look like a different one. */
  static final int ENLARGED = 16;

  private static final int CHANNELS = 3;

  /** All filters of a model's first layer. */
  static List<FilterImage> of(ModelFile model) {
    ParameterShape first = model.architecture().parameters().get(0);
    float[] weights = model.arrays().get(first.name());
    if (weights == null || first.fanIn() % CHANNELS != 0) {
      throw new IllegalStateException(
          "the model has no weights of a layer with three input channels");
    }
    int side = first.dimensions().get(2);
    boolean rgb = model.preprocessing().channelOrder() == ChannelOrder.RGB;
    List<FilterImage> images = new ArrayList<>();
    for (int filter = 0; filter < first.dimensions().get(0); filter++) {
      images.add(of(weights, filter, side, rgb));
    }
    return images;
  }

  /**
   * @param weights [filters][3][side][side]
   */
  static FilterImage of(float[] weights, int filter, int side, boolean rgb) {
    int plane = side * side;
    int from = filter * CHANNELS * plane;
    float min = weights[from];
    float max = weights[from];
    for (int i = from; i < from + CHANNELS * plane; i++) {
      min = Math.min(min, weights[i]);
      max = Math.max(max, weights[i]);
    }
    float range = max > min ? max - min : 1; // a filter of equal weights is black
    int enlargedSide = side * ENLARGED;
    byte[] pixels = new byte[CHANNELS * enlargedSide * enlargedSide];
    for (int out = 0; out < pixels.length; out++) {
      int color = out % CHANNELS;
      int x = out / CHANNELS % enlargedSide / ENLARGED;
      int y = out / CHANNELS / enlargedSide / ENLARGED;
      int channel = rgb ? color : CHANNELS - 1 - color;
      float weight = weights[from + channel * plane + y * side + x];
      pixels[out] = (byte) Math.round(255 * ((weight - min) / range));
    }
    return new FilterImage(
        DataUri.png(new RgbImage(enlargedSide, enlargedSide, pixels)),
        enlargedSide,
        String.format(Locale.ROOT, "filter %d: weights from %.3f to %.3f", filter + 1, min, max));
  }
}
