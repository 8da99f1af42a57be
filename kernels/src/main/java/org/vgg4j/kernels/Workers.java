package org.vgg4j.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of threads that share the tasks of one kernel call at a time, and the scratch
 * memory of each.
 *
 * <p>Which thread runs which task is left to chance; a kernel makes its results independent of it
 * by giving each task its own part of the output. Not thread-safe.
 */
public final class Workers implements AutoCloseable {
  /** How long a thread spins before it sleeps. */
  private static final long SPIN_NANOS = 50_000;

  /** How long a thread without work lives. */
  private static final long IDLE_NANOS = 60_000_000_000L;

  /** The work of one task. */
  @FunctionalInterface
  public interface Task {
    /**
     * @param index which task, from 0
     * @param scratch memory of the thread that runs it
     */
    void run(int index, Scratch scratch);
  }

  /** The work on consecutive values. */
  @FunctionalInterface
  public interface Range {
    /**
     * @param from the first
     * @param to behind the last
     */
    void run(int from, int to);
  }

  /**
   * Memory of one thread, which grows to the largest request and does not shrink by itself. Its
   * content is undefined.
   */
  public static final class Scratch {
    private float[] floats = new float[0];

    /**
     * Returns an array of at least that many floats, the same one for as long as it is large
     * enough.
     */
    public float[] floats(int length) {
      if (floats.length < length) {
        floats = new float[length];
      }
      return floats;
    }
  }

  private final Scratch own = new Scratch();
  private final Scratch shared = new Scratch();
  private final List<Helper> helpers = new ArrayList<>();
  private volatile int limit;
  private boolean closed;

  /**
   * @param threads number of threads, the calling one included; at least 1
   */
  public Workers(int threads) {
    this(threads, IDLE_NANOS);
  }

  /** For tests, which choose how long an idle thread lives. */
  Workers(int threads, long idleNanos) {
    if (threads < 1) {
      throw new IllegalArgumentException("at least one thread is needed, not " + threads);
    }
    // with more threads than processors, a spinning thread would keep another from working
    boolean spin = threads <= Runtime.getRuntime().availableProcessors();
    this.limit = threads;
    for (int i = 1; i < threads; i++) {
      helpers.add(new Helper("vgg-worker-" + i, spin, idleNanos));
    }
  }

  /**
   * Returns memory that all threads share, of at least that many floats: the same array for as long
   * as it is large enough. Its content is undefined. Not to be called within tasks.
   */
  public float[] shared(int length) {
    return shared.floats(length);
  }

  /**
   * Allocates the scratch memory of each thread, and what they share. It would also grow on demand,
   * but leave the smaller array to the garbage collector each time.
   *
   * @param scratchLength floats of each thread
   * @param sharedLength floats that all threads share
   */
  public void reserve(int scratchLength, int sharedLength) {
    own.floats(scratchLength);
    helpers.forEach(helper -> helper.scratch.floats(scratchLength));
    shared.floats(sharedLength);
  }

  /** Floats of all scratch memory. */
  public long held() {
    long floats = own.floats.length + (long) shared.floats.length;
    for (Helper helper : helpers) {
      floats += helper.scratch.floats.length;
    }
    return floats;
  }

  /**
   * Lets go of all scratch memory, where little is needed from now on; it grows again on demand.
   */
  public void release() {
    own.floats = new float[0];
    helpers.forEach(helper -> helper.scratch.floats = new float[0]);
    shared.floats = new float[0];
  }

  /** Number of threads, the calling one included. */
  public int threads() {
    return helpers.size() + 1;
  }

  /**
   * Lets fewer threads work from the next call of {@link #run} on, or more again, since others want
   * the processors. Any thread may say so at any time.
   *
   * @param threads number of threads, the calling one included; at least 1, and no more than there
   *     are
   */
  public void limit(int threads) {
    if (threads < 1 || threads > threads()) {
      throw new IllegalArgumentException(threads + " of " + threads() + " threads");
    }
    limit = threads;
  }

  /**
   * Divides values 0 to count-1 into chunks, each a task, and returns when all are done. Where they
   * begin depends on neither threads nor chance.
   *
   * @param chunk values of each chunk but the last, at least 1
   * @throws RuntimeException as {@link #run} does
   */
  public void ranges(int count, int chunk, Range range) {
    int chunks = count / chunk + (count % chunk == 0 ? 0 : 1);
    run(
        chunks,
        (task, scratch) -> {
          int from = task * chunk;
          range.run(from, from + Math.min(chunk, count - from));
        });
  }

