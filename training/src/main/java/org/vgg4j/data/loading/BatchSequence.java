package org.vgg4j.data.loading;

/**
 * The micro-batches in which a process works through the epochs of training. An epoch consists of
 * batches, of which the last may be smaller; a process works on its share of each, in micro-batches
 * of as many samples as are in memory at a time.
 *
 * @param samples of an epoch, at least 1
 * @param batch samples of a batch, at least 1
 * @param microBatch most samples of a micro-batch, at least 1
 * @param rank which share of each batch is worked on, from 0
 * @param ranks number of shares, all of the same size but the last; of a smaller last batch the
 *     last shares may be empty
 */
public record BatchSequence(int samples, int batch, int microBatch, int rank, int ranks) {
  /**
   * A micro-batch.
   *
   * @param epoch from 0
   * @param first position in the epoch's order of its first sample, from 0
   * @param count number of samples
   */
  record MicroBatch(int epoch, int first, int count) {}

  /**
   * @throws IllegalArgumentException if a number is not positive, or there are more shares than
   *     samples
   */
  public BatchSequence {
    if (samples < 1 || batch < 1 || microBatch < 1 || rank < 0 || rank >= ranks) {
      throw new IllegalArgumentException(
          "%d samples in batches of %d and micro-batches of %d, share %d of %d"
              .formatted(samples, batch, microBatch, rank, ranks));
    }
    if (!everyShareHasSamples(samples, batch, ranks)) {
      throw new IllegalArgumentException(
          "%d samples in batches of %d are too few for %d shares".formatted(samples, batch, ranks));
    }
  }

  /** For a process that works on all of each batch. */
  public BatchSequence(int samples, int batch, int microBatch) {
    this(samples, batch, microBatch, 0, 1);
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
   * Sizes of the micro-batches of all shares of the batch that begins at a position, share after
   * share: for each as many micro-batches as a whole batch's share has, of which the last may be
   * empty.
   */
  public int[] microBatchesAt(int position) {
    int ofShare = (share(batch, ranks) + microBatch - 1) / microBatch;
    int[] counts = new int[ranks * ofShare];
    for (int i = 0; i < counts.length; i++) {
      int left = shareAt(position, i / ofShare) - i % ofShare * microBatch;
      counts[i] = Math.max(0, Math.min(microBatch, left));
    }
    return counts;
  }

  /** Size of the share's micro-batch that begins at a position of it. */
  public int microBatchAt(int position) {
    return from(0, position).count();
  }

  /**
   * Returns the first micro-batch of the share that begins at a position or later, in this epoch
   * or, if none is left there, in the next.
   */
  MicroBatch from(int epoch, int position) {
    for (int start = position / batch * batch; start < samples; start += batch) {
      int first = Math.max(position, firstAt(start));
      int end = firstAt(start) + shareAt(start);
      if (first < end) {
        return new MicroBatch(epoch, first, Math.min(microBatch, end - first));
      }
      if (samples - start <= batch) {
        break; // also keeps the sum below from overflowing
      }
    }
    return from(epoch + 1, 0);
  }

  /** Returns the micro-batch that follows another. */
  MicroBatch after(MicroBatch previous) {
    return from(previous.epoch(), previous.first() + previous.count());
  }
}
