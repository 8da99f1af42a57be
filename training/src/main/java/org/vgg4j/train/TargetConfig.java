package org.vgg4j.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.vgg4j.base.InputException;

/**
 * What the loss is taught of each image's class.
 *
 * @param classWeights how much each class counts
 * @param labelSmoothing share of the target that all classes have in equal parts, in [0, 1)
 *     (Szegedy et al. 2016, doi:10.1109/CVPR.2016.308)
 */
public record TargetConfig(ClassWeights classWeights, double labelSmoothing) {
  /** Labels as they are. */
  public static final TargetConfig PLAIN = new TargetConfig(ClassWeights.NONE, 0);

  /**
   * @throws InputException if a number is out of its range
   */
  public TargetConfig {
    Require.option(
        labelSmoothing >= 0 && labelSmoothing < 1,
        "label-smoothing",
        labelSmoothing,
        "in [0, 1), such as 0.1");
  }

  /** Adds the options by name that are not as they would be anyway. */
  void addTo(Map<String, Object> options) {
    if (classWeights.kind() != ClassWeights.Kind.NONE) {
      options.put(ClassWeights.KEY, classWeights.text());
    }
    if (labelSmoothing > 0) {
      options.put("label-smoothing", labelSmoothing);
    }
  }

  /**
   * @param boxes whether the network finds boxes, which has no use for these options
   * @param sampling of the images
   * @throws InputException if they do not go together
   */
  void requireFit(boolean boxes, Sampling sampling) {
    if (classWeights.kind() != ClassWeights.Kind.NONE && sampling != Sampling.SHUFFLED) {
      throw new InputException(
          "option class-weights is %s, but option sampling is %s, which evens the classes out already: leave one of them out"
              .formatted(classWeights.text(), sampling.label()));
    }
    Map<String, Object> options = new LinkedHashMap<>();
    addTo(options);
    if (boxes && !options.isEmpty()) {
      throw new InputException(
          "option %s is for classification, but this network learns to find boxes (option regression): leave one of them out"
              .formatted(options.keySet().iterator().next()));
    }
  }
}
