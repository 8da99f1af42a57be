package org.vgg4j.cli;

import org.vgg4j.base.InputException;
import picocli.CommandLine.Option;

/** The option {@code --batch} of the commands that evaluate views of images. */
final class BatchOption {
  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "64",
      description = "crops, or whole images, at a time (default: ${DEFAULT-VALUE})")
  private int batch;

  /**
   * How many at a time.
   *
   * @throws InputException if it is less than 1
   */
  int get() {
    if (batch < 1) {
      throw new InputException("option batch is " + batch + " but must be at least 1");
    }
    return batch;
  }
}
