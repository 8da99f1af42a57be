package org.vgg4j.data.boxes;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Source;
import org.vgg4j.data.Subset;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Rescale;

/** Brings images and boxes together. */
public final class BoxedSource {
  /** How many images are decoded to see whether boxes fit at all. */
  private static final int TRIED = 8;

  private BoxedSource() {}

  /**
   * Adds boxes to a data set, if there are any: its parts then have {@link Dataset#objects}.
   *
   * @param source the images
   * @param boxes the file or folder that has their boxes; null to look for it beside the images
   * @param folders where to look, in this order
   * @return the same if there are no boxes, or it has some already
   * @throws InputException if boxes are given but are not there, do not fit the images or cannot be
   *     read, or there are several kinds
   */
  public static Source annotated(Source source, @Nullable Path boxes, List<Path> folders) {
    List<Dataset> parts = source.labelled();
    if (parts.stream().allMatch(Dataset::hasBoxes)) {
      if (boxes != null && !parts.isEmpty()) {
        throw new InputException(source.name() + " has boxes of its own: leave boxes out");
      }
      return source;
    }
    List<Path> places = boxes == null ? beside(folders) : List.of(boxes);
    if (places.isEmpty()) {
      return source;
    }
    BoxCollector collector = new BoxCollector(parts);
    List<String> notes = new ArrayList<>(source.notes());
    notes.addAll(BoxPlaces.read(places, collector));
    List<BoxTable> tables = collector.build();
    String names = BoxPlaces.names(places);
    requireSome(collector, source, names);
    addNotes(collector, names, notes);
    Iterator<BoxTable> next = tables.iterator();
    return new Source(
        source.kind(),
        source.name(),
        annotated(source.train(), next),
        annotated(source.validation(), next),
        annotated(source.test(), next),
        source.unlabelled(),
        source.synsets(),
        notes);
  }

  private static List<Path> beside(List<Path> folders) {
    return folders.stream()
        .map(BoxPlaces::beside)
        .filter(places -> !places.isEmpty())
        .findFirst()
        .orElse(List.of());
  }

  private static @Nullable Dataset annotated(@Nullable Dataset part, Iterator<BoxTable> tables) {
    return part == null ? null : new AnnotatedDataset(part, tables.next());
  }

  private static void requireSome(BoxCollector collector, Source source, String places) {
    Dataset first = source.labelled().get(0);
    if (collector.count() > 0) {
      return;
    }
    if (collector.ofOtherClasses().count() > 0) {
      throw new InputException(
          "the boxes in %s are of other classes than %s has: %s is none of %s"
              .formatted(
                  places,
                  source.name(),
                  collector.ofOtherClasses().example(),
                  some(first.classNames())));
    }
    throw new InputException(
        collector.withoutImage().count() == 0
            ? places + " has no boxes: give others"
            : "%s has no boxes of these images: %s names none of %s, whose first is called %s"
                .formatted(places, collector.withoutImage().example(), source.name(), first.id(0)));
  }

  private static String some(List<String> names) {
    return String.join(", ", names.subList(0, Math.min(3, names.size())))
        + (names.size() > 3 ? ", ..." : "");
  }

  private static void addNotes(BoxCollector collector, String places, List<String> notes) {
    notes.add("boxes: " + places);
    BoxCollector.Tally withoutImage = collector.withoutImage();
    if (withoutImage.count() > 0) {
      notes.add(
          "boxes of images that are not in the data: %d, such as %s"
              .formatted(withoutImage.count(), withoutImage.example()));
    }
    BoxCollector.Tally otherClasses = collector.ofOtherClasses();
    if (otherClasses.count() > 0) {
      notes.add(
          "boxes of classes that the data does not have: %d, such as %s"
              .formatted(otherClasses.count(), otherClasses.example()));
    }
  }

