package org.vgg4j.cuda.kernels;

import java.util.Arrays;
import java.util.List;

/**
 * What a launch over many arrays reads from memory: for each of them a row of 64 bytes, which
 * {@code pieces.cuh} finds for a block. Two tables are equal if their words are.
 */
public final class Table {
  /** Bytes of a row, and what a table's address must be a multiple of. */
  public static final int ROW = 64;

  private static final int WORDS = ROW / Integer.BYTES;

  private final int[] words;
  private final int blocks;

  private Table(int[] words, int blocks) {
    this.words = words;
    this.blocks = blocks;
  }

  /**
   * A piece of the work.
   *
   * @param blocks that work on it
   * @param addresses at the beginning of its row
   * @param numbers behind the addresses and the number of its first block
   */
  record Row(int blocks, long[] addresses, int... numbers) {}

  static Table of(List<Row> rows) {
    int[] words = new int[rows.size() * WORDS];
    int blocks = 0;
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      int at = i * WORDS;
      for (long address : row.addresses()) {
        words[at++] = (int) address;
        words[at++] = (int) (address >>> 32);
      }
      words[at++] = blocks;
      System.arraycopy(row.numbers(), 0, words, at, row.numbers().length);
      blocks = Math.addExact(blocks, row.blocks());
    }
    return new Table(words, blocks);
  }

  /** What lies in memory, as the GPU reads it. */
  public int[] words() {
    return words.clone();
  }

  /** Bytes of it. */
  public int bytes() {
    return Integer.BYTES * words.length;
  }

  int rows() {
    return words.length / WORDS;
  }

  /** Blocks of the launch. */
  int blocks() {
    return blocks;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Table table && Arrays.equals(words, table.words);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words);
  }
}
