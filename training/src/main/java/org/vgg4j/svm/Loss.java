package org.vgg4j.svm;

/** What a classifier pays for an image whose margin, y * f(x), is below 1. */
public enum Loss {
  /** 1 - margin (liblinear's solver 3). */
  L1,
  /** The square of that (liblinear's solver 1). */
  L2;

  /**
   * Returns the loss of one image.
   *
   * @param margin the score times +1 or -1
   */
  public double of(double margin) {
    double missing = Math.max(0, 1 - margin);
    return this == L1 ? missing : missing * missing;
  }
}
