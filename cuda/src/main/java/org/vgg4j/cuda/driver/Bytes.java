package org.vgg4j.cuda.driver;

import java.util.Locale;

/** Sizes for people. */
final class Bytes {
  private Bytes() {}

  /** A size in GiB or MiB with one decimal, or in bytes below 1 MiB. */
  static String text(long bytes) {
    if (bytes >= 1L << 30) {
      return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
    }
    return bytes >= 1L << 20
        ? String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1L << 20))
        : bytes + " bytes";
  }
}
