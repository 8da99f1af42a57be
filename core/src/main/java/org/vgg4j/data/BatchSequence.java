package org.vgg4j.data;

/**
 * In which pieces training works through the epochs: batches, the last one of an epoch perhaps
 * smaller, each in parts of at most so many samples as are in memory at a time.
 *
 * @param samples of an epoch, at least 1
 * @param batch samples of a batch, at least 1
 * @param part at most so many samples at a time, at least 1
 */
public record BatchSequence(int samples, int batch, int part) {
  /**
   * A part of a batch.
   *
   * @param epoch from 0
   * @param first position in the epoch's order of its first sample, from 0
   * @param count number of samples
   */
  record Piece(int epoch, int first, int count) {}

  /**
   * @throws IllegalArgumentException if a number is not positive
   */
  public BatchSequence {
    if (samples < 1 || batch < 1 || part < 1) {
      throw new IllegalArgumentException(
          "%d samples in batches of %d and parts of %d".formatted(samples, batch, part));
    }
  }

  /**
   * Returns the part that begins at a position, or, where the epoch ends there, the first of the
   * next epoch.
   */
  Piece from(int epoch, int position) {
    if (position >= samples) {
      return from(epoch + 1, 0);
    }
    int endOfBatch = (int) Math.min(samples, (position / batch + 1L) * batch);
    return new Piece(epoch, position, Math.min(part, endOfBatch - position));
  }

  /** Returns the part after a part. */
  Piece after(Piece piece) {
    return from(piece.epoch(), piece.first() + piece.count());
  }
}
