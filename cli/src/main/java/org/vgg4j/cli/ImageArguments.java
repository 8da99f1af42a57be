package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.vgg4j.image.ImageFiles;
import org.vgg4j.image.PassedOver;

/** The image files and folders of a command line. */
final class ImageArguments {
  private ImageArguments() {}

  /**
   * Returns all image files that paths stand for, in their order.
   *
   * @param paths files, or folders of them
   * @param complain receives a sentence about images that are passed over, since they cannot be
   *     read
   * @throws org.vgg4j.base.InputException if there is no such file, or a folder has no image
   */
  static List<Path> files(List<Path> paths, Consumer<String> complain) {
    List<Path> files = new ArrayList<>();
    for (Path path : paths) {
      PassedOver passedOver = new PassedOver(path);
      files.addAll(ImageFiles.at(path, passedOver));
      passedOver.foreignSentences().forEach(complain);
    }
    return files;
  }
}
