package org.vgg4j.cli;

import java.nio.file.Path;
import org.vgg4j.train.BoxConfig;
import org.vgg4j.train.TrainingConfig;

/** What the user may type next. */
final class Hint {
  /** Set by the launcher: how it was called. */
  private static final String CALLED = "vgg.command";

  private Hint() {}

  /** The command as it was called, with other arguments: {@code ./vgg import FILE}. */
  static String command(String arguments) {
    return quoted(System.getProperty(CALLED, "vgg")) + " " + arguments;
  }

  /** The command that measures a run's model on images of the run's data that it has not seen. */
  static String evaluate(TrainingConfig config, Path model) {
    StringBuilder words = new StringBuilder();
    words.append(config.task().isBoxes() ? "localize evaluate" : "evaluate");
    words
        .append(" --model ")
        .append(quoted(model))
        .append(" --data ")
        .append(quoted(config.data()));
    if (config.multiLabel() != null) {
      words.append(" --multi-label ").append(quoted(config.multiLabel()));
    }
    BoxConfig boxes = config.boxes();
    if (boxes != null && boxes.file() != null) {
      words.append(" --boxes ").append(quoted(boxes.file()));
    }
    return command(words.toString());
  }

  /** A word as a shell wants it. */
  static String quoted(Object word) {
    String text = word.toString();
    return text.matches("[\\w./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
