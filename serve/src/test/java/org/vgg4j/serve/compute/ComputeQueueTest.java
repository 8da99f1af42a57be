package org.vgg4j.serve.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.vgg4j.base.InputException;
import org.vgg4j.serve.http.Deadline;
import org.vgg4j.serve.http.HttpFailure;

@Timeout(30)
class ComputeQueueTest {
  private static final Deadline LATE = Deadline.in(60_000);

  private final List<List<Integer>> batches = Collections.synchronizedList(new ArrayList<>());

  /** Doubles numbers, once the gate is open. */
  private final class Doubling implements Work<Integer, Integer> {
    private final CountDownLatch gate;
    private final CountDownLatch begun = new CountDownLatch(1);

    private Doubling(CountDownLatch gate) {
      this.gate = gate;
    }

    @Override
    public String name() {
      return "double";
    }

    @Override
    public int most() {
      return 4;
    }

    @Override
    public List<Integer> compute(List<Integer> inputs) {
      begun.countDown();
      try {
        assertThat(gate.await(20, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      batches.add(inputs);
      return inputs.stream().map(number -> 2 * number).toList();
    }
  }

  private ComputeQueue queue(double delay) {
    return new ComputeQueue(delay, (work, inputs, waited, nanos) -> {});
  }

  /**
   * What came while a batch was computed is computed together, the oldest first, up to the most.
   */
  @Test
  void jobsOfOneWorkShareABatch() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    Doubling one = new Doubling(gate);
    Doubling other = new Doubling(gate);
    try (ComputeQueue queue = queue(0)) {
      List<CompletableFuture<Integer>> results = new ArrayList<>();
      results.add(queue.submit(one, 0, LATE));
      assertThat(one.begun.await(20, TimeUnit.SECONDS)).isTrue();
      for (int i = 1; i <= 8; i++) {
        results.add(queue.submit(i == 2 ? other : one, i, LATE));
      }
      gate.countDown();
      for (int i = 0; i <= 8; i++) {
        assertThat(results.get(i).get()).isEqualTo(2 * i);
      }
    }
    assertThat(batches)
        .containsExactly(List.of(0), List.of(1, 3, 4, 5), List.of(2), List.of(6, 7, 8));
  }

  @Test
  void aBatchWaitsForTheDelay() throws Exception {
    Doubling work = new Doubling(new CountDownLatch(0));
    try (ComputeQueue queue = queue(2_000)) {
      CompletableFuture<Integer> first = queue.submit(work, 1, LATE);
      Thread.sleep(50);
      CompletableFuture<Integer> second = queue.submit(work, 2, LATE);
      assertThat(first.get() + second.get()).isEqualTo(6);
    }
    assertThat(batches).containsExactly(List.of(1, 2));
  }

  /** Inputs of a work that are being prepared are waited for, but not without end. */
  @Test
  void aBatchWaitsForWhatIsBeingDecoded() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    Doubling work = new Doubling(gate);
    try (ComputeQueue queue = queue(0)) {
      CompletableFuture<Integer> slow = queue.submit(work, 0, LATE);
      assertThat(work.begun.await(20, TimeUnit.SECONDS)).isTrue();
      Thread.sleep(1_500);
      gate.countDown();
      assertThat(slow.get()).isZero();
      CompletableFuture<Integer> prepared = new CompletableFuture<>();
      CompletableFuture<Integer> never = new CompletableFuture<>();
      CompletableFuture<Integer> second = queue.submitWhenReady(work, prepared, LATE);
      CompletableFuture<Integer> third = queue.submitWhenReady(work, never, LATE);
      CompletableFuture<Integer> first = queue.submit(work, 1, LATE);
      Thread.sleep(100);
      boolean unused = prepared.complete(2);
      assertThat(first.get() + second.get()).isEqualTo(6); // though the third never came
      assertThat(third).isNotDone();
    }
    assertThat(batches).containsExactly(List.of(0), List.of(1, 2));
  }

