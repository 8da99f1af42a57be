package org.vgg4j.views;

import java.util.List;
import org.vgg4j.image.RgbImage;

/** Class posteriors of images, averaged over the views of a plan (the paper, section 3.2). */
public final class MeanPosteriors {
  private MeanPosteriors() {}

  /**
   * Evaluates images.
   *
   * @param views of a network that classifies, with one label or several
   * @param images each as {@link Views#rescale} gives it
   * @param classes number of classes
   * @param also receives each view, too, once it is added
   * @return {@code [images][classes]}, each sums to 1, but for labels
   * @throws org.vgg4j.base.InputException if an image needs more memory than is available
   */
  public static float[][] of(
      Views views, List<List<RgbImage>> images, int classes, Views.Visitor also) {
    double[][] sums = new double[images.size()][classes];
    views.look(
        images,
        (view, outputs) -> {
          add(outputs.posteriors(), sums[view.image()], view.share());
          also.visit(view, outputs);
        });
    float[][] means = new float[sums.length][classes];
    for (int n = 0; n < sums.length; n++) {
      for (int k = 0; k < classes; k++) {
        means[n][k] = (float) sums[n][k];
      }
    }
    return means;
  }

  private static void add(float[] posteriors, double[] sums, double weight) {
    for (int k = 0; k < sums.length; k++) {
      sums[k] += weight * posteriors[k];
    }
  }
}
