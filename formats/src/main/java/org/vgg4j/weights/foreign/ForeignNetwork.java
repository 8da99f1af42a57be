package org.vgg4j.weights.foreign;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Interpolation;
import org.vgg4j.weights.Calibration;

/**
 * A network as described by a file.
 *
 * @param dialect the tool whose names and order of axes it has
 * @param profile how images must be prepared; null if the file does not say
 * @param layers its layers with weights, in order of execution
 * @param possible which networks of the family the file allows, apart from the layers' shapes
 * @param saysLrn whether an LRN is stated by the file, rather than inferred from gaps between names
 * @param stated what else the file says
 */
record ForeignNetwork(
    String dialect,
    @Nullable Profile profile,
    List<ForeignLayer> layers,
    Predicate<Configuration> possible,
    boolean saysLrn,
    Stated stated) {
  /**
   * What only files that describe their network can say.
   *
   * @param side of the input window in pixels; 0 if it does not say
   * @param averaged whether the last map is averaged before the head; null if it does not say
   * @param preprocesses whether the profile is the file's own preprocessing, part of its network
   * @param notes sentences to show to the user
   * @param exported what vgg4j wrote beside its network
   */
  record Stated(
      int side,
      @Nullable Boolean averaged,
      boolean preprocesses,
      List<String> notes,
      Exported exported) {
    static final Stated NOTHING = new Stated(0, null, false, List.of());

    Stated {
      notes = List.copyOf(notes);
    }

    /** As in a file that another tool wrote. */
    Stated(int side, @Nullable Boolean averaged, boolean preprocesses, List<String> notes) {
      this(side, averaged, preprocesses, notes, Exported.NOTHING);
    }
  }

  /**
   * What a model of ours has besides its network, as its export says.
   *
   * @param classNames in the order of the scores; empty if it does not say
   * @param scale shorter side of rescaled images in pixels; 0 if it does not say
   * @param interpolation how images are rescaled; null if it does not say
   * @param calibration of the network's posteriors; null if it has none
   */
  record Exported(
      List<String> classNames,
      int scale,
      @Nullable Interpolation interpolation,
      @Nullable Calibration calibration) {
    static final Exported NOTHING = new Exported(List.of(), 0, null, null);

    Exported {
      classNames = List.copyOf(classNames);
    }
  }

  ForeignNetwork {
    layers = List.copyOf(layers);
  }

  /** A network whose file says nothing else. */
  ForeignNetwork(
      String dialect,
      @Nullable Profile profile,
      List<ForeignLayer> layers,
      Predicate<Configuration> possible,
      boolean saysLrn) {
    this(dialect, profile, layers, possible, saysLrn, Stated.NOTHING);
  }

  /** The convolutions, in order of execution. */
  List<ForeignLayer> convolutions() {
    return layers.stream().filter(ForeignLayer::isConvolution).toList();
  }

  /** The fully connected layers, in order of execution; empty if it is the convolutions alone. */
  List<ForeignLayer> connected() {
    return layers.stream().filter(layer -> !layer.isConvolution()).toList();
  }

  /** The same without its fully connected layers. */
  ForeignNetwork withoutHead() {
    return new ForeignNetwork(dialect, profile, convolutions(), possible, saysLrn, stated);
  }

  /** How many batch norms it has. */
  int norms() {
    return (int) layers.stream().filter(layer -> layer.norm() != null).count();
  }
}