  /**
   * Makes the data set for localisation of one that has boxes. Images without a box of their own
   * class are left out of all parts, and notes say how many; a part that has no others is left out.
   *
   * @param source see {@link #annotated}
   * @throws InputException if there are no boxes, or none that can be used
   */
  public static Source boxed(Source source) {
    if (!source.labelled().stream().allMatch(Dataset::hasBoxes) || source.labelled().isEmpty()) {
      throw new InputException(
          "%s has no boxes, which localisation needs: put %s beside the images, or name the place with boxes"
              .formatted(source.name(), BoxPlaces.USUAL));
    }
    List<String> notes = new ArrayList<>(source.notes());
    Dataset train = boxed(source.train(), notes);
    Dataset validation = boxed(source.validation(), notes);
    Dataset test = boxed(source.test(), notes);
    if (source.validation() != null && validation == null && train != null) {
      notes.add("validation images are held out of the training images instead");
    }
    if (train == null && validation == null && test == null) {
      throw new InputException(
          "no image of %s has a box of its own class inside it: %s"
              .formatted(source.name(), notes.get(notes.size() - 1)));
    }
    return new Source(
        source.kind(),
        source.name(),
        train,
        validation,
        test,
        source.unlabelled(),
        source.synsets(),
        notes);
  }

  private static @Nullable Dataset boxed(@Nullable Dataset part, List<String> notes) {
    if (part == null) {
      return null;
    }
    if (!(part instanceof AnnotatedDataset annotated)) {
      return new BoxedDataset(part);
    }
    int[] used = IntStream.range(0, part.size()).filter(annotated::hasOwn).toArray();
    addNotes(annotated, notes);
    if (used.length == 0) {
      return null;
    }
    requireFit(annotated, used);
    return used.length == part.size()
        ? new BoxedDataset(part)
        : new BoxedDataset(new Subset(part, part.name(), used), part.size() - used.length);
  }

  private static void addNotes(AnnotatedDataset part, List<String> notes) {
    BoxCollector.Tally none = new BoxCollector.Tally();
    BoxCollector.Tally others = new BoxCollector.Tally();
    BoxCollector.Tally outside = new BoxCollector.Tally();
    for (int i = 0; i < part.size(); i++) {
      if (part.boxes(i) == 0) {
        none.add(1, part.id(i));
      } else if (!part.hasLabel(i)) {
        others.add(
            1,
            "%s, which is of class %s, but has a box of %s"
                .formatted(
                    part.id(i),
                    part.classNames().get(part.label(i)),
                    part.classNames().get(part.firstLabel(i))));
      } else if (!part.hasOwn(i)) {
        outside.add(1, part.id(i));
      }
    }
    addNote(none, part, "without a box", notes);
    addNote(outside, part, "whose boxes are outside the image or have no area", notes);
    addNote(others, part, "with boxes of other classes only", notes);
  }

  private static void addNote(
      BoxCollector.Tally tally, Dataset part, String what, List<String> notes) {
    if (tally.count() > 0) {
      notes.add(
          "left out of %s, images %s: %d of %d, such as %s"
              .formatted(part.name(), what, tally.count(), part.size(), tally.example()));
    }
  }

  /** Edges that mean something else than pixels show in the first few images. */
  private static void requireFit(AnnotatedDataset part, int[] used) {
    int tried = Math.min(TRIED, used.length);
    String example = null;
    for (int i = 0; i < tried; i++) {
      int index = used[(int) ((long) i * used.length / tried)];
      Rescale.Size size = size(part, index);
      if (size == null) {
        continue;
      }
      if (BoxedObject.largest(part.objects(index, size), part.label(index)) != null) {
        return;
      }
      example = "%s has %d x %d pixels".formatted(part.id(index), size.width(), size.height());
    }
    if (example != null) {
      throw new InputException(
          "none of the boxes that were tried lies inside its image (%s): give boxes in pixels of these images"
              .formatted(example));
    }
  }

  private static Rescale.@Nullable Size size(Dataset part, int index) {
    try {
      return Rescale.Size.of(part.image(index));
    } catch (UnreadableImageException e) {
      return null; // the survey before training lists it
    }
  }
}
