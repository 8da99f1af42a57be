package org.vgg4j.data;

import java.util.Arrays;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;

/**
 * Divides a data set into a part to learn from and a part held out for validation. Of each class of
 * n images round(fraction * n) are held out, but at least one, and at least one remains. Which ones
 * is decided by the seed, the class and n alone. Both parts keep the order of the whole.
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
  record Parts(Dataset train, Dataset validation) {}

  /**
   * @param whole the data set
   * @param name the parts are called name/train and name/val
   * @param fraction of each class to hold out, between 0 and 1, both excluded
   * @param seed decides the choice
   * @throws InputException if the fraction is out of range or a class has a single image
   */
  static Parts divide(Dataset whole, String name, double fraction, long seed) {
    requireFraction(fraction);
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
    return new Parts(
        new Subset(whole, name + "/train", indicesWhere(held, false)),
        new Subset(whole, name + "/val", indicesWhere(held, true)));
  }

  /**
   * Takes some images, from all classes in proportion: of a class with n of all N images,
   * round(limit * n / N), but at least two, so that one can be held out. Which ones is decided by
   * the seed, the class and n alone; they keep the order of the whole.
   *
   * @param limit about how many; all if there are no more
   */
  public static Dataset some(Dataset whole, int limit, long seed) {
    if (limit >= whole.size()) {
      return whole;
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
