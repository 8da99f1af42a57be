package org.vgg4j.network;

import java.util.function.IntConsumer;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.Workers;

/**
 * Threads of the host. They prepare images for any device, and compute where the device is the host
 * itself. No result depends on their number. For one caller at a time.
 */
public final class HostThreads implements AutoCloseable {
  /** More threads than processors only cost memory, but this many are allowed on any machine. */
  private static final int MOST_THREADS = 256;

  private static final int THREADS_PER_PROCESSOR = 4;

  private final Workers workers;

  /**
   * @param count number of threads, the calling one included
   * @throws InputException if it is not positive, or far more than processors
   */
  public HostThreads(int count) {
    this.workers = new Workers(requireCount(count));
  }

  /**
   * Requires a number of threads that makes sense here, and returns it.
   *
   * @throws InputException if it is not positive, or far more than processors
   */
  public static int requireCount(int count) {
    if (count < 1) {
      throw new InputException("option threads is " + count + " but must be at least 1");
    }
    int processors = Runtime.getRuntime().availableProcessors();
    int most = Math.max(MOST_THREADS, THREADS_PER_PROCESSOR * processors);
    if (count > most) {
      throw new InputException(
          "option threads is %d, but Java sees %d processors here: take at most %d, best as many as processors"
              .formatted(count, processors, most));
    }
    return count;
  }

  /** Number of threads. */
  public int count() {
    return workers.threads();
  }

  /**
   * Changes how many threads work from now on, so that others get some of the processors. Any
   * thread may call this at any time.
   *
   * @param most at least 1, and no more than {@link #count}
   */
  public void limit(int most) {
    workers.limit(most);
  }

  /** Runs the body for 0 to tasks-1, in any order. */
  public void parallel(int tasks, IntConsumer body) {
    workers.run(tasks, (task, scratch) -> body.accept(task));
  }

  /** The same threads in the form that kernels take: for an engine that computes on the host. */
  public Workers workers() {
    return workers;
  }

  /** Ends the threads. */
  @Override
  public void close() {
    workers.close();
  }
}
