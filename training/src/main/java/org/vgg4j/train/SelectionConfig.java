package org.vgg4j.train;

import java.util.Map;
import org.vgg4j.model.Task;

/**
 * Which epoch is the best, and when training ends for want of a better one.
 *
 * @param watched what decides
 * @param stopAfter training ends after this many epochs in a row of which none was the best so far;
 *     0: never for that
 */
public record SelectionConfig(Selection watched, int stopAfter) {
  /**
   * @throws org.vgg4j.base.InputException if a number is out of its range
   */
  public SelectionConfig {
    Require.option(stopAfter >= 0, "stop-after", stopAfter, "at least 0");
  }

  /** Adds the options by name that differ from their defaults for a task. */
  void addTo(Map<String, Object> options, Task task) {
    if (watched != Selection.usual(task)) {
      options.put("select", watched.label());
    }
    if (stopAfter != 0) {
      options.put("stop-after", stopAfter);
    }
  }
}
