package org.vgg4j.data.labels;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.base.FileNames;
import org.vgg4j.data.ImagePaths;

/**
 * Finds images by their whole paths below a folder, in a time that does not depend on how many have
 * the same name. Immutable.
 */
final class PathsBelow {
  /** Stands for several images. */
  private static final int SEVERAL = -2;

  private final Map<String, Integer> paths = new HashMap<>();
  private final Map<String, Integer> stems = new HashMap<>();

  /**
   * @param files the paths, with / between their parts
   */
  PathsBelow(List<String> files) {
    for (int i = 0; i < files.size(); i++) {
      String path = FileNames.composed(files.get(i));
      put(paths, path, i);
      int dot = path.lastIndexOf('.');
      put(stems, dot > path.lastIndexOf('/') + 1 ? path.substring(0, dot) : path, i);
    }
  }

  private static void put(Map<String, Integer> images, String path, int image) {
    images.merge(path, image, (one, other) -> SEVERAL);
  }

  /**
   * Finds an image by its path: as it is given, or without its first folders, as those of another
   * computer.
   *
   * @param path of the image, with / between its parts
   * @param hasEnding whether it has an ending; if not, an image with any ending is meant
   * @return none, too, if several images are called like that
   */
  ImagePaths.Match find(String path, boolean hasEnding) {
    Map<String, Integer> images = hasEnding ? paths : stems;
    String clean = FileNames.composed(path);
    while (clean.startsWith("./")) {
      clean = clean.substring(2);
    }
    String tried = clean;
    while (!images.containsKey(tried)) {
      int slash = tried.indexOf('/');
      if (slash < 0) {
        return new ImagePaths.Match(ImagePaths.NONE, false);
      }
      tried = tried.substring(slash + 1);
    }
    int image = images.getOrDefault(tried, SEVERAL);
    return image == SEVERAL
        ? new ImagePaths.Match(ImagePaths.NONE, false)
        : new ImagePaths.Match(image, tried.equals(clean));
  }
}
