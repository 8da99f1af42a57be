package org.vgg4j.views;

import java.util.List;
import org.vgg4j.image.RgbImage;

/** Views of one kind, crops or whole images, and the network that looks at them. */
interface ViewSource {
  /**
   * Looks at images of one scale.
   *
   * @param rescaled the images
   * @param share of all these views of an image in the mean over its views
   */
  void look(List<RgbImage> rescaled, double share, Views.Visitor visitor);
}
