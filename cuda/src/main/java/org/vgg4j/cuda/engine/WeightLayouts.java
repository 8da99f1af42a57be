package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;

/**
 * How the weights of a network's layers lie on the GPU: in the order of the maps that they read.
 */
final class WeightLayouts {
  private static final int STEP = 32; // of a product's sum

  private WeightLayouts() {}

  /** Channels of a map as it lies in memory; the image's three are padded less. */
  static int padded(int channels) {
    return channels == 3 ? MapShape.IMAGE_CHANNELS : MapShape.padded(channels);
  }

  /** Weights {@code [out][in][row][column]}. */
  static Layouts.Weights of(Layer.Convolution layer) {
    return of(layer.outChannels(), layer.inChannels(), layer.kernel() * layer.kernel());
  }

  /**
   * Weights {@code [out][in]}; fc6 reads the last map of a crop, in the order channel, row, column.
   */
  static Layouts.Weights of(Architecture architecture, Layer.FullyConnected layer) {
    int pixels = pixels(architecture, layer);
    return of(layer.outFeatures(), layer.inFeatures() / pixels, pixels);
  }

  /** Pixels of the map that a fully connected layer reads. */
  static int pixels(Architecture architecture, Layer.FullyConnected layer) {
    int side = architecture.lastMapSide();
    return layer.name().equals("fc6") ? side * side : 1;
  }

  private static Layouts.Weights of(int outputs, int channels, int taps) {
    int padded = padded(channels);
    int length = (Math.multiplyExact(taps, padded) + STEP - 1) / STEP * STEP;
    return new Layouts.Weights(outputs, channels, taps, padded, length);
  }
}
