package org.vgg4j.serve.compute;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.DeviceFailedException;
import org.vgg4j.base.InputException;
import org.vgg4j.base.ScarceMemoryException;
import org.vgg4j.serve.http.Deadline;
import org.vgg4j.serve.http.HttpFailure;

/**
 * Jobs that wait for their turn to compute. The oldest job decides what is computed next; other
 * jobs of the same {@link Work} join it, whichever place they have. A batch that is not full waits
 * for more as long as the delay, and where inputs of the same work are still being prepared, for up
 * to half of the time that its last batch took: two small batches take longer than one that is
 * full. Jobs whose deadline has passed are answered without being computed. Where a batch is
 * refused for what it was given, each of its jobs is computed alone, since it may be the fault of
 * one.
 *
 * <p>How many jobs may wait is up to {@link Admission}. Thread-safe; results are handed out on the
 * one thread that computes, so whoever gets them should soon be done with them.
 */
public final class ComputeQueue implements AutoCloseable {
  /** Is told of every batch. */
  @FunctionalInterface
  public interface Observer {
    /**
     * Called after a batch.
     *
     * @param work its name
     * @param inputs how many were computed
     * @param waitedNanos how long the oldest had waited
     * @param nanos how long the computation took
     */
    void computed(String work, int inputs, long waitedNanos, long nanos);
  }

  private static final class Job<I, O> {
    private final Work<I, O> work;
    private final I input;
    private final Deadline deadline;
    private final long since = System.nanoTime();
    private final CompletableFuture<O> result = new CompletableFuture<>();

