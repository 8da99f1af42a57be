package org.vgg4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.InputException;
import org.vgg4j.parallel.Membership;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.parallel.ProcessGroups;

/** Ranks that are threads of one process but communicate over TCP. Needs the profile libtorch. */
@EnabledIfSystemProperty(named = "vgg.test.libtorch", matches = "true")
class GlooGroupTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs the body as each rank, and returns what each threw, or null. */
  private static List<Throwable> run(int size, Consumer<ProcessGroup> body) throws Exception {
    return run(size, TIMEOUT, body);
  }

  private static List<Throwable> run(int size, Duration timeout, Consumer<ProcessGroup> body)
      throws Exception {
    int port = freePort();
    ExecutorService threads = Executors.newFixedThreadPool(size);
    List<Future<?>> ranks = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      Membership membership = new Membership("127.0.0.1", port, rank, size, rank, timeout);
      ranks.add(
          threads.submit(
              () -> {
                try (ProcessGroup group = ProcessGroups.installed().join(membership)) {
                  try {
                    body.accept(group);
                  } catch (IllegalStateException e) {
                    group.abort(e.getMessage());
                    throw e;
                  }
                }
              }));
    }
    List<Throwable> failures = new ArrayList<>();
    for (Future<?> rank : ranks) {
      try {
        rank.get(2, TimeUnit.MINUTES);
        failures.add(null);
      } catch (ExecutionException e) {
        failures.add(e.getCause());
      }
    }
    threads.shutdown();
    return failures;
  }

  private static float[] values(int rank, int length) {
    Random random = new Random(rank);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.exp(3 * random.nextGaussian()));
    }
    return values;
  }

  /**
   * Sums in the order of the ranks, to the last bit; lengths that no number of ranks divides, alone
   * and together.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void sumsAreThoseOfOneProcess(int size) throws Exception {
    int[] lengths = {1, 7, 100_003, (1 << 22) + 12_345, 3, 700_001, 5};
    List<Throwable> failures =
        run(
            size,
            group -> {
              List<float[]> sums = new ArrayList<>();
              for (int length : lengths) {
                float[] own = values(group.rank(), length);
                sums.add(own);
                group.beginAllReduce(own);
              }
              group.awaitAll();
              for (int i = 0; i < lengths.length; i++) {
                float[] expected = new float[lengths[i]];
                for (int rank = 0; rank < size; rank++) {
                  float[] ofRank = values(rank, expected.length);
                  for (int j = 0; j < expected.length; j++) {
                    expected[j] += ofRank[j];
                  }
                }
                assertThat(sums.get(i)).isEqualTo(expected);
              }
              long sent = 0;
              for (int length : lengths) {
                sent += 2L * 4 * length * (size - 1) / size;
              }
              assertThat(group.traffic().bytes()).isEqualTo(sent);
            });
    assertThat(failures).containsOnlyNulls();
  }

  /** Also of more values than a native buffer takes at a time. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void arraysOfEachReachAll(int size) throws Exception {
    int[] lengths = {1, 100_003, (1 << 22) + 12_345};
    List<Throwable> failures =
        run(
            size,
            group -> {
              List<List<float[]>> gathered = new ArrayList<>();
              for (int length : lengths) {
                List<float[]> arrays = new ArrayList<>();
                for (int rank = 0; rank < size; rank++) {
                  arrays.add(rank == group.rank() ? values(rank, length) : new float[length]);
                }
                gathered.add(arrays);
                group.beginAllGather(arrays);
              }
              group.awaitAll();
              for (int i = 0; i < lengths.length; i++) {
                for (int rank = 0; rank < size; rank++) {
                  assertThat(gathered.get(i).get(rank)).isEqualTo(values(rank, lengths[i]));
                }
              }
            });
    assertThat(failures).containsOnlyNulls();
  }

  /** Ranks wait for one that works longer than the timeout, and name one that hangs. */
  @Test
  void ranksThatGetOnAreWaitedFor() throws Exception {
    Duration timeout = Duration.ofSeconds(8);
    List<Throwable> failures =
        run(
            2,
            timeout,
            group -> {
              for (int i = 0; group.rank() == 1 && i < timeout.toSeconds() + 5; i++) {
                sleep(Duration.ofSeconds(1));
                group.reportProgress();
              }
              group.barrier();
              double[] numbers = {1};
              group.allReduce(numbers);
              assertThat(numbers).containsExactly(2);
              if (group.rank() == 1) {
                sleep(timeout.plusSeconds(5));
              }
              group.barrier();
            });
    for (Throwable failure : failures) { // also the one that came too late
      assertThat(failure)
          .isInstanceOf(AbortedException.class)
          .hasMessageStartingWith(
              "rank 1 of 2 does not reach the point where the others wait for it");
    }
  }

  private static void sleep(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A rank busy on its own hears of one that has stopped, and no one blames rank 0. */
  @Test
  void whoWorksForLongHearsOfOthers() throws Exception {
    List<Throwable> failures =
        run(
            3,
            group -> {
              if (group.rank() == 1) {
                throw new IllegalStateException("its data are others");
              } else if (group.rank() == 2) {
                byte[] unused = group.broadcast(new byte[0]);
              }
              for (int i = 0; i < TIMEOUT.toSeconds(); i++) {
                group.reportProgress();
                sleep(Duration.ofSeconds(1));
              }
            });
    for (int rank : new int[] {0, 2}) {
      assertThat(failures.get(rank))
          .isInstanceOf(AbortedException.class)
          .hasMessage("rank 1 of 3 has stopped: its data are others");
    }
  }

  @Test
  void numbersMessagesAndArraysReachAll() throws Exception {
    List<Throwable> failures =
        run(
            3,
            group -> {
              double[] numbers = {group.rank(), 0.1, 1e300};
              group.allReduce(numbers);
              assertThat(numbers).containsExactly(3, 0 + 0.1 + 0.1 + 0.1, 3e300);
              byte[] message = group.broadcast(group.leads() ? new byte[] {1, 0, -1} : new byte[0]);
              assertThat(message).containsExactly(1, 0, -1);
              assertThat(group.broadcast(new byte[0])).isEmpty();
              float[] array = values(group.rank(), (1 << 22) + 5);
              group.broadcast(array);
              assertThat(array).isEqualTo(values(0, array.length));
            });
    assertThat(failures).containsOnlyNulls();
  }

  /** Whichever rank fails, the others hear why, whether they wait for a sum or for a message. */
  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void theOthersHearWhyARankHasStopped(int failing) throws Exception {
    List<Throwable> failures =
        run(
            3,
            group -> {
              if (group.rank() == failing) {
                throw new IllegalStateException("its disk is full");
              }
              if (failing == 0) {
                byte[] unused = group.broadcast(new byte[0]);
              } else {
                group.allReduce(new double[1]);
              }
            });
    for (int rank = 0; rank < 3; rank++) {
      assertThat(failures.get(rank))
          .isInstanceOf(rank == failing ? IllegalStateException.class : AbortedException.class)
          .hasMessageContaining("its disk is full");
    }
  }

  @Test
  void anAddressThatIsNotOfThisMachineIsRefused() {
    Membership elsewhere = new Membership("192.0.2.1", freePort(), 0, 2, 0, TIMEOUT);
    assertThatThrownBy(() -> ProcessGroups.installed().join(elsewhere))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("192.0.2.1");
  }
}
