package org.vgg4j.train;

import org.vgg4j.base.InputException;

/** The sentence for an option that is out of its range. */
final class Require {
  private Require() {}

  static void option(boolean condition, String option, Object value, String allowed) {
    if (!condition) {
      throw new InputException("option " + option + " is " + value + " but must be " + allowed);
    }
  }
}