  /** What is prepared for another work, or cannot be prepared, holds nothing up. */
  @Test
  void otherInputsAreNotWaitedFor() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    Doubling work = new Doubling(gate);
    try (ComputeQueue queue = queue(0)) {
      CompletableFuture<Integer> slow = queue.submit(work, 0, LATE);
      assertThat(work.begun.await(20, TimeUnit.SECONDS)).isTrue();
      Thread.sleep(1_500);
      gate.countDown();
      assertThat(slow.get()).isZero();
      CompletableFuture<Integer> other =
          queue.submitWhenReady(new Doubling(gate), new CompletableFuture<>(), LATE);
      CompletableFuture<Integer> broken =
          queue.submitWhenReady(
              work, CompletableFuture.failedFuture(new IllegalStateException("no picture")), LATE);
      long start = System.nanoTime();
      assertThat(queue.submit(work, 1, LATE).get()).isEqualTo(2);
      assertThat(System.nanoTime() - start).isLessThan(700_000_000L); // half of 1.5 s otherwise
      assertThatThrownBy(broken::join).hasMessageContaining("no picture");
      assertThat(other).isNotDone();
    }
  }

  /** Jobs that are too late take no place in a batch. */
  @Test
  void lateJobsMakeRoom() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    Doubling work = new Doubling(gate);
    try (ComputeQueue queue = queue(0)) {
      CompletableFuture<Integer> running = queue.submit(work, 0, LATE);
      assertThat(work.begun.await(20, TimeUnit.SECONDS)).isTrue();
      List<CompletableFuture<Integer>> late = new ArrayList<>();
      for (int i = 1; i <= 3; i++) {
        late.add(queue.submit(work, i, Deadline.in(-1)));
      }
      List<CompletableFuture<Integer>> good = new ArrayList<>();
      for (int i = 4; i <= 7; i++) {
        good.add(queue.submit(work, i, LATE));
      }
      gate.countDown();
      assertThat(running.get()).isZero();
      for (CompletableFuture<Integer> each : good) {
        assertThat(each.get()).isPositive();
      }
      late.forEach(each -> assertThatThrownBy(each::join).hasMessageContaining("deadline"));
    }
    assertThat(batches).containsExactly(List.of(0), List.of(4, 5, 6, 7));
  }

  @Test
  void whatIsTooLateIsNotComputed() {
    try (ComputeQueue queue = queue(0)) {
      CompletableFuture<Integer> late =
          queue.submit(new Doubling(new CountDownLatch(0)), 1, Deadline.in(-1));
      assertThatThrownBy(late::join)
          .isInstanceOf(CompletionException.class)
          .hasCauseInstanceOf(HttpFailure.class)
          .hasMessageContaining("deadline");
    }
    assertThat(batches).isEmpty();
  }

  /** Work that fails fails its own jobs alone. */
  @Test
  void failuresDoNotEndTheQueue() {
    Work<Integer, Integer> broken =
        new Work<>() {
          @Override
          public String name() {
            return "broken";
          }

          @Override
          public int most() {
            return 1;
          }

          @Override
          public List<Integer> compute(List<Integer> inputs) {
            throw new OutOfMemoryError("as if");
          }
        };
    try (ComputeQueue queue = queue(0)) {
      CompletableFuture<Integer> failed = queue.submit(broken, 1, LATE);
      assertThatThrownBy(failed::join).hasCauseInstanceOf(OutOfMemoryError.class);
      assertThat(queue.submit(new Doubling(new CountDownLatch(0)), 4, LATE).join()).isEqualTo(8);
    }
  }

  /** An error outside a computation would otherwise end the only thread that computes. */
  @Test
  void theThreadOutlivesAnyError() {
    AtomicBoolean once = new AtomicBoolean();
    Work<Integer, Integer> scarce =
        new Work<>() {
          @Override
          public String name() {
            return "scarce";
          }

          @Override
          public int most() {
            if (once.compareAndSet(false, true)) {
              throw new OutOfMemoryError("as if");
            }
            return 1;
          }

          @Override
          public List<Integer> compute(List<Integer> inputs) {
            return inputs;
          }
        };
    try (ComputeQueue queue = queue(0)) {
      assertThat(queue.submit(scarce, 1, LATE).join()).isEqualTo(1);
      assertThat(queue.submit(scarce, 2, LATE).join()).isEqualTo(2);
    }
  }

  /** As long as it cannot, others should have the processor. */
  @Test
  void aQueueThatCannotGoOnDoesNotSpin() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    Work<Integer, Integer> never =
        new Work<>() {
          @Override
          public String name() {
            return "never";
          }

          @Override
          public int most() {
            tries.incrementAndGet();
            throw new OutOfMemoryError("as if");
          }

          @Override
          public List<Integer> compute(List<Integer> inputs) {
            return inputs;
          }
        };
    CompletableFuture<Integer> waiting;
    long start = System.nanoTime();
    try (ComputeQueue queue = queue(0)) {
      waiting = queue.submit(never, 1, LATE);
      while (tries.get() < 5) {
        Thread.sleep(1);
      }
      assertThat(System.nanoTime() - start).isGreaterThan(20_000_000);
    }
    assertThatThrownBy(waiting::join).hasMessageContaining("the service is stopping");
  }

  /** Clients share batches, but not each other's faults. */
  @Test
  void anInputThatIsRefusedFailsNoOther() {
    Work<Integer, Integer> picky =
        new Work<>() {
          @Override
          public String name() {
            return "picky";
          }

          @Override
          public int most() {
            return 3;
          }

          @Override
          public List<Integer> compute(List<Integer> inputs) {
            if (inputs.contains(13)) {
              throw new InputException("13 is none");
            }
            return inputs;
          }
        };
    try (ComputeQueue queue = queue(10_000)) {
      CompletableFuture<Integer> first = queue.submit(picky, 1, LATE);
      CompletableFuture<Integer> wrong = queue.submit(picky, 13, LATE);
      CompletableFuture<Integer> last = queue.submit(picky, 2, LATE);
      assertThat(first.join() + last.join()).isEqualTo(3);
      assertThatThrownBy(wrong::join).hasCauseInstanceOf(InputException.class);
    }
  }

  /** Nobody waits any more for what would be computed alone. */
  @Test
  void aRefusedBatchIsNotComputedAloneOnceTheQueueIsClosed() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    ComputeQueue queue = queue(10_000);
    Refused refused = new Refused(begun, gate);
    List<CompletableFuture<Integer>> jobs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      jobs.add(queue.submit(refused, i, LATE));
    }
    begun.await();
    Thread closing = new Thread(queue::close);
    closing.start();
    while (!queue.submit(refused, 2, LATE).isCompletedExceptionally()) {
      Thread.sleep(1);
    }
    gate.countDown();
    closing.join();
    for (CompletableFuture<Integer> job : jobs) {
      assertThatThrownBy(job::join).hasMessageContaining("the service is stopping");
    }
  }

  @Test
  void norOnceTheDeadlineHasPassed() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    try (ComputeQueue queue = queue(10_000)) {
      Refused refused = new Refused(begun, gate);
      Deadline soon = Deadline.in(1_500);
      CompletableFuture<Integer> alone = queue.submit(refused, 0, LATE);
      CompletableFuture<Integer> late = queue.submit(refused, 1, soon);
      begun.await();
      while (!soon.passed()) {
        Thread.sleep(10);
      }
      gate.countDown();
      assertThat(alone.join()).isZero();
      assertThatThrownBy(late::join).hasMessageContaining("deadline");
    }
  }

  /** Computes only what comes alone. */
  private record Refused(CountDownLatch begun, CountDownLatch gate)
      implements Work<Integer, Integer> {
    @Override
    public String name() {
      return "refused";
    }

    @Override
    public int most() {
      return 2;
    }

    @Override
    public List<Integer> compute(List<Integer> inputs) {
      begun.countDown();
      try {
        gate.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      if (inputs.size() > 1) {
        throw new InputException("one of them is wrong");
      }
      return inputs;
    }
  }

  @Test
  void aClosedQueueFinishesItsBatchAndRefusesTheRest() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    Doubling work = new Doubling(gate);
    ComputeQueue queue = queue(0);
    CompletableFuture<Integer> running = queue.submit(work, 1, LATE);
    assertThat(work.begun.await(20, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Integer> waiting = queue.submit(work, 2, LATE);
    Thread closing = new Thread(queue::close);
    closing.start();
    assertThatThrownBy(waiting::join).hasMessageContaining("the service is stopping");
    gate.countDown();
    closing.join();
    assertThat(running.get()).isEqualTo(2);
    assertThatThrownBy(() -> queue.submit(work, 3, LATE).join())
        .hasMessageContaining("the service is stopping");
  }
}