  /**
   * Runs tasks 0 to tasks-1 and returns when all are done.
   *
   * @throws RuntimeException what the first task to fail threw (or the Error); other tasks may then
   *     not have been run, but none is still running
   * @throws IllegalStateException if closed
   */
  public void run(int tasks, Task task) {
    if (closed) {
      throw new IllegalStateException("these workers were closed");
    }
    int needed = Math.max(0, Math.min(limit - 1, tasks - 1));
    Round round = new Round(task, tasks, needed);
    int started = 0;
    try {
      for (; started < needed; started++) {
        helpers.get(started).give(round);
      }
      round.drain(own);
    } finally {
      // whatever happened, no task may still write when the caller continues
      round.leave(needed - started);
      round.await(helpers.isEmpty() || helpers.get(0).spin);
    }
    round.rethrow();
  }

  /** Ends the threads. */
  @Override
  public void close() {
    closed = true;
    helpers.forEach(Helper::end);
  }

  private static boolean spinUntil(BooleanSupplier done) {
    long end = System.nanoTime() + SPIN_NANOS;
    do {
      for (int i = 0; i < 32; i++) {
        if (done.getAsBoolean()) {
          return true;
        }
        Thread.onSpinWait();
      }
    } while (System.nanoTime() - end < 0);
    return done.getAsBoolean();
  }

  /** One call of {@link Workers#run}. */
  private static final class Round {
    private final Thread caller = Thread.currentThread();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicInteger helping;
    private final Task task;
    private final int tasks;
    private volatile boolean callerParks;

    Round(Task task, int tasks, int helping) {
      this.task = task;
      this.tasks = tasks;
      this.helping = new AtomicInteger(helping);
    }

    void drain(Scratch scratch) {
      try {
        for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
          task.run(i, scratch);
        }
      } catch (RuntimeException | Error e) {
        failure.compareAndSet(null, e);
        next.set(tasks);
      }
    }

    void leave(int helpers) {
      if (helping.addAndGet(-helpers) == 0 && callerParks) {
        LockSupport.unpark(caller);
      }
    }

    void await(boolean spin) {
      if (helping.get() == 0 || (spin && spinUntil(() -> helping.get() == 0))) {
        return;
      }
      boolean interrupted = false;
      callerParks = true;
      while (helping.get() > 0) {
        LockSupport.park(this);
        // the others still use the caller's arrays, so the wait goes on
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        caller.interrupt();
      }
    }

    void rethrow() {
      Throwable thrown = failure.get();
      if (thrown instanceof Error error) {
        throw error;
      }
      if (thrown instanceof RuntimeException exception) {
        throw exception;
      }
    }
  }

  /**
   * A thread that waits for rounds. It first spins for a moment, since waking it takes as long as a
   * small kernel; then it sleeps; after a minute it ends, and the next round starts a new one.
   */
  private static final class Helper implements Runnable {
    /** Stands in for a round when the thread has ended, or not begun. */
    private static final Round ENDED = new Round((index, scratch) -> {}, 0, 0);

    private final String name;
    private final boolean spin;
    private final long idleNanos;
    private final Scratch scratch = new Scratch();
    private final AtomicReference<@Nullable Round> given = new AtomicReference<>(ENDED);
    private volatile @Nullable Thread parked;

    Helper(String name, boolean spin, long idleNanos) {
      this.name = name;
      this.spin = spin;
      this.idleNanos = idleNanos;
    }

    void give(Round round) {
      if (given.compareAndSet(null, round)) {
        LockSupport.unpark(parked);
      } else {
        Thread thread = new Thread(this, name);
        thread.setDaemon(true);
        given.set(round);
        thread.start();
      }
    }

    void end() {
      if (given.compareAndSet(null, ENDED)) {
        LockSupport.unpark(parked);
      }
    }

    @Override
    public void run() {
      for (Round round = next(); round != ENDED; round = next()) {
        round.drain(scratch);
        given.set(null);
        round.leave(1);
      }
    }

    private Round next() {
      if (!spin || !spinUntil(() -> given.get() != null)) {
        parked = Thread.currentThread();
        long end = System.nanoTime() + idleNanos;
        while (given.get() == null) {
          long left = end - System.nanoTime();
          if (left > 0) {
            LockSupport.parkNanos(this, left);
            Thread
                .interrupted(); // a set flag would keep it awake, and nobody has a reason to set it
          } else if (given.compareAndSet(null, ENDED)) {
            return ENDED; // from here on all else belongs to the thread that comes next
          }
        }
        parked = null;
      }
      return Objects.requireNonNull(given.get());
    }
  }
}
