package org.vgg4j.data.boxes;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.ImagePaths;
import org.vgg4j.data.Synsets;
import org.vgg4j.image.ImageFiles;

/**
 * Collects annotations in any order, and sorts them by image. Boxes whose image or class is not in
 * the data are counted. Not thread-safe.
 */
final class BoxCollector implements Consumer<Annotation> {
  private final ImagePaths images;
  private final Map<String, Integer> labels = new HashMap<>();

  /** The size that the boxes of each image were drawn at, or zeros; [images][2]. */
  private final int[] sizes;

  private int count;
  private int[] image = new int[1 << 10];
  private int[] label = new int[1 << 10];
  private double[] edges = new double[1 << 12];

  /** Hash of the path by which the image of a box was found: those of one image must agree. */
  private int[] path = new int[1 << 10];

  private final BitSet swapped = new BitSet();
  private final BitSet difficult = new BitSet();

  /** Images that an annotation names by a whole path; others then mean another image. */
  private final BitSet whole = new BitSet();

  /** Boxes that were found by a part of their path only. */
  private final BitSet shortened = new BitSet();

  /** Boxes of a CSV file that were found by the name of a file alone, though it has folders. */
  private final BitSet byName = new BitSet();

  /** Images with an annotation that was found by more than that. */
  private final BitSet surely = new BitSet();

  /** Whether any folder of a CSV file is one of the data. */
  private boolean foldersAgree;

  private final Tally withoutImage = new Tally();
  private final Tally ofOtherClasses = new Tally();

  /** How often something occurs, with the first example. */
  static final class Tally {
    private int count;
    private @Nullable String example;

    void add(int number, String what) {
      count += number;
      example = example == null ? what : example;
    }

    int count() {
      return count;
    }

    /** The first; empty if there is none. */
    String example() {
      return example == null ? "" : example;
    }
  }

  /**
   * @param parts labelled images, all of the same classes
   */
  BoxCollector(List<Dataset> parts) {
    images = new ImagePaths(parts);
    sizes = new int[Math.multiplyExact(2, images.size())];
    List<String> names = parts.get(0).classNames();
    for (int i = 0; i < names.size(); i++) {
      labels.put(names.get(i), i);
      labels.putIfAbsent(Synsets.key(names.get(i)), i);
    }
  }

  /** Boxes that name no image of the data; the example is where they were read. */
  Tally withoutImage() {
    return withoutImage;
  }

  /** Boxes of images of the data, but not of its classes; the example is a class. */
  Tally ofOtherClasses() {
    return ofOtherClasses;
  }

  /** Number of boxes that are kept. */
  int count() {
    return count;
  }

  /**
   * @throws InputException if several images may be meant, or another annotation says that the same
   *     one has another size
   */
  @Override
  public void accept(Annotation annotation) {
    ImagePaths.Match match =
        images.find(annotation.path(), annotation.hasEnding(), annotation.origin());
    String other = annotation.otherPath();
    if (match.image() == ImagePaths.NONE && other != null) {
      match = images.find(other, true, annotation.origin());
      if (match.image() == ImagePaths.NONE && !ImageFiles.isImageName(other)) {
        match = images.find(other, false, annotation.origin());
      }
    }
    if (match.image() == ImagePaths.NONE) {
      withoutImage.add(Math.max(1, annotation.objects().size()), annotation.origin());
      return;
    }
    boolean named = annotation.hasEnding() && isByName(annotation.path(), match);
    foldersAgree |= annotation.hasEnding() && annotation.path().indexOf('/') >= 0 && !named;
    addSize(annotation, match, named);
    if (match.whole()) {
      whole.set(match.image());
    }
    if (!named) {
      surely.set(match.image());
    }
    for (Annotation.Marked marked : annotation.objects()) {
      Integer known = labels.get(Synsets.key(marked.name()));
      if (known == null) {
        ofOtherClasses.add(1, marked.name());
      } else {
        byName.set(count, named);
        add(match, annotation.path(), known, marked);
      }
    }
  }

  /** Whether of a path with folders none is that of the image. */
  private boolean isByName(String annotated, ImagePaths.Match match) {
    if (match.whole()) {
      return false;
    }
    int folder = annotated.lastIndexOf('/', annotated.lastIndexOf('/') - 1) + 1;
    String end = FileNames.composed(annotated.substring(folder));
    return !("/" + FileNames.composed(images.path(match.image()))).endsWith("/" + end);
  }

