package org.vgg4j.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.vgg4j.base.InputException;

/**
 * What the loss is taught of each image's class.
 *
 * @param classWeights how much each class counts
 */
public record TargetConfig(ClassWeights classWeights) {
  /** Labels as they are. */
  public static final TargetConfig PLAIN = new TargetConfig(ClassWeights.NONE);

  /** Adds the options by name that are not as they would be anyway. */
  void addTo(Map<String, Object> options) {
    if (classWeights.kind() != ClassWeights.Kind.NONE) {
      options.put(ClassWeights.KEY, classWeights.text());
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
