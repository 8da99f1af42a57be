package org.vgg4j.experiment.reproduce;

import java.util.List;
import java.util.function.Function;
import org.vgg4j.svm.Rows;

/** One of the protocols of appendix B on its data. */
interface FeatureTask {
  /** The images whose descriptors it needs. */
  List<FeaturePart> parts();

  /**
   * Trains classifiers and measures them.
   *
   * @param subject what the descriptors are of
   * @param rows gives the descriptors of a part
   * @param training how classifiers are trained
   * @throws org.vgg4j.base.InputException if the data do not allow it
   */
  List<FeatureResult> measure(
      FeatureSubject subject, Function<FeaturePart, Rows> rows, FeatureTraining training);
}
