package org.vgg4j.data.boxes;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Source;

/** Makes the data set for localisation of a data set that has boxes, or gets them here. */
public final class BoxedSource {
  private BoxedSource() {}

  /**
   * @param source the images
   * @param boxes the file or folder that has their boxes; null if the data set has some itself
   * @throws InputException if there are no boxes
   */
  public static Source of(Source source, @Nullable Path boxes) {
    boolean has = source.labelled().stream().allMatch(Dataset::hasBoxes);
    if (!has || boxes != null) {
      throw new InputException(
          "%s has no boxes that can be read: localisation needs them; give fashion-boxes"
              .formatted(source.name()));
    }
    return new Source(
        source.kind(),
        source.name(),
        boxed(source.train()),
        boxed(source.validation()),
        boxed(source.test()),
        source.unlabelled(),
        source.synsets(),
        source.notes());
  }

  private static @Nullable Dataset boxed(@Nullable Dataset part) {
    return part == null ? null : new BoxedDataset(part);
  }
}
