package org.vgg4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

/** The timeouts are for a pool that blocks: each would wait for ever. */
@Timeout(60)
class PassesTest {
  private final ExecutorService callers = Executors.newCachedThreadPool();

  private static Passes passes(int threads, int most) {
    ModelFile model = TestModels.random(Configuration.A, "cat", "dog");
    Parameters parameters = new Parameters(model.architecture(), model.arrays());
    Engine engine = Engines.open(Device.CPU, threads);
    return new Passes(engine, engine.load(parameters), most, 4);
  }

  @AfterEach
  void end() {
    callers.shutdownNow();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Each waits for the others within its work, so all must have a pass at the same time. */
  @Test
  void callsRunBesideOneAnotherEachWithAPassOfItsOwn() throws Exception {
    try (Passes passes = passes(2, 3)) {
      CyclicBarrier together = new CyclicBarrier(4);
      Set<Passes.Pass> used = ConcurrentHashMap.newKeySet();
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        calls.add(
            callers.submit(
                () ->
                    passes.withOne(
                        pass -> {
                          meet(together);
                          return used.add(pass);
                        })));
      }
      calls.add(
          callers.submit(
              () ->
                  passes.withBatches(
                      pass -> {
                        meet(together);
                        return used.add(pass);
                      })));
      for (Future<?> call : calls) {
        assertThat(call.get()).isEqualTo(true);
      }
      assertThat(used).hasSize(4);
    }
  }

  @Test
  void noMoreAtOnceThanThereArePasses() throws Exception {
    try (Passes passes = passes(1, 2)) {
      AtomicInteger now = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      Set<Passes.Pass> used = ConcurrentHashMap.newKeySet();
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        calls.add(
            callers.submit(
                () ->
                    passes.withOne(
                        pass -> {
                          most.accumulateAndGet(now.incrementAndGet(), Math::max);
                          Thread.yield();
                          now.decrementAndGet();
                          return used.add(pass);
                        })));
      }
      for (Future<?> call : calls) {
        call.get();
      }
      assertThat(most.get()).isBetween(1, 2);
      assertThat(used).hasSizeBetween(1, 2);
    }
  }

  @Test
  void aCallThatFailsGivesItsPassBack() {
    try (Passes passes = passes(1, 1)) {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(
                () ->
                    passes.withOne(
                        pass -> {
                          throw new IllegalArgumentException("no image");
                        }))
            .hasMessage("no image");
      }
    }
  }

  /** Heat maps come without {@link Passes.Pass#images}, which would enlarge it. */
  @Test
  void aPassThatCouldNotBeEnlargedHasRoomForOneAgain() {
    AtomicInteger capacity = new AtomicInteger(1);
    Inference inference =
        fake(
            Inference.class,
            (proxy, method, given) -> {
              if (method.getName().equals("enlarge")) {
                capacity.set((int) given[0]);
              }
              return method.getName().equals("capacity") ? capacity.get() : null;
            });
    Architecture architecture = TestModels.random(Configuration.A, "cat", "dog").architecture();
    Network network =
        fake(
            Network.class,
            (proxy, method, given) ->
                switch (method.getName()) {
                  case "inference" -> inference;
                  case "architecture" -> architecture;
                  default -> null;
                });
    try (Passes passes = new Passes(Engines.open(Device.CPU, 1), network, 1, 4)) {
      capacity.set(0);
      assertThat(passes.<Inference>withOne(pass -> pass.inference(Set.of()))).isSameAs(inference);
      assertThat(capacity).hasValue(1);
    }
  }

  private static <T> T fake(Class<T> type, InvocationHandler answers) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, answers));
  }

  @Test
  void closingWaitsForWhatRunsAndRefusesWhatWaits() throws Exception {
    Passes passes = passes(1, 1);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Future<String> running =
        callers.submit(
            () ->
                passes.withOne(
                    pass -> {
                      begun.countDown();
                      await(end);
                      pass.threads().parallel(3, task -> {}); // its threads are still there
                      return "done";
                    }));
    begun.await();
    Future<String> waiting = callers.submit(() -> passes.withOne(pass -> "in vain"));
    Thread closer = new Thread(passes::close);
    closer.start();
    assertThatThrownBy(waiting::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this classifier was closed: load the model again");
    assertThatThrownBy(() -> passes.withBatches(pass -> "too late"))
        .isInstanceOf(IllegalStateException.class);
    assertThat(closer.isAlive()).as("it waits for the call that runs").isTrue();
    end.countDown();
    assertThat(running.get()).isEqualTo("done");
    closer.join();
    passes.close();
  }

  @Test
  void passesThatComeLaterHaveFewerThreads() {
    assertThat(Passes.threads(8, 0)).isEqualTo(8);
    assertThat(Passes.threads(8, 1)).isEqualTo(4);
    assertThat(Passes.threads(8, 7)).isEqualTo(1);
    assertThat(Passes.threads(2, 5)).isEqualTo(1);
  }
}
