package org.vgg4j.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of threads that share the tasks of one kernel call at a time, and the scratch
 * memory of each.
 *
 * <p>Which thread takes which task is left to chance; a kernel makes its results independent of
 * that by giving each task its own part of the output. Not for use by several threads at once.
 */
public final class Workers implements AutoCloseable {
  /** The work of one task. */
  @FunctionalInterface
  public interface Task {
    /**
     * @param index which task, from 0
     * @param scratch memory of the thread that runs it
     */
    void run(int index, Scratch scratch);
  }

  /** Memory of one thread: grows to the largest request and stays. Its content is undefined. */
  public static final class Scratch {
    private float[] floats = new float[0];

    /** Returns an array of at least that many floats, the same one every time it is long enough. */
    public float[] floats(int length) {
      if (floats.length < length) {
        floats = new float[length];
      }
      return floats;
    }
  }

  private final List<Scratch> scratches = new ArrayList<>();
  private final Scratch shared = new Scratch();
  private final ExecutorService others;

  /**
   * @param threads number of threads, the calling one included; at least 1
   */
  public Workers(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("at least one thread is needed, not " + threads);
    }
    for (int i = 0; i < threads; i++) {
      scratches.add(new Scratch());
    }
    AtomicInteger number = new AtomicInteger();
    others =
        Executors.newCachedThreadPool(
            work -> {
              Thread thread = new Thread(work, "vgg-worker-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Returns memory that all threads see, of at least that many floats: the same array every time it
   * is long enough. Its content is undefined. To be asked for outside of tasks.
   */
  public float[] shared(int length) {
    return shared.floats(length);
  }

  /**
   * Makes the scratch memory of each thread, and what they share, at least so long. They would grow
   * by themselves, but each time leave the shorter array to the garbage collector.
   *
   * @param scratchLength floats of each thread
   * @param sharedLength floats that all threads see
   */
  public void reserve(int scratchLength, int sharedLength) {
    scratches.forEach(scratch -> scratch.floats(scratchLength));
    shared.floats(sharedLength);
  }

  /** Number of threads, the calling one included. */
  public int threads() {
    return scratches.size();
  }

  /**
   * Runs tasks 0 to tasks-1 and returns when all are done.
   *
   * @throws RuntimeException what the first task to fail threw, or the Error; the others are then
   *     not all run, but none is still running
   */
  public void run(int tasks, Task task) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    List<Future<?>> futures = new ArrayList<>();
    try {
      for (int i = 1; i < Math.min(threads(), tasks); i++) {
        Scratch scratch = scratches.get(i);
        futures.add(others.submit(() -> drain(next, tasks, task, scratch, failure)));
      }
      drain(next, tasks, task, scratches.get(0), failure);
    } finally {
      // whatever happened: no task may still write when the caller goes on
      futures.forEach(Workers::await);
    }
    Throwable thrown = failure.get();
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
  }

  private static void drain(
      AtomicInteger next,
      int tasks,
      Task task,
      Scratch scratch,
      AtomicReference<@Nullable Throwable> failure) {
    try {
      for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
        task.run(i, scratch);
      }
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
      next.set(tasks);
    }
  }

  private static void await(Future<?> future) {
    boolean interrupted = false;
    while (!future.isDone()) {
      try {
        future.get();
      } catch (InterruptedException e) {
        interrupted = true; // the others still use the caller's arrays: wait for them all the same
      } catch (ExecutionException e) {
        throw new IllegalStateException("drain lets nothing through", e);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the threads. */
  @Override
  public void close() {
    others.shutdown();
  }
}
