package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;

/**
 * How the weights of a network's layers lie on the GPU: in the order of the maps that they read.
 */
final class WeightLayouts {
  private WeightLayouts() {}

  /**
   * Weights {@code [out][in][row][column]}. The first convolution reads patches, which lie in the
   * same order.
   */
  static Layouts.Weights of(Architecture architecture, Layer.Convolution layer) {
    int taps = layer.kernel() * layer.kernel();
    if (Patches.areReadBy(layer, architecture)) {
      int values = layer.inChannels() * taps;
      int padded = Patches.of(architecture, 1, 1, 1).channels();
      return new Layouts.Weights(layer.outChannels(), values, 1, padded);
    }
    return of(layer.outChannels(), layer.inChannels(), taps);
  }

  /**
   * Weights {@code [out][in]}; the first layer reads the last map of a crop, in the order channel,
   * row, column, unless it is averaged.
   */
  static Layouts.Weights of(Architecture architecture, Layer.FullyConnected layer) {
    int pixels = pixels(architecture, layer);
    return of(layer.outFeatures(), layer.inFeatures() / pixels, pixels);
  }

  /** Pixels of the map that a fully connected layer reads. */
  static int pixels(Architecture architecture, Layer.FullyConnected layer) {
    boolean first = layer.equals(architecture.connectedLayers().get(0));
    int side = architecture.lastMapSide();
    return first && !architecture.head().averaged() ? side * side : 1;
  }

  private static Layouts.Weights of(int outputs, int channels, int taps) {
    return new Layouts.Weights(outputs, channels, taps, MapShape.padded(channels));
  }
}
