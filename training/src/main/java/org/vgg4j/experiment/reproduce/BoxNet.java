package org.vgg4j.experiment.reproduce;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.experiment.reproduce.Net.Scale;
import org.vgg4j.model.Task;

/**
 * A localisation network of the paper's Tables 8 and 9, and how it is trained: begun with the
 * classification network.
 *
 * @param form a box for each class, or one for all
 * @param scale at which it is trained, {@link Scale#SMALL} or {@link Scale#LARGE}
 * @param onlyFullyConnected whether only fc6, fc7 and the new last layer learn
 */
record BoxNet(Task form, Scale scale, boolean onlyFullyConnected) {
  /** Its name, and its folder's. */
  String name() {
    return "%s%s-%s".formatted(form.label(), onlyFullyConnected ? "-fc" : "", scale.paper());
  }

  /** The network that all others are compared with: a box for each class, all layers learn. */
  static BoxNet best(Scale scale) {
    return new BoxNet(Task.BOX_PER_CLASS, scale, false);
  }

  /** All of them, in the order of Table 8. */
  static List<BoxNet> all() {
    List<BoxNet> nets = new ArrayList<>();
    for (Scale scale : List.of(Scale.SMALL, Scale.LARGE)) {
      nets.add(new BoxNet(Task.SINGLE_BOX, scale, true));
      nets.add(new BoxNet(Task.BOX_PER_CLASS, scale, true));
      nets.add(best(scale));
    }
    return List.copyOf(nets);
  }
}
