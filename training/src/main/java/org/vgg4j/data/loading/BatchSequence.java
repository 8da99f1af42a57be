package org.vgg4j.data.loading;

/**
 * In which pieces a process of training works through the epochs: batches, the last one of an epoch
 * perhaps smaller, of each its share, and that in parts of at most so many samples as are in memory
 * at a time.
 *
 * @param samples of an epoch, at least 1
 * @param batch samples of a batch, at least 1
 * @param part at most so many samples at a time, at least 1
 * @param rank which share of each batch is worked on, from 0
 * @param ranks number of shares: all of the same size but the last, also of a smaller batch, whose
 *     last shares may be empty
 */
public record BatchSequence(int samples, int batch, int part, int rank, int ranks) {
  /**
   * A part of a batch.
   *
   * @param epoch from 0
   * @param first position in the epoch's order of its first sample, from 0
   * @param count number of samples
   */
  record Piece(int epoch, int first, int count) {}

  /**
   * @throws IllegalArgumentException if a number is not positive, or there are more shares than
   *     samples
   */
  public BatchSequence {
    if (samples < 1 || batch < 1 || part < 1 || rank < 0 || rank >= ranks) {
      throw new IllegalArgumentException(
          "%d samples in batches of %d and parts of %d, share %d of %d"
              .formatted(samples, batch, part, rank, ranks));
    }
    if (!everyShareHasSamples(samples, batch, ranks)) {
      throw new IllegalArgumentException(
          "%d samples in batches of %d are too few for %d shares".formatted(samples, batch, ranks));
    }
  }

  /** All of each batch. */
  public BatchSequence(int samples, int batch, int part) {
    this(samples, batch, part, 0, 1);
  }

  /** Samples of a whole batch's share. */
  public static int share(int batch, int ranks) {
    return (batch + ranks - 1) / ranks;
  }

  /** Whether the first batch of an epoch has a sample for each share. */
  public static boolean everyShareHasSamples(int samples, int batch, int ranks) {
    return (long) (ranks - 1) * share(batch, ranks) < Math.min(samples, batch);
  }

  /** Number of samples of the share in the batch that begins at a position. */
  public int shareAt(int position) {
    return shareAt(position, rank);
  }

  private int shareAt(int position, int ofRank) {
    int count = Math.min(batch, samples - position);
    int share = share(batch, ranks);
    return Math.max(0, Math.min(share, count - ofRank * share));
  }

  /** Position of the share's first sample in the batch that begins at a position. */
  public int firstAt(int position) {
    return position + rank * share(batch, ranks);
  }

  /**
   * Numbers of samples of the parts of all shares in the batch that begins at a position, share
   * after share: for each as many parts as a whole batch's share has, of which the last may be
   * empty.
   */
  public int[] partsAt(int position) {
    int parts = (share(batch, ranks) + part - 1) / part;
    int[] counts = new int[ranks * parts];
    for (int i = 0; i < counts.length; i++) {
      int left = shareAt(position, i / parts) - i % parts * part;
      counts[i] = Math.max(0, Math.min(part, left));
    }
    return counts;
  }

  /**
   * Returns the first part of the share that begins at a position or later, in this epoch or, where
   * none is left there, in the next.
   */
  Piece from(int epoch, int position) {
    for (int start = position / batch * batch; start < samples; start += batch) {
      int first = Math.max(position, firstAt(start));
      int end = firstAt(start) + shareAt(start);
      if (first < end) {
        return new Piece(epoch, first, Math.min(part, end - first));
      }
      if (samples - start <= batch) {
        break; // also keeps the sum below from overflowing
      }
    }
    return from(epoch + 1, 0);
  }

  /** Returns the part after a part. */
  Piece after(Piece piece) {
    return from(piece.epoch(), piece.first() + piece.count());
  }
}
