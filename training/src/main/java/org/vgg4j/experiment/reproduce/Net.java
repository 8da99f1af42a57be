package org.vgg4j.experiment.reproduce;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.model.Configuration;

/**
 * A network of the paper's tables, and how it is trained.
 *
 * @param name its name, and its folder's
 * @param configuration which network
 * @param scale at which it is trained
 * @param from the network that its initial weights are copied from; null if all are drawn
 * @param onlyFullyConnected whether only fc6 to fc8 learn
 * @param gaussian whether weights are drawn with the paper's standard deviation, 0.01, rather than
 *     by Glorot's rule
 */
record Net(
    String name,
    Configuration configuration,
    Scale scale,
    @Nullable String from,
    boolean onlyFullyConnected,
    boolean gaussian) {

  /** S in the paper: 256, 384, or from 256 to 512. */
  enum Scale {
    SMALL("256"),
    LARGE("384"),
    JITTER("[256;512]");

    private final String paper;

    Scale(String paper) {
      this.paper = paper;
    }

    /** As the paper writes it. */
    String paper() {
      return paper;
    }
  }

  static final String A = "A";
  static final String A_LRN = "A-LRN";
  static final String B = "B";
  static final String B_5X5 = "B-5x5";

  /** The competition's third D, of which only the fully connected layers learnt with jitter. */
  static final String D_JITTER_FC = "D-jitter-fc";

  /** D as the paper first tried it: from small random weights, without A's layers. */
  static final String D_GAUSSIAN = "D-gaussian";

  /** D from random weights of Glorot's size, without A's layers. */
  static final String D_RANDOM = "D-random";

  /** Name of C, D or E at a scale. */
  static String deep(Configuration configuration, Scale scale) {
    String suffix =
        switch (scale) {
          case SMALL -> "256";
          case LARGE -> "384";
          case JITTER -> "jitter";
        };
    return configuration.label() + "-" + suffix;
  }

  /** Whether it is as deep as the networks that the paper initialises with A's layers. */
  boolean isDeep() {
    return switch (configuration.withoutBatchNorm()) {
      case B, C, D, E -> true;
      default -> false;
    };
  }

  /** All networks, each after the one its weights are copied from. */
  static List<Net> all() {
    List<Net> nets = new ArrayList<>();
    nets.add(new Net(A, Configuration.A, Scale.SMALL, null, false, false));
    nets.add(new Net(A_LRN, Configuration.A_LRN, Scale.SMALL, null, false, false));
    nets.add(new Net(B, Configuration.B, Scale.SMALL, A, false, false));
    nets.add(new Net(B_5X5, Configuration.B_5X5, Scale.SMALL, null, false, false));
    for (Configuration deep : List.of(Configuration.C, Configuration.D, Configuration.E)) {
      String small = deep(deep, Scale.SMALL);
      String large = deep(deep, Scale.LARGE);
      nets.add(new Net(small, deep, Scale.SMALL, A, false, false));
      nets.add(new Net(large, deep, Scale.LARGE, small, false, false));
      nets.add(new Net(deep(deep, Scale.JITTER), deep, Scale.JITTER, large, false, false));
    }
    String large = deep(Configuration.D, Scale.LARGE);
    nets.add(new Net(D_JITTER_FC, Configuration.D, Scale.JITTER, large, true, false));
    nets.add(new Net(D_RANDOM, Configuration.D, Scale.SMALL, null, false, false));
    nets.add(new Net(D_GAUSSIAN, Configuration.D, Scale.SMALL, null, false, true));
    return List.copyOf(nets);
  }
}
