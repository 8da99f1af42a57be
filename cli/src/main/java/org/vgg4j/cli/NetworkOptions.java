package org.vgg4j.cli;

import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Task;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which network is meant; by default the paper's D. */
final class NetworkOptions {
  @Option(names = "--arch", paramLabel = "NAME", defaultValue = "D", description = Texts.ARCH)
  private String arch;

  @Option(names = "--width", paramLabel = "F", defaultValue = "1", description = Texts.WIDTH)
  private double width;

  @Option(names = "--crop", paramLabel = "PIXELS", defaultValue = "224", description = Texts.CROP)
  private int crop;

  @Option(
      names = "--classes",
      paramLabel = "N",
      defaultValue = "1000",
      description = "number of classes (default: ${DEFAULT-VALUE})")
  private int classes;

  @Mixin private final HeadOptions head = new HeadOptions();

  /**
   * The network.
   *
   * @throws org.vgg4j.base.InputException if there is no such network
   */
  Architecture network() {
    return network(Configuration.of(arch));
  }

  /** Another network of the same size. */
  Architecture network(Configuration configuration) {
    return new Architecture(
        configuration, width, crop, classes, Task.CLASSIFICATION, head.layers());
  }
}
