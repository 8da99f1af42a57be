package org.vgg4j.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.base.RandomStream;
import org.vgg4j.data.loading.Mixing;
import org.vgg4j.model.Task;

/**
 * What the loss is taught of each image's class, or of its labels.
 *
 * @param classWeights how much each class counts
 * @param labelSmoothing share of the target that all classes have in equal parts, in [0, 1)
 *     (Szegedy et al. 2016, doi:10.1109/CVPR.2016.308); of labels the share that a half has
 * @param mixup alpha of mixup, see {@link Mixing}; 0: off
 * @param cutmix alpha of CutMix; 0: off
 */
public record TargetConfig(
    ClassWeights classWeights, double labelSmoothing, double mixup, double cutmix) {
  /** Labels as they are. */
  public static final TargetConfig PLAIN = new TargetConfig(ClassWeights.NONE, 0, 0, 0);

  /**
   * @throws InputException if a number is out of its range
   */
  public TargetConfig {
    Require.option(
        labelSmoothing >= 0 && labelSmoothing < 1,
        "label-smoothing",
        labelSmoothing,
        "in [0, 1), such as 0.1");
    requireAlpha("mixup", mixup, "0.2");
    requireAlpha("cutmix", cutmix, "1");
  }

  private static void requireAlpha(String key, double alpha, String usual) {
    Require.option(
        alpha == 0 || (alpha >= RandomStream.LEAST_SHAPE && alpha <= RandomStream.LARGEST_SHAPE),
        key,
        alpha,
        "from %s to %s, such as %s, or 0 for none"
            .formatted(RandomStream.LEAST_SHAPE, RandomStream.LARGEST_SHAPE, usual));
  }

  /** How samples are mixed. */
  Mixing mixing(long seed) {
    return new Mixing(mixup, cutmix, seed);
  }

  /** Adds the options by name that are not as they would be anyway. */
  void addTo(Map<String, Object> options) {
    if (classWeights.kind() != ClassWeights.Kind.NONE) {
      options.put(ClassWeights.KEY, classWeights.text());
    }
    if (labelSmoothing > 0) {
      options.put("label-smoothing", labelSmoothing);
    }
    if (mixup > 0) {
      options.put("mixup", mixup);
    }
    if (cutmix > 0) {
      options.put("cutmix", cutmix);
    }
  }

  /**
   * @param task of the network; one that finds boxes has no use for these options
   * @param sampling of the images
   * @throws InputException if they do not go together
   */
  void requireFit(Task task, Sampling sampling) {
    if (task.isLabels() && sampling != Sampling.SHUFFLED) {
      throw new InputException(
          "option sampling is %s, but with option multi-label an image may show several classes, so that they cannot be visited equally often: take class-weights auto instead"
              .formatted(sampling.label()));
    }
    if (task.isLabels() && classWeights.kind() == ClassWeights.Kind.EFFECTIVE) {
      throw new InputException(
          "option class-weights is %s but must be auto or a file with option multi-label"
              .formatted(classWeights.text()));
    }
    if (classWeights.kind() != ClassWeights.Kind.NONE && sampling != Sampling.SHUFFLED) {
      throw new InputException(
          "option class-weights is %s, but option sampling is %s, which evens the classes out already: leave one of them out"
              .formatted(classWeights.text(), sampling.label()));
    }
    Map<String, Object> options = new LinkedHashMap<>();
    addTo(options);
    if (task.isBoxes() && !options.isEmpty()) {
      throw new InputException(
          "option %s is for classification, but this network learns to find boxes (option regression): leave one of them out"
              .formatted(options.keySet().iterator().next()));
    }
  }
}
