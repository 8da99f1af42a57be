package org.vgg4j.parallel;

import java.util.List;

/**
 * Processes that work together, each with a rank from 0. The calls are collective: every rank makes
 * the same ones in the same order, with arrays of the same lengths, and afterwards all ranks hold
 * the same bits. Rank 0 leads: it reads and writes the files.
 *
 * <p>A call throws an {@link org.vgg4j.base.AbortedException} that names the rank at fault if one
 * has ended or does not reach the call in time; the group cannot be used after that. Not
 * thread-safe.
 */
public interface ProcessGroup extends AutoCloseable {
  /** Number of this process, from 0. */
  int rank();

  /** Number of processes. */
  int size();

  /** Whether this process reads and writes what all share. */
  default boolean leads() {
    return rank() == 0;
  }

  /**
   * Begins an all-reduce: values are replaced by their sums over all ranks while the caller
   * continues. They are added in the order of the ranks, so the sums are, bit for bit, those of one
   * process that does one share after the other.
   *
   * @param values read and overwritten until {@link #awaitAll} returns
   */
  void beginAllReduce(float[] values);

  /**
   * Begins an all-gather: every rank receives the array of every other, while the caller continues.
   *
   * @param arrays one for each rank, of equal lengths; this rank's own is read, the others' are
   *     overwritten, until {@link #awaitAll} returns
   */
  void beginAllGather(List<float[]> arrays);

  /** Waits until all collectives that have begun are done. */
  void awaitAll();

  /** Replaces values by their sums over all ranks, added in the order of the ranks. */
  void allReduce(double[] values);

  /** Gives all ranks the values of rank 0. */
  void broadcast(float[] values);

  /**
   * Gives all ranks the bytes of rank 0. Waits for as long as rank 0 is alive, since it may first
   * have to look through all data.
   *
   * @param bytes what rank 0 sends; ignored on other ranks
   * @return those of rank 0
   */
  byte[] broadcast(byte[] bytes);

  /**
   * Waits until all ranks have reached this call. There is no time limit for ranks that {@linkplain
   * #reportProgress report progress}; all other calls expect the ranks at about the same time.
   */
  void barrier();

  /**
   * Tells the others that this rank, busy on its own for a long time, is making progress. Does not
   * wait, but throws if another rank has ended or fallen silent, so that the work would be in vain.
   */
  default void reportProgress() {}

  /**
   * Tells the others why this process is about to end early: the sentence is what they fail with.
   */
  default void abort(String reason) {}

  /**
   * Where this process's share of some items begins: shares are contiguous, and their sizes differ
   * by at most one.
   */
  default int shareBegin(int items) {
    return (int) ((long) items * rank() / size());
  }

  /** Where this process's share of some items ends: index of the first item beyond it. */
  default int shareEnd(int items) {
    return (int) ((long) items * (rank() + 1) / size());
  }

  /** What was sent so far. */
  Traffic traffic();

  /**
   * What {@link #beginAllReduce} and {@link #beginAllGather} cost.
   *
   * @param bytes sent by this rank
   * @param busySeconds during which collectives were under way
   * @param waitedSeconds spent in {@link #awaitAll}
   */
  record Traffic(long bytes, double busySeconds, double waitedSeconds) {
    /** Nothing. */
    public static final Traffic NONE = new Traffic(0, 0, 0);
  }

  /** Leaves the group. */
  @Override
  void close();

  /** A group of one. */
  static ProcessGroup alone() {
    return new Alone();
  }
}
