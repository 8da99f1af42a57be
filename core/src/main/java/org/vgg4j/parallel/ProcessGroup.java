package org.vgg4j.parallel;

import java.util.List;

/**
 * Some processes, each with a rank from 0, that do one piece of work together. What is said of one
 * rank holds for all: every rank makes the same calls in the same order, with arrays of the same
 * lengths, and afterwards all have the same bits. Rank 0 leads: it reads and writes the files.
 *
 * <p>A call throws an {@link org.vgg4j.base.InputException} that names the rank at fault if one has
 * ended, or does not come to the same call in time; the group is of no use then. Not thread-safe.
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
   * Begins to replace values by their sums over all ranks, while the caller goes on. They are added
   * in the order of the ranks, so that the sums are, bit for bit, those of one process that does
   * one share after the other.
   *
   * @param values read and overwritten until {@link #awaitAll} returns
   */
  void beginSum(float[] values);

  /**
   * Begins to give all ranks an array of each, while the caller goes on.
   *
   * @param arrays one for each rank, of equal lengths; this rank's own is read, the others' are
   *     overwritten, until {@link #awaitAll} returns
   */
  void beginGather(List<float[]> arrays);

  /** Waits until all that was begun is done. */
  void awaitAll();

  /** Replaces values by their sums over all ranks, added in the order of the ranks. */
  void sum(double[] values);

  /** Gives all ranks the values of rank 0. */
  void broadcast(float[] values);

  /**
   * Gives all ranks the bytes of rank 0. Waits for as long as rank 0 is alive: before them it may
   * have looked through all data.
   *
   * @param bytes what rank 0 has to say; of no account on other ranks
   * @return those of rank 0
   */
  byte[] broadcast(byte[] bytes);

  /**
   * Waits until all ranks have come to this call, however long what they did before takes some of
   * them, as long as they say that they {@linkplain #worked get on}. All other calls expect the
   * ranks at about the same time.
   */
  void meet();

  /**
   * Tells the others that this rank gets on with what it does by itself for long. Waits for
   * nothing, but throws if it is in vain, because another rank has ended or is not heard of any
   * more.
   */
  default void worked() {}

  /**
   * Tells the others why this process ends before its time: they name that as the reason when they
   * find it gone.
   */
  default void report(String sentence) {}

  /**
   * Where this process's share of some items begins: shares are in a row, and equal but for one.
   */
  default int shareBegin(int items) {
    return (int) ((long) items * rank() / size());
  }

  /** Where this process's share of some items ends: index of the first that is not its own. */
  default int shareEnd(int items) {
    return (int) ((long) items * (rank() + 1) / size());
  }

  /** What was sent so far. */
  Traffic traffic();

  /**
   * What {@link #beginSum} and {@link #beginGather} took.
   *
   * @param bytes that this rank has sent
   * @param busySeconds during which such calls were at work
   * @param waitedSeconds of these, during which {@link #awaitAll} had nothing else to do
   */
  record Traffic(long bytes, double busySeconds, double waitedSeconds) {
    /** Nothing. */
    public static final Traffic NONE = new Traffic(0, 0, 0);
  }

  /** Leaves the group. */
  @Override
  void close();

  /** A group of one, which has nothing to do. */
  static ProcessGroup alone() {
    return new Alone();
  }
}
