package org.vgg4j.views;

import java.util.List;
import org.vgg4j.image.RgbImage;

/** Views of one kind, crops or whole images, and the network that evaluates them. */
interface ViewSource {
  /**
   * Evaluates images of one scale.
   *
   * @param rescaled the images
   * @param share total weight of these views in the mean over an image's views
   */
  void look(List<RgbImage> rescaled, double share, Views.Visitor visitor);
}
