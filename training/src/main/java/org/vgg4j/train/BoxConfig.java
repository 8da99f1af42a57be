package org.vgg4j.train;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;

/**
 * How a network learns to find boxes (the paper, appendix A).
 *
 * @param form a box for each class, or one for all
 * @param loss how boxes are compared
 * @param minOverlap share of an object's area that a training crop shows at least, in [0, 1]: a
 *     half as in OverFeat (Sermanet et al. 2014), since of an object that is not there nothing can
 *     be learnt
 * @param file the boxes; null: those beside the images
 */
public record BoxConfig(Task form, BoxLoss loss, double minOverlap, @Nullable Path file) {
  /** The defaults. */
  static final BoxConfig DEFAULTS = new BoxConfig(Task.BOX_PER_CLASS, BoxLoss.SQUARED, 0.5, null);

  /**
   * @throws InputException if a number is out of its range
   */
  public BoxConfig {
    Require.option(
        minOverlap >= 0 && minOverlap <= 1, "min-overlap", minOverlap, "a share from 0 to 1");
  }

  /** Adds the options by name; the boxes beside the images have none. */
  void addTo(Map<String, Object> options) {
    options.put("regression", form.label());
    options.put("box-loss", loss.label());
    options.put("min-overlap", minOverlap);
    if (file != null) {
      options.put("boxes", file.toString());
    }
  }

  static Path file(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new InputException(
          "option boxes is %s: %s".formatted(text, FileNames.remedy("name a file or folder")), e);
    }
  }
}
