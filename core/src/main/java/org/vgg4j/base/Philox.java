package org.vgg4j.base;

/**
 * The counter-based generator Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011, doi:10.1145/2063384.2063405): a keyed bijection of a
 * 128-bit counter. Stateless, hence thread-safe.
 */
final class Philox {
  private static final int MULTIPLIER_0 = 0xD2511F53;
  private static final int MULTIPLIER_1 = 0xCD9E8D57;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final int ROUNDS = 10;

  private Philox() {}

  /**
   * Replaces the counter by four 32-bit words of random bits.
   *
   * @param words the counter, least significant word first; overwritten with the result
   * @param key0 low word of the key
   * @param key1 high word of the key
   */
  static void encrypt(int[] words, int key0, int key1) {
    int c0 = words[0];
    int c1 = words[1];
    int c2 = words[2];
    int c3 = words[3];
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = unsignedProduct(MULTIPLIER_0, c0);
      long product1 = unsignedProduct(MULTIPLIER_1, c2);
      c0 = (int) (product1 >>> 32) ^ c1 ^ key0;
      c1 = (int) product1;
      c2 = (int) (product0 >>> 32) ^ c3 ^ key1;
      c3 = (int) product0;
      key0 += WEYL_0;
      key1 += WEYL_1;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
  }

  private static long unsignedProduct(int a, int b) {
    return (a & 0xFFFFFFFFL) * (b & 0xFFFFFFFFL);
  }
}
