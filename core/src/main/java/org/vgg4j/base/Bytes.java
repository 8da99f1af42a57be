package org.vgg4j.base;

import java.util.Locale;

/**
 * Amounts of memory in words, in units small enough to tell them apart: kB, MB below 10 GB, then
 * GB; all decimal. What is needed is rounded up and what is available down, so that a sentence
 * never says that 0.1 GB is more than 0.1 GB.
 */
public final class Bytes {
  private static final double KB = 1e3;
  private static final double MB = 1e6;
  private static final double GB = 1e9;

  private Bytes() {}

  /** An amount that is needed, such as "1,235 MB": rounded up. */
  public static String needed(double bytes) {
    if (bytes <= MB) {
      return String.format(Locale.ROOT, "%,.0f kB", Math.ceil(bytes / KB));
    }
    return bytes <= 10 * GB
        ? String.format(Locale.ROOT, "%,.0f MB", Math.ceil(bytes / MB))
        : String.format(Locale.ROOT, "%,.1f GB", Math.ceil(bytes * 10 / GB) / 10);
  }

  /** An amount that is available, such as "1,234 MB": rounded down. */
  public static String available(double bytes) {
    if (bytes < MB) {
      return String.format(Locale.ROOT, "%,.0f kB", Math.floor(bytes / KB));
    }
    return bytes < 10 * GB
        ? String.format(Locale.ROOT, "%,.0f MB", Math.floor(bytes / MB))
        : String.format(Locale.ROOT, "%,.1f GB", Math.floor(bytes * 10 / GB) / 10);
  }
}
