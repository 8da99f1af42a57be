package org.vgg4j.evaluate;

import java.util.List;
import org.vgg4j.evaluate.boxes.ScoredBox;
import org.vgg4j.image.RgbImage;

/** A way to find the boxes of objects in whole images. Not thread-safe. */
public interface BoxSearch {
  /**
   * What is asked of an image.
   *
   * @param image as decoded
   * @param labels classes to find, the most probable first, as indices of the search's class names
   * @param posteriors theirs, for the whole image
   */
  record Question(RgbImage image, int[] labels, double[] posteriors) {}

  /**
   * Finds boxes.
   *
   * @return for each image, for each of its labels, the boxes in its pixels; they may reach beyond
   *     the image
   * @throws org.vgg4j.base.InputException if an image needs more memory than is available
   * @throws org.vgg4j.image.UnreadableImageException if one is too elongated to be rescaled
   */
  List<List<List<ScoredBox>>> find(List<Question> questions);
}
