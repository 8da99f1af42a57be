package org.vgg4j.train;

import java.util.Locale;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.loading.Sampler;

/** Which training images an epoch visits. */
public enum Sampling {
  /** Each once, in random order. */
  SHUFFLED,
  /** Classes equally often, see {@link Sampler#balanced}. */
  BALANCED;

  /**
   * Returns the sampling of that name, in any case.
   *
   * @throws InputException if there is none
   */
  public static Sampling of(String name) {
    for (Sampling sampling : values()) {
      if (sampling.label().equals(name.toLowerCase(Locale.ROOT))) {
        return sampling;
      }
    }
    throw new InputException(
        "option sampling is %s but must be shuffled or balanced"
            .formatted(name.isEmpty() ? "''" : name));
  }

  /** The name in options and files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the order in which training visits images. */
  Sampler sampler(Dataset training, long seed) {
    return this == BALANCED ? Sampler.balanced(training, seed) : new Sampler(training.size(), seed);
  }
}
