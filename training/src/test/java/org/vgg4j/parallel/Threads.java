package org.vgg4j.parallel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A group whose ranks are threads of one process, for tests of those who use groups. A rank that
 * fails lets the others fail, too; calls in another order than the others' are noticed.
 */
public final class Threads {
  private static final int SECONDS = 60;

  private final int size;
  private final Phaser meetings; // terminated when a rank fails: nobody waits for it then
  private final Object[] given;

  private Threads(int size) {
    this.size = size;
    this.meetings = new Phaser(size);
    this.given = new Object[size];
  }

  /**
   * Runs the body once for each rank, at the same time.
   *
   * @throws RuntimeException what the first rank that failed by itself threw
   */
  public static void run(int size, Consumer<ProcessGroup> body) {
    Threads threads = new Threads(size);
    ExecutorService executor = Executors.newFixedThreadPool(size);
    try {
      List<Future<?>> ranks = new ArrayList<>();
      for (int rank = 0; rank < size; rank++) {
        Member member = threads.new Member(rank);
        ranks.add(
            executor.submit(
                () -> {
                  try {
                    body.accept(member);
                  } catch (RuntimeException | Error e) {
                    threads.meetings.forceTermination();
                    throw e;
                  }
                }));
      }
      RuntimeException failure = null;
      for (Future<?> rank : ranks) {
        try {
          rank.get(2 * SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
          boolean own = !(e.getCause() instanceof LostException);
          if (failure == null || own) {
            failure =
                e.getCause() instanceof RuntimeException cause
                    ? cause
                    : new IllegalStateException(e.getCause());
          }
        } catch (TimeoutException | InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      if (failure != null) {
        throw failure;
      }
    } finally {
      executor.shutdownNow();
    }
  }

  /** What a rank throws when another has failed. */
  public static final class LostException extends RuntimeException {
    LostException(Throwable cause) {
      super(cause);
    }
  }

  private final class Member implements ProcessGroup {
    private final int rank;
    private final List<Runnable> begun = new ArrayList<>();

    Member(int rank) {
      this.rank = rank;
    }

    /** Gives something to all, and lets this rank look at what all gave. */
    private void exchange(Object own, Consumer<Object[]> look) {
      try {
        given[rank] = own;
        meet();
        look.accept(given.clone());
        meet();
      } catch (InterruptedException | TimeoutException e) {
        throw new LostException(e);
      }
    }

    private void meet() throws InterruptedException, TimeoutException {
      int phase = meetings.awaitAdvanceInterruptibly(meetings.arrive(), SECONDS, TimeUnit.SECONDS);
      if (phase < 0) {
        throw new LostException(new IllegalStateException("another rank has failed"));
      }
    }

    @Override
    public int rank() {
      return rank;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public void beginAllReduce(float[] values) {
      begun.add(
          () ->
              exchange(
                  values.clone(),
                  all -> {
                    for (int i = 0; i < values.length; i++) {
                      float sum = ((float[]) all[0])[i];
                      for (int r = 1; r < size; r++) {
                        sum += ((float[]) all[r])[i];
                      }
                      values[i] = sum;
                    }
                  }));
    }

    @Override
    public void beginAllGather(List<float[]> arrays) {
      begun.add(
          () ->
              exchange(
                  arrays.get(rank),
                  all -> {
                    for (int r = 0; r < size; r++) {
                      float[] given = (float[]) all[r];
                      System.arraycopy(given, 0, arrays.get(r), 0, given.length);
                    }
                  }));
    }

    @Override
    public void awaitAll() {
      begun.forEach(Runnable::run);
      begun.clear();
    }

    @Override
    public void barrier() {
      exchange("here", all -> {});
    }

    @Override
    public void allReduce(double[] values) {
      exchange(
          values.clone(),
          all -> {
            for (int i = 0; i < values.length; i++) {
              double sum = 0;
              for (Object ofRank : all) {
                sum += ((double[]) ofRank)[i];
              }
              values[i] = sum;
            }
          });
    }

    @Override
    public void broadcast(float[] values) {
      exchange(values, all -> System.arraycopy((float[]) all[0], 0, values, 0, values.length));
    }

    @Override
    public byte[] broadcast(byte[] bytes) {
      byte @Nullable [][] result = new byte[1][];
      exchange(bytes, all -> result[0] = ((byte[]) all[0]).clone());
      return result[0];
    }

    @Override
    public Traffic traffic() {
      return Traffic.NONE;
    }

    @Override
    public void close() {}
  }
}
