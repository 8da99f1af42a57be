package org.vgg4j.data;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;

/**
 * A data set as it is found, before anything is held out.
 *
 * @param kind what was recognised, for users
 * @param name what to call it
 * @param train all images to learn from; null if there are none
 * @param validation null if some of the training images must be held out instead
 * @param test labelled test images; null if there are none
 * @param unlabelled images whose classes only the organisers of a competition know; null if there
 *     are none
 * @param synsets the classes with WNIDs; null if they have none
 * @param notes sentences about it
 */
public record Source(
    String kind,
    String name,
    @Nullable Dataset train,
    @Nullable Dataset validation,
    @Nullable Dataset test,
    @Nullable Dataset unlabelled,
    @Nullable Synsets synsets,
    List<String> notes) {

  /** With labelled images only. */
  public Source(
      String kind,
      String name,
      @Nullable Dataset train,
      @Nullable Dataset validation,
      @Nullable Dataset test) {
    this(kind, name, train, validation, test, null, null, List.of());
  }

  /**
   * @throws InputException if the parts do not have the same classes
   */
  public Source {
    if (train != null) {
      requireSameClasses(train, validation);
      requireSameClasses(train, test);
    } else if (validation != null) {
      requireSameClasses(validation, test);
    }
    notes = List.copyOf(notes);
  }

  public Source withUnlabelled(@Nullable Dataset images) {
    return new Source(kind, name, train, validation, test, images, synsets, notes);
  }

  public Source withSynsets(@Nullable Synsets classes) {
    return new Source(kind, name, train, validation, test, unlabelled, classes, notes);
  }

  public Source withNote(String sentence) {
    List<String> more = new ArrayList<>(notes);
    more.add(sentence);
    return new Source(kind, name, train, validation, test, unlabelled, synsets, more);
  }

  /** With a note on the classes that have a name but no training image, if there are any. */
  public Source withNoteOfEmptyClasses() {
    if (train == null) {
      return this;
    }
    BitSet seen = new BitSet();
    for (int i = 0; i < train.size(); i++) {
      seen.set(train.label(i));
    }
    int classes = train.classNames().size();
    return seen.cardinality() == classes
        ? this
        : withNote(
            "%d of %d classes have no training image, such as %s"
                .formatted(
                    classes - seen.cardinality(),
                    classes,
                    train.classNames().get(seen.nextClearBit(0))));
  }

  private static void requireSameClasses(Dataset train, @Nullable Dataset other) {
    if (other == null) {
      return;
    }
    List<String> names = composed(train);
    List<String> others = composed(other);
    if (names.equals(others)) {
      return;
    }
    if (new HashSet<>(names).equals(new HashSet<>(others))) {
      // the forms of Unicode sort differently, and so do names of classes and of their folders
      throw new InputException(
          "%s and %s have their classes in different orders: give the folders of both the same names, letter by letter (convmv -f utf8 -t utf8 --nfc renames those from a Mac)"
              .formatted(train.name(), other.name()));
    }
    throw new InputException(
        "%s and %s differ in the class %s: give both the same class folders"
            .formatted(train.name(), other.name(), firstDifference(names, others)));
  }

  /** The names of the classes, which a part from a Mac has in another form of Unicode. */
  private static List<String> composed(Dataset part) {
    return part.classNames().stream().map(FileNames::composed).toList();
  }

  /** Returns the first name, in order, that only one of the two has. */
  private static String firstDifference(List<String> one, List<String> other) {
    return Stream.concat(one.stream(), other.stream())
        .sorted()
        .filter(name -> one.contains(name) != other.contains(name))
        .findFirst()
        .orElseThrow();
  }

  /**
   * Takes some of the training images, and holds out validation images where there are none.
   *
   * @param limit how many; 0 for all
   * @throws InputException if there are no training images
   */
  public DataSplits divide(int limit, double heldOut, long seed) {
    if (train == null) {
      throw new InputException(
          name + " has no training images: evaluate on it, or put them beside the others");
    }
    Dataset used = limit == 0 ? train : HeldOut.some(train, limit, seed);
    if (validation != null) {
      return new DataSplits(name, used, validation, test, fingerprint(), allNotes());
    }
    HeldOut.Parts parts = HeldOut.divide(used, name, heldOut, seed);
    List<String> all = allNotes();
    all.addAll(parts.notes(train));
    return new DataSplits(name, parts.train(), parts.validation(), test, fingerprint(), all);
  }

  /** All notes: its own, and those of its labelled parts. */
  public List<String> allNotes() {
    List<String> all = new ArrayList<>(notes);
    labelled().forEach(part -> all.addAll(part.notes()));
    return all;
  }

  /** The labelled parts as they were found, in the order train, validation, test. */
  public List<Dataset> labelled() {
    List<Dataset> parts = new ArrayList<>();
    for (Dataset part : new Dataset[] {train, validation, test}) {
      if (part != null) {
        parts.add(part);
      }
    }
    return parts;
  }

  /**
   * SHA-256 of all labelled parts as they were found; where images show several classes each, with
   * that of the images alone ({@link Fingerprint#ofImagesAndLabels}).
   */
  public String fingerprint() {
    String all = fingerprint(Dataset::fingerprint);
    return labelled().stream().anyMatch(Dataset::hasLabelSets)
        ? Fingerprint.ofImagesAndLabels(fingerprint(Dataset::imagesFingerprint), all)
        : all;
  }

  private String fingerprint(Function<Dataset, String> ofPart) {
    Fingerprint fingerprint = new Fingerprint();
    for (Dataset part : new Dataset[] {train, validation, test}) {
      fingerprint.add(part == null ? "" : ofPart.apply(part));
    }
    return fingerprint.hex();
  }
}
