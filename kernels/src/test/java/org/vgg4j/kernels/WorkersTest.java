package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every task runs once, failures are reported, memory is reused. */
@Timeout(60)
class WorkersTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void everyTaskRunsExactlyOnce(int threads) {
    try (Workers workers = new Workers(threads)) {
      for (int tasks : new int[] {0, 1, 2, 3, 1000}) {
        AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
        workers.run(tasks, (index, scratch) -> runs.incrementAndGet(index));
        for (int i = 0; i < tasks; i++) {
          assertThat(runs.get(i)).as("task %d of %d", i, tasks).isEqualTo(1);
        }
      }
    }
  }

  /**
   * Work that comes just when idle threads end: neither they nor their successors do it twice. That
   * a thread comes back between two of its instructions is too rare to be provoked here.
   */
  @Test
  void workThatMeetsThreadsAtTheirEnd() {
    try (Workers workers = new Workers(2, 2_000)) {
      for (int round = 0; round < 20_000; round++) {
        AtomicIntegerArray runs = new AtomicIntegerArray(8);
        Set<Workers.Scratch> busy = ConcurrentHashMap.newKeySet();
        AtomicBoolean shared = new AtomicBoolean();
        workers.run(
            8,
            (index, scratch) -> {
              shared.compareAndSet(false, !busy.add(scratch));
              runs.incrementAndGet(index);
              busy.remove(scratch);
            });
        for (int i = 0; i < 8; i++) {
          assertThat(runs.get(i)).as("task %d of round %d", i, round).isEqualTo(1);
        }
        assertThat(shared).as("memory of two threads in round %d", round).isFalse();
        long end = System.nanoTime() + round % 97 * 1_000L;
        while (System.nanoTime() < end) {
          Thread.onSpinWait();
        }
      }
    }
  }

  @Test
  void tasksRunSideBySide() {
    try (Workers workers = new Workers(3)) {
      CountDownLatch all = new CountDownLatch(3);
      AtomicInteger met = new AtomicInteger();
      workers.run(
          3,
          (index, scratch) -> {
            all.countDown();
            if (await(all)) { // only true if three tasks run at once
              met.incrementAndGet();
            }
          });
      assertThat(met).hasValue(3);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aFailureReachesTheCallerAndThePoolGoesOn(int threads) {
    try (Workers workers = new Workers(threads)) {
      for (int failing : new int[] {0, 1, 50}) {
        int index = failing;
        assertThatThrownBy(
                () ->
                    workers.run(
                        100,
                        (i, scratch) -> {
                          if (i == index) {
                            throw new ArithmeticException("task " + i);
                          }
                        }))
            .isInstanceOf(ArithmeticException.class)
            .hasMessage("task " + index);
      }
      AtomicInteger runs = new AtomicInteger();
      workers.run(10, (i, scratch) -> runs.incrementAndGet());
      assertThat(runs).hasValue(10);
    }
  }

  @Test
  void afterAFailureNoTaskIsStillRunning() {
    try (Workers workers = new Workers(4)) {
      CountDownLatch started = new CountDownLatch(4);
      CountDownLatch failed = new CountDownLatch(1);
      AtomicInteger finished = new AtomicInteger();
      Thread caller = Thread.currentThread();
      AtomicInteger others = new AtomicInteger();
      assertThatThrownBy(
              () ->
                  workers.run(
                      4,
                      (i, scratch) -> {
                        started.countDown();
                        await(started);
                        // two of the others fail at once, the third works on for a while
                        if (Thread.currentThread() != caller && others.incrementAndGet() <= 2) {
                          failed.countDown();
                          throw new ArithmeticException("early");
                        }
                        if (Thread.currentThread() != caller) {
                          await(failed);
                          pause();
                          finished.incrementAndGet();
                        }
                      }))
          .isInstanceOf(ArithmeticException.class);
      assertThat(finished).as("slow tasks that had ended").hasValue(1);
    }
  }

  @Test
  void anInterruptedCallerStillWaitsAndStaysInterrupted() {
    try (Workers workers = new Workers(2)) {
      AtomicInteger finished = new AtomicInteger();
      CountDownLatch both = new CountDownLatch(2);
      Thread.currentThread().interrupt();
      AtomicBoolean interrupted = new AtomicBoolean();
      try {
        workers.run(
            2,
            (i, scratch) -> {
              both.countDown();
              if (Thread.currentThread().getName().startsWith("vgg-worker")) {
                pause();
              }
              finished.incrementAndGet();
            });
      } finally {
        interrupted.set(Thread.interrupted()); // clears it for the tests after this one
      }
      assertThat(finished).hasValue(2);
      assertThat(interrupted).isTrue();
    }
  }

  /** Threads spin for a moment, then sleep, and end when no work comes. */
  @ParameterizedTest
  @ValueSource(longs = {60_000_000_000L, 1_000_000})
  void threadsWorkAgainAfterAPause(long idleNanos) throws InterruptedException {
    try (Workers workers = new Workers(3, idleNanos)) {
      for (int round = 0; round < 3; round++) {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        CountDownLatch all = new CountDownLatch(3);
        workers.run(
            3,
            (index, scratch) -> {
              threads.add(Thread.currentThread());
              all.countDown();
              await(all);
            });
        assertThat(threads).hasSize(3);
        threads.remove(Thread.currentThread());
        if (idleNanos < 60_000_000_000L) {
          for (Thread thread : threads) {
            thread.join(20_000);
            assertThat(thread.isAlive()).as("%s after a while without work", thread).isFalse();
          }
        } else {
          pause();
          assertThat(threads).allMatch(Thread::isAlive);
        }
      }
    }
  }

  @Test
  void closingEndsTheThreadsAndRefusesMoreWork() throws InterruptedException {
    Workers workers = new Workers(2);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    CountDownLatch both = new CountDownLatch(2);
    workers.run(
        2,
        (index, scratch) -> {
          threads.add(Thread.currentThread());
          both.countDown();
          await(both);
        });
    workers.close();
    threads.remove(Thread.currentThread());
    for (Thread thread : threads) {
      thread.join(20_000);
      assertThat(thread.isAlive()).isFalse();
    }
    assertThatThrownBy(() -> workers.run(2, (index, scratch) -> {}))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void scratchIsEachThreadsOwnAndIsReused() {
    try (Workers workers = new Workers(2)) {
      Set<float[]> first = arraysOf(workers, 100);
      assertThat(first)
          .hasSize(2)
          .allSatisfy(a -> assertThat(a.length).isGreaterThanOrEqualTo(100));
      assertThat(arraysOf(workers, 50)).isEqualTo(first);
      assertThat(arraysOf(workers, 200)).doesNotContainAnyElementsOf(first);
    }
  }

  @Test
  void whatIsReservedNeedNotGrow() {
    try (Workers workers = new Workers(2)) {
      workers.reserve(100, 300);
      float[] shared = workers.shared(1);
      assertThat(shared).hasSize(300);
      Set<float[]> scratch = arraysOf(workers, 1);
      assertThat(scratch).hasSize(2).allSatisfy(a -> assertThat(a).hasSize(100));
      workers.reserve(50, 20); // a smaller network beside it
      assertThat(workers.shared(300)).isSameAs(shared);
      assertThat(arraysOf(workers, 100)).isEqualTo(scratch);
    }
  }

  /** The scratch arrays of two tasks that run at the same time. */
  private static Set<float[]> arraysOf(Workers workers, int length) {
    // arrays have the identity's equals and hashCode, which is what is wanted here
    Set<float[]> arrays = ConcurrentHashMap.newKeySet();
    CountDownLatch both = new CountDownLatch(2);
    workers.run(
        2,
        (i, scratch) -> {
          both.countDown();
          await(both);
          arrays.add(scratch.floats(length));
          Arrays.fill(scratch.floats(length), 1f);
        });
    return arrays;
  }

  @Test
  void needsAThread() {
    assertThatThrownBy(() -> new Workers(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one thread");
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aLimitLeavesTheOtherThreadsAlone() {
    try (Workers workers = new Workers(4)) {
      Set<Thread> seen = ConcurrentHashMap.newKeySet();
      workers.limit(1);
      workers.run(100, (index, scratch) -> seen.add(Thread.currentThread()));
      assertThat(seen).containsExactly(Thread.currentThread());
      workers.limit(4);
      CyclicBarrier all = new CyclicBarrier(4); // passes only if four threads are there
      workers.run(
          4,
          (index, scratch) -> {
            try {
              all.await(60, TimeUnit.SECONDS);
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          });
      for (int wrong : new int[] {0, 5}) {
        assertThatThrownBy(() -> workers.limit(wrong))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage(wrong + " of 4 threads");
      }
    }
  }

  /** Each value once, in chunks that begin at multiples of their size. */
  @ParameterizedTest
  @CsvSource({"0, 7", "1, 7", "7, 7", "8, 7", "100, 7", "200000, 65536"})
  void rangesCoverAllValuesOnce(int count, int chunk) {
    for (int threads : new int[] {1, 5}) {
      int[] visits = new int[count];
      try (Workers workers = new Workers(threads)) {
        workers.ranges(
            count,
            chunk,
            (from, to) -> {
              assertThat(from % chunk).isZero();
              assertThat(to - from).isBetween(1, chunk);
              for (int i = from; i < to; i++) {
                visits[i]++;
              }
            });
      }
      assertThat(Arrays.stream(visits).allMatch(visited -> visited == 1)).isTrue();
    }
  }
}
