package org.vgg4j.evaluate;

import java.util.List;
import java.util.Map;

/** What a network has shown on the images of a data set, whatever its task is. */
public interface Measurement {
  /** The classes of the images. */
  List<String> classNames();

  /** Number of images. */
  int images();

  /** Share of images that the network got wrong, in percent: decides which network is the best. */
  double error();

  /** Mean of the loss that training minimises, without dropout. */
  double meanLoss();

  /**
   * What it shows, by name, for files.
   *
   * @param part goes before each name: val or test
   */
  Map<String, Double> figures(String part);
}
