package org.vgg4j.views;

import java.util.List;
import org.vgg4j.base.InputException;
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
   * @throws InputException if an image needs more memory than is available, or an output is not a
   *     number
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
      requireNumbers(means[n]);
    }
    return means;
  }

  /**
   * Requires that a model's posteriors, or what is made of them, say something.
   *
   * @throws InputException if one is not a number
   */
  public static void requireNumbers(float[] posteriors) {
    for (float posterior : posteriors) {
      if (Float.isNaN(posterior)) {
        throw new InputException(
            "the model's output is not a number (NaN): its weights are damaged, use another model");
      }
    }
  }

  private static void add(float[] posteriors, double[] sums, double weight) {
    for (int k = 0; k < sums.length; k++) {
      sums[k] += weight * posteriors[k];
    }
  }
}