    private Job(Work<I, O> work, I input, Deadline deadline) {
      this.work = work;
      this.input = input;
      this.deadline = deadline;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Job<?, ?>> waiting = new ArrayDeque<>();
  private final Map<Work<?, ?>, Integer> coming = new HashMap<>(); // inputs being prepared
  private final Map<Work<?, ?>, Long> lastNanos = new WeakHashMap<>(); // of the last batch of each
  private static final long LONGEST = 1_000_000_000; // nanoseconds to wait for images, at most
  private static final long PAUSE = 10_000_000; // nanoseconds after an error

  private final long delayNanos;
  private final Observer observer;
  private final Thread worker;
  private volatile boolean closed;
  private volatile double secondsEach; // recent mean of an input's share of the time
  private volatile @Nullable String deviceFailure; // the first one's message

  /**
   * @param delayMilliseconds how long a batch that is not full waits for more
   * @param observer is told of every batch
   */
  public ComputeQueue(double delayMilliseconds, Observer observer) {
    this.delayNanos = (long) (delayMilliseconds * 1e6);
    this.observer = observer;
    this.worker = new Thread(this::work, "compute");
    worker.setDaemon(true);
    worker.start();
  }

  /**
   * Adds a job.
   *
   * @param deadline after which the result is of no use
   * @return the result; or an {@link HttpFailure}, 503 or 504, or whatever the work threw
   */
  public <I, O> CompletableFuture<O> submit(Work<I, O> work, I input, Deadline deadline) {
    Job<I, O> job = new Job<>(work, input, deadline);
    lock.lock();
    try {
      if (closed) {
        return CompletableFuture.failedFuture(stopping());
      }
      waiting.add(job);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return job.result;
  }

  /**
   * Adds a job whose input is still being prepared: batches of this work may wait for it.
   *
   * @param input soon to be there, or to fail, and the job with it
   * @param deadline after which the result is of no use
   * @return as {@link #submit}
   */
  public <I, O> CompletableFuture<O> submitWhenReady(
      Work<I, O> work, CompletableFuture<I> input, Deadline deadline) {
    lock.lock();
    try {
      int unusedCount = coming.merge(work, 1, Integer::sum);
    } finally {
      lock.unlock();
    }
    CompletableFuture<I> unused =
        input.exceptionally(
            failure -> {
              arrived(work);
              throw new CompletionException(failure);
            });
    return input.thenCompose(
        value -> {
          CompletableFuture<O> result = submit(work, value, deadline);
          arrived(work);
          return result;
        });
  }

  private void arrived(Work<?, ?> work) {
    lock.lock();
    try {
      Integer left = coming.merge(work, -1, Integer::sum);
      if (left == 0) {
        coming.remove(work);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The number of jobs that wait. */
  public int length() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** How many seconds a job has taken of late; 0 before the first. */
  public double secondsEach() {
    return secondsEach;
  }

  /**
   * Why nothing can be computed any more, until this process is started anew: what the device that
   * computes failed with. Null as long as it has not.
   */
  public @Nullable String deviceFailure() {
    return deviceFailure;
  }

  private void work() {
    List<Job<?, ?>> batch = List.of();
    Throwable failure = null; // of the batch, as long as its clients are not told
    while (true) {
      try {
        if (failure != null) {
          end(batch, failure);
          failure = null;
        }
        batch = List.of();
        batch = next();
        if (batch == null) {
          return;
        }
        compute(batch);
      } catch (RuntimeException | Error e) {
        // the thread goes on: neither a bad batch nor a full heap must end the service
        failure = failure == null ? e : failure;
        if (!(e instanceof InputException)) {
          LockSupport.parkNanos(PAUSE); // what failed may fail again at once
        }
      }
    }
  }

  /** Those that have been told already are passed over. */
  private void end(List<Job<?, ?>> batch, Throwable failure) {
    if (failure instanceof DeviceFailedException && deviceFailure == null) {
      deviceFailure = failure.getMessage();
    }
    batch.forEach(job -> fail(job, failure));
  }

  /** Waits for a batch; null once closed. */
  private @Nullable List<Job<?, ?>> next() {
    lock.lock();
    try {
      while (true) {
        Job<?, ?> oldest = waiting.peek();
        if (closed) {
          return null;
        }
        if (oldest == null) {
          changed.awaitUninterruptibly();
          continue;
        }
        int most = oldest.work.most();
        long rest = patience(oldest.work) - (System.nanoTime() - oldest.since);
        if (rest <= 0 || count(oldest.work, most) == most) {
          return take(oldest.work, most);
        }
        await(rest);
      }
    } finally {
      lock.unlock();
    }
  }

  /** How long the oldest job may wait for others of its work. */
  private long patience(Work<?, ?> work) {
    return coming.containsKey(work)
        ? Math.max(delayNanos, Math.min(LONGEST, lastNanos.getOrDefault(work, 0L) / 2))
        : delayNanos;
  }

  private void await(long nanos) {
    try {
      long unused = changed.awaitNanos(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody interrupts this thread: closing signals it
    }
  }

  private int count(Work<?, ?> work, int most) {
    int count = 0;
    for (Job<?, ?> job : waiting) {
      if (job.work == work && ++count == most) {
        break;
      }
    }
    return count;
  }

  /** A batch, and with it all jobs of any work that are too late; these take no place in it. */
  private List<Job<?, ?>> take(Work<?, ?> work, int most) {
    List<Job<?, ?>> batch = new ArrayList<>();
    int taken = 0;
    for (Job<?, ?> job : waiting) {
      boolean late = job.deadline.passed();
      if (late || job.work == work && taken < most) {
        taken += late ? 0 : 1;
        batch.add(job);
      }
    }
    // only now, so that none is lost if memory ends above
    int removed = 0;
    for (Iterator<Job<?, ?>> each = waiting.iterator(); removed < batch.size(); ) {
      if (each.next() == batch.get(removed)) {
        each.remove();
        removed++;
      }
    }
    return batch;
  }

  /** All jobs that are not too late are of one work, so their types agree. */
  @SuppressWarnings("unchecked")
  private void compute(List<Job<?, ?>> batch) {
    List<Job<Object, Object>> jobs = new ArrayList<>();
    for (Job<?, ?> job : batch) {
      if (job.deadline.passed()) {
        fail(job, Deadline.failure());
      } else {
        jobs.add((Job<Object, Object>) job);
      }
    }
    try {
      if (!jobs.isEmpty()) {
        computeTogether(jobs);
      }
    } catch (InputException e) {
      if (jobs.size() == 1 || e instanceof ScarceMemoryException) {
        throw e;
      }
      // one client's input must not fail those of others
      for (Job<Object, Object> job : jobs) {
        computeAlone(job);
      }
    }
  }

  private void computeAlone(Job<Object, Object> job) {
    if (closed) {
      fail(job, stopping());
    } else if (job.deadline.passed()) {
      fail(job, Deadline.failure());
    } else {
      try {
        computeTogether(List.of(job));
      } catch (InputException e) {
        fail(job, e);
      }
    }
  }

  private void computeTogether(List<Job<Object, Object>> jobs) {
    Work<Object, Object> work = jobs.get(0).work;
    long start = System.nanoTime();
    List<Object> results = work.compute(jobs.stream().map(job -> job.input).toList());
    long nanos = System.nanoTime() - start;
    remember(work, nanos);
    double each = nanos / 1e9 / jobs.size();
    secondsEach = secondsEach == 0 ? each : 0.8 * secondsEach + 0.2 * each;
    observer.computed(work.name(), jobs.size(), start - jobs.get(0).since, nanos);
    for (int i = 0; i < jobs.size(); i++) {
      boolean unused = jobs.get(i).result.complete(results.get(i));
    }
  }

  private void remember(Work<?, ?> work, long nanos) {
    lock.lock();
    try {
      Long unused = lastNanos.put(work, nanos);
    } finally {
      lock.unlock();
    }
  }

  private static void fail(Job<?, ?> job, Throwable failure) {
    boolean unused = job.result.completeExceptionally(failure);
  }

  private static HttpFailure stopping() {
    return new HttpFailure(503, "the service is stopping: ask another one, or try again later");
  }

  /**
   * Ends: the running batch is completed, unless it is being computed one by one; jobs that still
   * wait get 503.
   */
  @Override
  public void close() {
    List<Job<?, ?>> left;
    lock.lock();
    try {
      closed = true;
      left = new ArrayList<>(waiting);
      waiting.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    left.forEach(job -> fail(job, stopping()));
    boolean interrupted = false;
    while (worker.isAlive() && worker != Thread.currentThread()) {
      try {
        worker.join(TimeUnit.SECONDS.toMillis(1));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
