package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;

/** Workers whose memory is full of garbage; results must not depend on their number. */
final class Threads {
  private static final int GARBAGE = 1 << 18; // floats; kernels may ask for more, and get zeros

  private Threads() {}

  /** Checks that one, two and three threads give the same bits, and returns them. */
  static List<float[]> assertSameBits(Function<Workers, List<float[]>> operations) {
    List<float[]> expected = run(1, operations);
    for (int threads = 2; threads <= 3; threads++) {
      List<float[]> actual = run(threads, operations);
      for (int i = 0; i < expected.size(); i++) {
        assertThat(actual.get(i))
            .as("result %d with %d threads", i, threads)
            .isEqualTo(expected.get(i));
      }
    }
    return expected;
  }

  private static List<float[]> run(int threads, Function<Workers, List<float[]>> operations) {
    try (Workers workers = workers(threads)) {
      return operations.apply(workers);
    }
  }

  /** Workers whose scratch is NaN: a kernel that reads what it did not write will show. */
  static Workers workers(int threads) {
    Workers workers = new Workers(threads);
    fillMemory(workers);
    return workers;
  }

  /** Each thread takes one task, since none ends before all have begun. */
  private static void fillMemory(Workers workers) {
    CountDownLatch begun = new CountDownLatch(workers.threads());
    workers.run(
        workers.threads(),
        (task, scratch) -> {
          Arrays.fill(scratch.floats(GARBAGE), Float.NaN);
          begun.countDown();
          try {
            begun.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    Arrays.fill(workers.shared(GARBAGE), Float.NaN);
  }
}
