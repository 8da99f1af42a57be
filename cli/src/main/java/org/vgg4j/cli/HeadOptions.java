package org.vgg4j.cli;

import org.jspecify.annotations.Nullable;
import org.vgg4j.model.HeadLayers;
import picocli.CommandLine.Option;

/** The options that say which layers are between the last map and the outputs. */
final class HeadOptions {
  @Option(
      names = "--head",
      paramLabel = "N,N",
      description =
          "features of the hidden fully connected layers, as they are: none, or one to three"
              + " numbers, such as 512 (default: the paper's 4096,4096, times the width; vgg finetune"
              + " and localize train --from keep the model's)")
  private @Nullable String head;

  @Option(
      names = "--pooling",
      paramLabel = "NAME",
      description =
          "what the first fully connected layer takes: none (all positions of the last map) or"
              + " average (the mean of each channel) (default: none; vgg finetune and localize train"
              + " --from keep the model's)")
  private @Nullable String pooling;

  /**
   * The layers.
   *
   * @throws org.vgg4j.base.InputException if an option cannot be parsed
   */
  HeadLayers layers() {
    return HeadLayers.of(head, pooling);
  }
}
