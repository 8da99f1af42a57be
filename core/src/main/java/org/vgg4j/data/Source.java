package org.vgg4j.data;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * A data set as it is found, before anything is held out.
 *
 * @param name what to call it
 * @param train all images to learn from
 * @param validation null if some of the training images must be held out instead
 * @param test null if there are none
 */
record Source(String name, Dataset train, @Nullable Dataset validation, @Nullable Dataset test) {

  /**
   * @throws InputException if the parts do not have the same classes
   */
  Source {
    requireSameClasses(train, validation);
    requireSameClasses(train, test);
  }

  private static void requireSameClasses(Dataset train, @Nullable Dataset other) {
    if (other != null && !other.classNames().equals(train.classNames())) {
      throw new InputException(
          "%s and %s differ in the class %s: give both the same class folders"
              .formatted(train.name(), other.name(), firstDifference(train, other)));
    }
  }

  /** Returns the first name, in order, that only one of the two has. */
  private static String firstDifference(Dataset one, Dataset other) {
    return Stream.concat(one.classNames().stream(), other.classNames().stream())
        .sorted()
        .filter(name -> one.classNames().contains(name) != other.classNames().contains(name))
        .findFirst()
        .orElseThrow();
  }

  /** Holds out validation images where there are none. */
  DataSplits divide(double heldOut, long seed) {
    if (validation != null) {
      return new DataSplits(name, train, validation, test, fingerprint());
    }
    HeldOut.Parts parts = HeldOut.divide(train, name, heldOut, seed);
    return new DataSplits(name, parts.train(), parts.validation(), test, fingerprint());
  }

  /** SHA-256 of all parts as they were found. */
  String fingerprint() {
    Fingerprint fingerprint = new Fingerprint().add(train.fingerprint());
    fingerprint.add(validation == null ? "" : validation.fingerprint());
    fingerprint.add(test == null ? "" : test.fingerprint());
    return fingerprint.hex();
  }
}
