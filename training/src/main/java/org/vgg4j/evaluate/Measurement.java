package org.vgg4j.evaluate;

import java.util.List;

/** What a network has shown on the images of a data set, whatever its task is. */
public sealed interface Measurement permits Evaluation, BoxEvaluation {
  /** The classes of the images. */
  List<String> classNames();

  /** Number of images. */
  int images();

  /** Share of images that the network got wrong, in percent: decides which network is the best. */
  double error();

  /** Mean of the loss that training minimises, without dropout. */
  double meanLoss();

  /** Sums over images, which can be added to those of other images. */
  double[] sums();
}
