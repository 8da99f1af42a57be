package org.vgg4j.train;

import org.vgg4j.base.AbortedException;

/**
 * A run whose loss is no longer finite. All processes of a group find that after the same step, so
 * that they can go on with another run.
 */
public final class DivergedException extends AbortedException {
  private static final long serialVersionUID = 1;

  DivergedException(String message) {
    super(message);
  }
}
