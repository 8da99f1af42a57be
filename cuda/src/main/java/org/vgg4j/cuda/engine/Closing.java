package org.vgg4j.cuda.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ends what consists of several things. */
final class Closing {
  private Closing() {}

  /** Does everything, whatever fails; then throws the first failure. */
  static void all(List<Runnable> steps) {
    @Nullable Throwable first = null;
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException | Error e) {
        if (first == null) {
          first = e;
        }
      }
    }
    if (first instanceof Error error) {
      throw error;
    }
    if (first != null) {
      throw (RuntimeException) first;
    }
  }
}
