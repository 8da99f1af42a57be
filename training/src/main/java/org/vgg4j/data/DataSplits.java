package org.vgg4j.data;

import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A data set divided for training. All parts have the same classes.
 *
 * @param name what to call the data set, for example {@code fashion-mini}
 * @param train what the network learns from
 * @param validation what decides when the learning rate drops and which network is the best
 * @param test what is used once, at the end; null if the data set has no such images
 * @param fingerprint SHA-256 in hexadecimal digits of the data set as it was found, before any
 *     image was held out: it does not depend on the held-out fraction or the seed; see {@link
 *     Source#fingerprint}
 * @param notes sentences for users about how it was read, and about files that are passed over
 */
public record DataSplits(
    String name,
    Dataset train,
    Dataset validation,
    @Nullable Dataset test,
    String fingerprint,
    List<String> notes) {

  /** Copies the list. */
  public DataSplits {
    notes = List.copyOf(notes);
  }

  /** Returns the part; null if there is none. */
  public @Nullable Dataset part(Split split) {
    return switch (split) {
      case TRAIN -> train;
      case VAL -> validation;
      case TEST -> test;
    };
  }

  /**
   * Returns the same splits without the images that cannot be used. The fingerprint stays that of
   * the data set as it was found.
   *
   * @throws IndexOutOfBoundsException if there is no such image
   */
  public DataSplits without(List<Unreadable> unreadable) {
    return new DataSplits(
        name,
        without(train, Split.TRAIN, unreadable),
        without(validation, Split.VAL, unreadable),
        test == null ? null : without(test, Split.TEST, unreadable),
        fingerprint,
        notes);
  }

  private static Dataset without(Dataset part, Split split, List<Unreadable> unreadable) {
    BitSet kept = new BitSet(part.size());
    kept.set(0, part.size());
    for (Unreadable one : unreadable) {
      if (one.split() == split) {
        kept.clear(Objects.checkIndex(one.index(), part.size()));
      }
    }
    return kept.cardinality() == part.size()
        ? part
        : new Subset(part, part.name(), kept.stream().toArray());
  }
}
