package org.vgg4j.network;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;

/**
 * Which outputs of a network are copied from a pass over whole images, and how far the pass goes.
 * Immutable.
 */
public final class Taps {
  private final Architecture architecture;
  private final Set<String> names;
  private final String last;
  private final boolean wantsWindows;

  private Taps(Architecture architecture, Set<String> names, Layer deepest) {
    this.architecture = architecture;
    this.names = Set.copyOf(names);
    this.last = deepest.tap();
    this.wantsWindows =
        deepest instanceof Layer.FullyConnected || deepest instanceof Layer.GlobalAverage;
  }

  /** No taps: only the last output, the class scores, which are not copied. */
  public static Taps scores(Architecture architecture) {
    List<Layer> layers = architecture.layers();
    return new Taps(architecture, Set.of(), layers.get(layers.size() - 1));
  }

  /**
   * Checks the names.
   *
   * @param architecture without batch normalisation
   * @throws InputException if there are none, or the network has no such output
   */
  public static Taps of(Architecture architecture, Set<String> names) {
    if (names.isEmpty()) {
      throw new InputException("no output of network " + architecture + " was asked for");
    }
    requireKnown(architecture, names);
    Layer deepest = architecture.layers().get(0);
    for (Layer layer : architecture.layers()) {
      deepest = names.contains(layer.tap()) ? layer : deepest;
    }
    return new Taps(architecture, names, deepest);
  }

  /**
   * @throws InputException if the network has no such output
   */
  public static void requireKnown(Architecture architecture, Set<String> names) {
    Set<String> known = new TreeSet<>();
    architecture.layers().forEach(layer -> known.add(layer.tap()));
    for (String name : names) {
      if (!known.contains(name)) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "network %s has no output '%s': choose from %s",
                architecture,
                name,
                String.join(", ", known)));
      }
    }
  }

  /** The outputs that are copied. */
  public Set<String> names() {
    return names;
  }

  /** The output with which a pass ends. */
  public String last() {
    return last;
  }

  /** Whether a pass goes beyond the last map, to layers that take windows of it. */
  public boolean wantsWindows() {
    return wantsWindows;
  }

  /** The smallest side of images for which no tap's output is empty. */
  public int smallestSide() {
    if (wantsWindows) {
      return architecture.crop();
    }
    int stride = 1;
    for (LayerShape shape : architecture.shapes()) {
      if (shape.layer().tap().equals(last)) {
        stride = shape.stride();
      }
    }
    return stride;
  }

  /**
   * @throws IllegalArgumentException if there are no images, or they are too small
   */
  public void requireSize(int count, int height, int width) {
    int smallest = smallestSide();
    if (count < 1 || height < smallest || width < smallest) {
      throw new IllegalArgumentException(
          "%d images of %d x %d pixels, where %s takes at least %d x %d"
              .formatted(count, width, height, last, smallest, smallest));
    }
  }

  /** Number of values that are copied for so many images. */
  public long length(int images, int height, int width) {
    long values = 0;
    for (LayerShape shape : architecture.shapes(height, width)) {
      values += names.contains(shape.layer().tap()) ? shape.outputs() : 0;
    }
    return images * values;
  }
}
