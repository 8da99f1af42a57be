package org.vgg4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.network.Engine;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Network;

/**
 * A pool of forward passes over the same weights: some for one image at a time, and one for
 * batches. The caller's thread does the work; other threads are divided among all calls. A pass is
 * created when first needed. Thread-safe.
 */
final class Passes implements AutoCloseable {
  /** A forward pass, in exclusive use by one call. */
  static final class Pass {
    private final HostThreads threads;
    private final Network network;
    private @Nullable Inference inference; // null only where none could be made in its place
    private int capacity = 1; // of the inference that is made next
    private float[] images;
    private Set<String> taps = Set.of();
    private boolean busy;

    private Pass(HostThreads threads, Network network) {
      this.threads = threads;
      this.network = network;
      this.inference = network.inference(threads, 1, taps);
      this.images = ForwardPass.images(network.architecture(), 1);
    }

    /** The threads that this call may use. */
    HostThreads threads() {
      return threads;
    }

    /** The network that all passes run. */
    Network network() {
      return network;
    }

    /**
     * Room for images, {@code [count][3][crop][crop]}.
     *
     * @throws org.vgg4j.base.InputException if the heap is too small for so many
     */
    float[] images(int count) {
      reserve(count);
      return images;
    }

    /** Resizes to batches of this many images. */
    private void reserve(int count) {
      // first, so that the pass stays usable where memory ends
      if (images.length < (long) count * ForwardPass.length(network.architecture())) {
        images = ForwardPass.images(network.architecture(), count);
      }
      Inference held = inference;
      if (held == null) {
        capacity = Math.max(capacity, count);
      } else if (count > held.capacity()) {
        held.enlarge(count);
      }
    }

    /** The pass itself, which keeps these outputs of the next run, and no others. */
    Inference inference(Set<String> wanted) {
      Inference held = inference;
      if (held != null && !taps.containsAll(wanted)) {
        capacity = Math.max(1, held.capacity());
        inference = null; // first: there may be no room for both
        held.close();
        held = null;
      }
      if (held == null) {
        held = another(wanted);
        inference = held;
        taps = wanted;
      }
      if (held.capacity() < 1) { // memory ended while it was enlarged
        held.enlarge(1);
      }
      held.keep(wanted);
      return held;
    }

    private Inference another(Set<String> wanted) {
      try {
        return network.inference(threads, capacity, wanted);
      } catch (RuntimeException | Error e) {
        capacity = 1; // a smaller batch may still have room
        throw e;
      }
    }
  }

  private final ReentrantLock lock = new ReentrantLock(true);
  private final Condition freed = lock.newCondition();
  private final Engine engine;
  private final Network network;
  private final int most;
  private final int batch;
  private final List<Pass> forOne = new ArrayList<>();
  private final List<Pass> forBatches = new ArrayList<>();
  private final List<HostThreads> guests = new ArrayList<>();
  private int running;
  private boolean closed;

  /**
   * @param engine the engine whose threads, including the callers', are divided; closed with this
   * @param network a network of this engine
   * @param most the largest number of passes for one image each
   * @param batch the most images that the pass for batches takes
   * @throws org.vgg4j.base.InputException if there is not enough memory for one pass
   */
  Passes(Engine engine, Network network, int most, int batch) {
    this.engine = engine;
    this.network = network;
    this.most = most;
    this.batch = batch;
    forOne.add(new Pass(engine.hostThreads(), network));
  }

  /** How many single-image calls run concurrently. */
  int most() {
    return most;
  }

  /** How many images {@link #withBatches} works on at a time. */
  int batch() {
    return batch;
  }

  /**
   * The number of threads for a single-image pass: a later pass is taken only because the earlier
   * ones are busy, so it gets a smaller share.
   *
   * @param index index of the pass, from 0
   */
  static int threads(int all, int index) {
    return Math.max(1, all / (index + 1));
  }

  /**
   * Does work for one image when its turn comes.
   *
   * @throws IllegalStateException if this is closed, or is closed while the call waits
   */
  <T> T withOne(Function<Pass, T> work) {
    return with(forOne, most, work);
  }

  /** Like {@link #withOne}, for batches, which are worked on one at a time. */
  <T> T withBatches(Function<Pass, T> work) {
    return with(forBatches, 1, work);
  }

  private <T> T with(List<Pass> passes, int limit, Function<Pass, T> work) {
    Pass pass = take(passes, limit);
    try {
      return work.apply(pass);
    } finally {
      giveBack(pass);
    }
  }

  /** How many threads a call uses that runs alone. */
  int threads() {
    return engine.hostThreads().count();
  }

  /** The network that all passes run. */
  Network network() {
    return network;
  }

  /**
   * Does work with the network beside that of the passes, on threads of its own, which get their
   * share of the processors.
   *
   * @throws IllegalStateException if this is closed
   */
  <T> T beside(HostThreads threads, Supplier<T> work) {
    lock.lock();
    try {
      requireOpen();
      guests.add(threads);
      running++;
      divideThreads();
    } finally {
      lock.unlock();
    }
    try {
      return work.get();
    } finally {
      lock.lock();
      try {
        guests.remove(threads);
        running--;
        divideThreads();
        freed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Does work unless this is closed, which must wait for it; it must be short. */
  void ifOpen(Runnable work) {
    lock.lock();
    try {
      if (!closed) {
        work.run();
      }
    } finally {
      lock.unlock();
    }
  }

  private Pass take(List<Pass> passes, int limit) {
    lock.lock();
    try {
      while (true) {
        requireOpen();
        for (Pass pass : passes) {
          if (!pass.busy) {
            return begin(pass);
          }
        }
        if (passes.size() < limit) {
          passes.add(another(passes.size()));
        } else {
          freed.awaitUninterruptibly();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private Pass another(int index) {
    HostThreads threads = new HostThreads(threads(engine.hostThreads().count(), index));
    try {
      return new Pass(threads, network);
    } catch (RuntimeException | Error e) {
      threads.close();
      throw e;
    }
  }

  private Pass begin(Pass pass) {
    pass.busy = true;
    running++;
    divideThreads();
    return pass;
  }

  private void giveBack(Pass pass) {
    lock.lock();
    try {
      pass.busy = false;
      running--;
      divideThreads();
      freed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void divideThreads() {
    int each = Math.max(1, engine.hostThreads().count() / Math.max(1, running));
    Stream.concat(all().map(Pass::threads), guests.stream())
        .forEach(threads -> threads.limit(Math.min(threads.count(), each)));
  }

  private Stream<Pass> all() {
    return Stream.of(forOne, forBatches).flatMap(List::stream);
  }

  /**
   * @throws IllegalStateException if this is closed
   */
  void requireOpen() {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("this classifier was closed: load the model again");
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Refuses further calls, including those that are waiting, waits for the running ones, and ends
   * the threads.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      freed.signalAll();
      while (running > 0) {
        freed.awaitUninterruptibly();
      }
      all().forEach(pass -> pass.threads.close());
      network.close();
      engine.close();
    } finally {
      lock.unlock();
    }
  }
}
