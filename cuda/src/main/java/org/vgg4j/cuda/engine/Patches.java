package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;

/**
 * Images as the first convolution reads them. Three channels would leave most of a product's step
 * empty at each of its taps; so what the taps cover lies side by side, and the convolution is one
 * of side 1.
 */
final class Patches {
  private Patches() {}

  /** Side of the first convolution's filters. */
  static int side(Architecture architecture) {
    if (architecture.layers().get(0) instanceof Layer.Convolution first) {
      return first.kernel();
    }
    throw new IllegalArgumentException("a network that does not begin with a convolution");
  }

  /** The map of images of a size. */
  static MapShape of(Architecture architecture, int count, int height, int width) {
    return MapShape.patches(count, height, width, side(architecture));
  }

  /** Whether a layer reads them. */
  static boolean areReadBy(Layer layer, Architecture architecture) {
    return layer.equals(architecture.layers().get(0));
  }
}
