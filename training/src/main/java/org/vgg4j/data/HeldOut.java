package org.vgg4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;

/**
 * Divides a data set into a part to learn from and a part held out for validation. Of each class of
 * n images round(fraction * n) are held out, but at least one, and at least one remains. Which ones
 * is decided by the seed, the class and n alone. Both parts keep the order of the whole.
 *
 * <p>Where images show several classes each, that is done class by class, from the one that the
 * fewest images show, with those that no class before it has placed: so rare classes come first,
 * and frequent ones may have more held out. Of a class whose images were all placed for rarer ones,
 * one part may have none, which {@link Parts#notes} says. Images that show none are last.
 */
public final class HeldOut {
  private HeldOut() {}

  /** Requires a fraction that can be held out. */
  public static void requireFraction(double fraction) {
    if (!(fraction > 0 && fraction < 1)) {
      throw new InputException(
          "the held-out fraction must be between 0 and 1, not " + fraction + ": 0.1 is usual");
    }
  }

  /** The two parts. */
  record Parts(Dataset train, Dataset validation) {
    /**
     * Sentences about labels that one of the parts lacks.
     *
     * @param all the training images as they were found
     */
    List<String> notes(Dataset all) {
      if (!all.hasLabelSets()) {
        return List.of();
      }
      LabelCounts counts = LabelCounts.of(all);
      List<String> notes = new ArrayList<>();
      addNote(notes, counts, train, "that is left to learn from");
      addNote(notes, counts, validation, "that is held out for validation");
      return notes;
    }

    private static void addNote(
        List<String> notes, LabelCounts all, Dataset part, String description) {
      LabelCounts own = LabelCounts.of(part);
      List<String> names = part.classNames();
      int[] lacking =
          IntStream.range(0, names.size()).filter(k -> all.isShown(k) && !own.isShown(k)).toArray();
      if (lacking.length > 0) {
        notes.add(
            "%d of %d labels are shown by no image %s, such as %s: add images that show it, or say the parts in a column part"
                .formatted(lacking.length, names.size(), description, names.get(lacking[0])));
      }
    }
  }

  /**
   * @param whole the data set
   * @param name the parts are called name/train and name/val
   * @param fraction of each class to hold out, between 0 and 1, both excluded
   * @param seed decides the choice
   * @throws InputException if the fraction is out of range or a class has a single image
   */
  static Parts divide(Dataset whole, String name, double fraction, long seed) {
    requireFraction(fraction);
    boolean[] held =
        whole.hasLabelSets()
            ? heldOfSets(whole, fraction, seed)
            : heldOfClasses(whole, fraction, seed);
    return new Parts(
        new Subset(whole, name + "/train", indicesWhere(held, false)),
        new Subset(whole, name + "/val", indicesWhere(held, true)));
  }

  private static boolean[] heldOfClasses(Dataset whole, double fraction, long seed) {
    boolean[] held = new boolean[whole.size()];
    for (int label = 0; label < whole.classNames().size(); label++) {
      int[] members = membersOf(whole, label);
      if (members.length == 1) {
        throw new InputException(
            "class %s of %s has one image, too few to hold one out for validation: add images"
                .formatted(whole.classNames().get(label), whole.name()));
      }
      if (members.length > 1) {
        long wanted = Math.round(fraction * members.length);
        long count = Math.max(1, Math.min(members.length - 1, wanted));
        int[] order = new RandomStream(seed, 0, label, Purpose.SPLIT).permutation(members.length);
        for (int i = 0; i < count; i++) {
          held[members[order[i]]] = true;
        }
      }
    }
    return held;
  }

  private static boolean[] heldOfSets(Dataset whole, double fraction, long seed) {
    if (whole.size() < 2) {
      throw new InputException(
          "%s has one image, too few to hold one out for validation: add images"
              .formatted(whole.name()));
    }
    boolean[] held = new boolean[whole.size()];
    boolean[] placed = new boolean[whole.size()];
    List<int[]> groups = new ArrayList<>();
    for (int label = 0; label < whole.classNames().size(); label++) {
      groups.add(shownBy(whole, label));
    }
    groups.sort(
        Comparator.comparingInt(images -> images.length)); // stable: the first of equal ones
    groups.add(IntStream.range(0, whole.size()).toArray());
    for (int g = 0; g < groups.size(); g++) {
      int[] images = groups.get(g);
      long wanted = Math.round(fraction * images.length);
      long count = images.length < 2 ? 0 : Math.max(1, Math.min(images.length - 1, wanted));
      for (int image : images) {
        count -= held[image] ? 1 : 0;
      }
      int[] order = new RandomStream(seed, 0, g, Purpose.SPLIT).permutation(images.length);
      for (int i : order) {
        if (!placed[images[i]]) {
          held[images[i]] = count-- > 0;
          placed[images[i]] = true;
        }
      }
    }
    return held;
  }

  private static int[] shownBy(Dataset whole, int label) {
    return IntStream.range(0, whole.size())
        .filter(i -> whole.state(i, label) == MultiLabels.POSITIVE)
        .toArray();
  }

  /**
   * Takes some images, from all classes in proportion: of a class with n of all N images,
   * round(limit * n / N), but at least two, so that one can be held out. Which ones is decided by
   * the seed, the class and n alone; they keep the order of the whole. Where images show several
   * classes each, just so many images.
   *
   * @param limit about how many; all if there are no more
   */
  public static Dataset some(Dataset whole, int limit, long seed) {
    if (limit >= whole.size()) {
      return whole;
    }
    if (whole.hasLabelSets()) {
      int[] order = new RandomStream(seed, 1, 0, Purpose.SPLIT).permutation(whole.size());
      return new Subset(whole, whole.name(), Arrays.stream(order).limit(limit).sorted().toArray());
    }
    boolean[] taken = new boolean[whole.size()];
    for (int label = 0; label < whole.classNames().size(); label++) {
      int[] members = membersOf(whole, label);
      long share = Math.round((double) limit * members.length / whole.size());
      long count = Math.min(members.length, Math.max(2, share));
      int[] order = new RandomStream(seed, 1, label, Purpose.SPLIT).permutation(members.length);
      for (int i = 0; i < count; i++) {
        taken[members[order[i]]] = true;
      }
    }
    return new Subset(whole, whole.name(), indicesWhere(taken, true));
  }

  private static int[] membersOf(Dataset whole, int label) {
    int[] members = new int[whole.size()];
    int count = 0;
    for (int i = 0; i < whole.size(); i++) {
      if (whole.label(i) == label) {
        members[count++] = i;
      }
    }
    return Arrays.copyOf(members, count);
  }

  private static int[] indicesWhere(boolean[] flags, boolean value) {
    int[] indices = new int[flags.length];
    int count = 0;
    for (int i = 0; i < flags.length; i++) {
      if (flags[i] == value) {
        indices[count++] = i;
      }
    }
    return Arrays.copyOf(indices, count);
  }
}