  /** Keeps the size that the boxes of an image were drawn at: that of the surest annotation. */
  private void addSize(Annotation annotation, ImagePaths.Match match, boolean named) {
    int at = 2 * match.image();
    boolean sized = annotation.width() > 0 && annotation.height() > 0;
    if (sized
        && match.whole()
        && whole.get(match.image())
        && sizes[at] > 0
        && (sizes[at] != annotation.width() || sizes[at + 1] != annotation.height())) {
      throw new InputException(
          "%s: the image is %d x %d pixels large there, but %d x %d for another of its boxes: correct one of them"
              .formatted(
                  annotation.origin(),
                  annotation.width(),
                  annotation.height(),
                  sizes[at],
                  sizes[at + 1]));
    }
    if (match.whole() || !(whole.get(match.image()) || named && surely.get(match.image()))) {
      sizes[at] = annotation.width();
      sizes[at + 1] = annotation.height();
    }
  }

  private void add(
      ImagePaths.Match match, String annotatedPath, int known, Annotation.Marked marked) {
    if (count == image.length) {
      image = Arrays.copyOf(image, 2 * count);
      label = Arrays.copyOf(label, 2 * count);
      path = Arrays.copyOf(path, 2 * count);
      edges = Arrays.copyOf(edges, 8 * count);
    }
    image[count] = match.image();
    label[count] = known;
    path[count] = annotatedPath.hashCode();
    edges[4 * count] = marked.left();
    edges[4 * count + 1] = marked.top();
    edges[4 * count + 2] = marked.right();
    edges[4 * count + 3] = marked.bottom();
    swapped.set(count, marked.swapped());
    difficult.set(count, marked.difficult());
    shortened.set(count, !match.whole());
    count++;
  }

  /**
   * Returns the boxes sorted by image, and in the order of their files for each.
   *
   * @return for each part its boxes
   * @throws InputException if boxes of two images are taken for those of one
   */
  List<BoxTable> build() {
    BitSet kept = kept();
    int[] begins = new int[images.size() + 1];
    kept.stream().forEach(box -> begins[image[box] + 1]++);
    for (int i = 0; i < images.size(); i++) {
      begins[i + 1] += begins[i];
    }
    int[] next = begins.clone();
    int size = kept.cardinality();
    int[] sortedLabels = new int[size];
    double[] sortedEdges = new double[4 * size];
    BitSet sortedSwapped = new BitSet();
    BitSet sortedDifficult = new BitSet();
    for (int box = kept.nextSetBit(0); box >= 0; box = kept.nextSetBit(box + 1)) {
      int to = next[image[box]]++;
      sortedLabels[to] = label[box];
      System.arraycopy(edges, 4 * box, sortedEdges, 4 * to, 4);
      sortedSwapped.set(to, swapped.get(box));
      sortedDifficult.set(to, difficult.get(box));
    }
    BoxTable all =
        new BoxTable(begins, sizes, sortedLabels, sortedEdges, sortedSwapped, sortedDifficult);
    return IntStream.range(0, images.parts())
        .mapToObj(part -> all.part(images.offset(part), images.offset(part + 1)))
        .toList();
  }

  /**
   * Where an image is named by a whole path, a shortened path that leads to it means another image,
   * which is missing; so does one whose folders are none of the data, where others are; and two
   * shortened paths cannot mean the same image.
   */
  private BitSet kept() {
    BitSet kept = new BitSet();
    BitSet seen = new BitSet();
    int[] firstPath = new int[images.size()];
    for (int box = 0; box < count; box++) {
      int at = image[box];
      if (!shortened.get(box)) {
        kept.set(box);
      } else if (whole.get(at) || foldersAgree && byName.get(box)) {
        withoutImage.add(1, "one with the file name of " + images.path(at));
      } else if (seen.get(at) && firstPath[at] != path[box]) {
        throw new InputException(
            "the boxes of two images are taken for those of %s, which has the same file name: give the paths of the images as they are in the data"
                .formatted(images.path(at)));
      } else {
        seen.set(at);
        firstPath[at] = path[box];
        kept.set(box);
      }
    }
    return kept;
  }
}
