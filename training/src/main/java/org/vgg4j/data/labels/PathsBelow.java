package org.vgg4j.data.labels;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileNames;
import org.vgg4j.data.ImagePaths;
import org.vgg4j.data.ImagePaths.Match;
import org.vgg4j.image.ImageFiles;

/**
 * Finds the images that a table names. Its paths may begin with folders of another computer, and
 * the images may lie below folders that it does not name. Which these are is learnt from the paths
 * whose folders are found; then a path with a folder that is not there means no image, and not one
 * of that name in another folder. Not thread-safe.
 */
final class PathsBelow {
  /** Stands for several images. */
  private static final int SEVERAL = -2;

  private static final Match NOTHING = new Match(ImagePaths.NONE, false);

  private final List<String> files;
  private final ImagePaths ends;
  private final Map<String, Integer> paths = new HashMap<>();
  private final Map<String, Integer> stems = new HashMap<>();

  /**
   * What paths of the table begin with, and what the images' paths have in its place; with the
   * number of paths from which that was learnt.
   */
  private final Map<String, Map<String, Integer>> roots = new HashMap<>();

  /**
   * @param files the images' paths below their folder, with / between their parts
   * @param ends finds the same images by the ends of their paths
   */
  PathsBelow(List<String> files, ImagePaths ends) {
    this.files = List.copyOf(files);
    this.ends = ends;
    for (int i = 0; i < files.size(); i++) {
      String path = FileNames.composed(files.get(i));
      put(paths, path, i);
      put(stems, ImagePaths.stem(path), i);
    }
  }

  private static void put(Map<String, Integer> images, String path, int image) {
    images.merge(path, image, (one, other) -> SEVERAL);
  }

  /** Learns where the image lies that a path of the table means, if a folder of it is found. */
  void learn(String path) {
    String clean = clean(path);
    for (int from = first(clean); clean.indexOf('/', from) >= 0; from = next(clean, from)) {
      String rest = clean.substring(from);
      int image = exactly(rest); // first, since looking at ends takes longer
      if (image < 0) {
        List<Integer> found = ends.endingWith(rest, hasEnding(rest));
        image = found.size() == 1 ? found.get(0) : ImagePaths.NONE;
      }
      String own = image < 0 ? "" : own(image, hasEnding(rest));
      if (own.endsWith(rest)) { // and not only with the folder of all images before it
        roots
            .computeIfAbsent(clean.substring(0, from), prefix -> new TreeMap<>())
            .merge(own.substring(0, own.length() - rest.length()), 1, Integer::sum);
        return;
      }
    }
  }

  /**
   * Finds an image, after all paths were learnt.
   *
   * @param path of the table
   * @param origin where it was read, for users
   * @throws org.vgg4j.base.InputException if several images are called like that
   */
  Match find(String path, String origin) {
    String clean = clean(path);
    String root = clean.indexOf('/') < 0 ? null : root(clean);
    if (root != null) {
      Map<String, Integer> folders = Objects.requireNonNull(roots.get(root));
      int image = below(folders.keySet(), clean.substring(root.length()));
      if (image == ImagePaths.NONE) {
        return NOTHING;
      }
      return image == SEVERAL ? byItsEnd(path, origin) : new Match(image, root.isEmpty());
    }
    int image = exactly(clean);
    return image >= 0 ? new Match(image, true) : byItsEnd(path, origin);
  }

  /**
   * What a path begins with that was learnt from most of the others, the shortest if there are
   * several; null if none was. That one folder stands for another one is believed last: it may be
   * missing.
   */
  private @Nullable String root(String clean) {
    String best = null;
    int most = -1;
    for (int from = first(clean); from >= 0; from = next(clean, from)) {
      String root = clean.substring(0, from);
      Map<String, Integer> folders = roots.get(root);
      if (folders != null) {
        int learnt =
            root.isEmpty()
                ? folders.values().stream().mapToInt(Integer::intValue).sum()
                : folders.getOrDefault("", 0);
        if (learnt > most) {
          best = root;
          most = learnt;
        }
      }
    }
    return best;
  }

  private String own(int image, boolean withEnding) {
    String file = FileNames.composed(files.get(image));
    return withEnding ? file : ImagePaths.stem(file);
  }

  private Match byItsEnd(String path, String origin) {
    return ends.find(path, hasEnding(path), origin);
  }

  /** The image of that path below one of these folders, above all below the one without a name. */
  private int below(Set<String> folders, String rest) {
    int found = ImagePaths.NONE;
    for (String folder : folders) { // sorted: the one without a name comes first
      int image = exactly(folder + rest);
      if (image == SEVERAL || (image >= 0 && folder.isEmpty())) {
        return image;
      }
      if (image >= 0) {
        found = found == ImagePaths.NONE ? image : SEVERAL;
      }
    }
    return found;
  }

  private int exactly(String path) {
    return (hasEnding(path) ? paths : stems).getOrDefault(path, ImagePaths.NONE);
  }

  private static String clean(String path) {
    String clean = FileNames.composed(path);
    while (clean.startsWith("./")) {
      clean = clean.substring(2);
    }
    return clean;
  }

  /** Where the first folder begins: after the root of an absolute path, also of Windows. */
  private static int first(String path) {
    if (path.startsWith("/")) {
      return 1;
    }
    return path.length() > 2 && path.startsWith(":/", 1) ? 3 : 0;
  }

  /** Where the next part begins; -1 after the last. */
  private static int next(String path, int from) {
    int slash = path.indexOf('/', from);
    return slash < 0 ? -1 : slash + 1;
  }

  private static boolean hasEnding(String path) {
    return ImageFiles.isImageName(path.toLowerCase(Locale.ROOT));
  }
}
