package org.vgg4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;

/**
 * Finds images by their paths. Of the paths of two computers only the ends agree, so a path is
 * tried whole, then without its first folder, and so on, until an image's path ends with it. Both
 * are compared in one form of Unicode: files from a Mac have the other than what people type. Takes
 * 8 bytes an image. Immutable.
 */
public final class ImagePaths {
  /** No image is called like that. */
  public static final int NONE = -1;

  private static final int INDEX_BITS = 31;
  private static final long INDEX_MASK = (1L << INDEX_BITS) - 1;

  private final List<Dataset> parts;
  private final int[] offsets;

  /** For each image the hash of its name without ending, and its index in the low bits; sorted. */
  private final long[] keys;

  /**
   * What a path was found to be.
   *
   * @param image index among all images of all parts; {@link #NONE} if there is none
   * @param whole whether no folder had to be left out
   */
  public record Match(int image, boolean whole) {}

  /**
   * @param parts whose images are numbered one part after the other
   */
  public ImagePaths(List<Dataset> parts) {
    this.parts = List.copyOf(parts);
    this.offsets = new int[parts.size() + 1];
    for (int part = 0; part < parts.size(); part++) {
      offsets[part + 1] = Math.addExact(offsets[part], parts.get(part).size());
    }
    keys = new long[offsets[parts.size()]];
    for (int image = 0; image < keys.length; image++) {
      keys[image] = key(FileNames.composed(stem(name(path(image))))) | image;
    }
    Arrays.sort(keys);
  }

  /** Number of images. */
  public int size() {
    return keys.length;
  }

  /** Number of parts. */
  public int parts() {
    return parts.size();
  }

  /** The index of a part's first image; the number of images for the part after the last. */
  public int offset(int part) {
    return offsets[part];
  }

  /** The image's path, with / between its parts. */
  public String path(int image) {
    int part = 0;
    while (image >= offsets[part + 1]) {
      part++;
    }
    return parts.get(part).id(image - offsets[part]).replace('\\', '/');
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** A path without its ending. */
  public static String stem(String path) {
    int dot = path.lastIndexOf('.');
    return dot <= path.lastIndexOf('/') + 1 ? path : path.substring(0, dot);
  }

  private static long key(String stem) {
    long hash = 1125899906842597L;
    for (int i = 0; i < stem.length(); i++) {
      hash = 31 * hash + stem.charAt(i);
    }
    // spreads it over the bits that remain
    return hash * 0x9E3779B97F4A7C15L & ~INDEX_MASK;
  }

  /**
   * Finds an image.
   *
   * @param path of the image, with / between its parts
   * @param hasEnding whether it has an ending; if not, an image with any ending is meant
   * @param origin where the path was read, for users
   * @throws InputException if several images are called like that
   */
  public Match find(String path, boolean hasEnding, String origin) {
    String clean = path;
    while (clean.startsWith("./")) {
      clean = clean.substring(2);
    }
    List<Integer> candidates = named(FileNames.composed(name(clean)), hasEnding);
    String tried = clean;
    while (!candidates.isEmpty()) {
      String written = tried;
      List<Integer> found =
          best(
              endingWith(candidates, tried, hasEnding),
              image -> endsWith(own(image, hasEnding), written));
      if (found.size() > 1) {
        throw new InputException(
            "%s may mean %s or %s: give the folder of the image, too, so that it is one of them"
                .formatted(origin, path(found.get(0)), path(found.get(1))));
      }
      if (found.size() == 1) {
        return new Match(found.get(0), tried.equals(clean));
      }
      int slash = tried.indexOf('/');
      if (slash < 0) {
        break;
      }
      tried = tried.substring(slash + 1);
    }
    return new Match(NONE, false);
  }

  /**
   * Returns the images whose paths are this one, or end with it.
   *
   * @param path with / between its parts
   * @param hasEnding whether it has an ending; if not, an image with any ending is meant
   */
  public List<Integer> endingWith(String path, boolean hasEnding) {
    return endingWith(named(FileNames.composed(name(path)), hasEnding), path, hasEnding);
  }

  private List<Integer> endingWith(List<Integer> candidates, String path, boolean hasEnding) {
    String wanted = FileNames.composed(path);
    return candidates.stream()
        .filter(image -> endsWith(FileNames.composed(own(image, hasEnding)), wanted))
        .toList();
  }

  private String own(int image, boolean hasEnding) {
    return hasEnding ? path(image) : stem(path(image));
  }

  private static boolean endsWith(String path, String end) {
    return path.equals(end) || path.endsWith("/" + end);
  }

  /** Of images whose paths differ only in their forms, the one that is written just so. */
  private static List<Integer> best(List<Integer> found, IntPredicate asWritten) {
    if (found.size() < 2) {
      return found;
    }
    List<Integer> same = found.stream().filter(asWritten::test).toList();
    return same.isEmpty() ? found : same;
  }

  /** The images of that name, in its composed form. */
  private List<Integer> named(String name, boolean hasEnding) {
    long key = key(hasEnding ? stem(name) : name);
    int at = Arrays.binarySearch(keys, key);
    List<Integer> images = new ArrayList<>();
    for (int i = at < 0 ? -at - 1 : at; i < keys.length && (keys[i] & ~INDEX_MASK) == key; i++) {
      int image = (int) (keys[i] & INDEX_MASK);
      String own = FileNames.composed(name(path(image)));
      if (name.equals(hasEnding ? own : stem(own))) {
        images.add(image);
      }
    }
    return images;
  }
}
