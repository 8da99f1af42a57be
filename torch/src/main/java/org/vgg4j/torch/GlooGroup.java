package org.vgg4j.torch;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.IntOptional;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.InputException;
import org.vgg4j.parallel.Membership;
import org.vgg4j.parallel.ProcessGroup;

/**
 * A group over Gloo. All-reduces run on a thread of their own, through native buffers, one chunk
 * after the other, while the caller computes. All other calls that move arrays use the same thread,
 * so that they run in the same order on every rank. Barriers and messages go through the store.
 */
final class GlooGroup implements ProcessGroup {
  /** Floats of a native buffer, through which all data pass: 16 MB. There are two. */
  private static final int CHUNK = 1 << 22;

  /**
   * Floats that are worth a call of their own: 2 MB. Smaller arrays wait for others and travel
   * together.
   */
  private static final int BUCKET = 1 << 19;

  /**
   * Groups in which a call failed: data from other ranks may still arrive in their buffers, so
   * these must never be freed.
   */
  private static final Queue<GlooGroup> BROKEN = new ConcurrentLinkedQueue<>();

  private static final long POLL = 50; // milliseconds
  private static final double NANOS = 1e9;

  /**
   * Time that the verdict takes: Gloo gives up this much before the timeout, so that the rank at
   * fault can be found in time.
   */
  private static final Duration VERDICT = Duration.ofSeconds(15);

  private final Membership membership;

  /**
   * Keeps the stores reachable until the process ends. JavaCPP frees a store that nothing refers
   * to, on rank 0 with its server, and a server that ends before its clients corrupts memory.
   */
  private static final Queue<TCPStore> STORES = new ConcurrentLinkedQueue<>();

  private final ProcessGroupGloo gloo;
  private final Watch watch;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(work -> Watch.daemon(work, "vgg-gloo"));
  private final Deque<Future<?>> begun = new ArrayDeque<>();
  private final List<Segment> bucket = new ArrayList<>();
  private int bucketLength;
  private final FloatPointer floats;
  private final FloatPointer received;
  private DoublePointer doubles = new DoublePointer(1);
  private int messages;
  private int barriers;
  private long bytes;
  private final AtomicLong busyNanos = new AtomicLong();
  private long waitedNanos;
  private boolean broken;
  private boolean aborted;
  private boolean blamed;

  /** Some contiguous floats of an array. */
  private record Segment(float[] values, int first, int count) {}

  private GlooGroup(Membership membership, ProcessGroupGloo gloo, Watch watch) {
    this.membership = membership;
    this.gloo = gloo;
    this.watch = watch;
    // rounding up to shares of equal length may need a few more floats
    this.floats = new FloatPointer(CHUNK + membership.size());
    this.received = new FloatPointer(CHUNK + membership.size());
  }

  static ProcessGroup join(Membership membership, InetAddress master, InetAddress own) {
    boolean leads = membership.rank() == 0;
    long timeout = membership.timeout().toMillis();
    TCPStoreOptions options =
        new TCPStoreOptions()
            .port((short) membership.port())
            .isServer(leads)
            .waitWorkers(false)
            .useLibUV(false)
            .timeout(new Milliseconds(timeout));
    if (leads) {
      options.masterListenFd(new IntOptional(MasterSocket.listen(master, membership.port())));
    }
    try {
      TCPStore store = new TCPStore(master.getHostAddress(), options);
      STORES.add(store);
      TCPStoreOptions asClient =
          new TCPStoreOptions()
              .port((short) membership.port())
              .isServer(false)
              .waitWorkers(false)
              .useLibUV(false)
              .timeout(new Milliseconds(timeout));
      TCPStore ofWatch = new TCPStore(master.getHostAddress(), asClient);
      STORES.add(ofWatch);
      Watch watch = new Watch(ofWatch, membership);
      ProcessGroupGloo.Options gloo =
          ProcessGroupGloo.Options.create(new Milliseconds(glooTimeout(membership)));
      gloo.devices().push_back(ProcessGroupGloo.createDeviceForHostname(own.getHostAddress()));
      gloo.threads(1);
      torch.set_num_threads(1); // for the sums: the other processors are for the kernels
      ProcessGroupGloo group =
          new ProcessGroupGloo(store, membership.rank(), membership.size(), gloo);
      return new GlooGroup(membership, group, watch);
    } catch (RuntimeException e) {
      throw new InputException(
          "rank %d did not find the %d processes of its group at %s, port %d, within %d s (%s): start them all with the same MASTER_ADDR and MASTER_PORT, or raise option timeout"
              .formatted(
                  membership.rank(),
                  membership.size(),
                  master.getHostAddress(),
                  membership.port(),
                  membership.timeout().toSeconds(),
                  MasterSocket.firstLine(e)),
          e);
    }
  }

  /** How long Gloo waits, so that the verdict is reached within the group's timeout. */
  private static long glooTimeout(Membership membership) {
    Duration whole = membership.timeout();
    Duration rest = whole.minus(VERDICT);
    return Math.max(rest.toMillis(), whole.toMillis() / 2);
  }

  @Override
  public int rank() {
    return membership.rank();
  }

  @Override
  public int size() {
    return membership.size();
  }

  @Override
  public void beginAllReduce(float[] values) {
    bytes += 2L * Float.BYTES * values.length * (size() - 1) / size();
    for (int first = 0; first < values.length; first += CHUNK) {
      int count = Math.min(CHUNK, values.length - first);
      if (bucketLength + count > CHUNK) {
        sendBucket();
      }
      bucket.add(new Segment(values, first, count));
      bucketLength += count;
      if (bucketLength >= BUCKET) {
        sendBucket();
      }
    }
  }

  private void sendBucket() {
    if (!bucket.isEmpty()) {
      List<Segment> segments = List.copyOf(bucket);
      int length = bucketLength;
      begin(() -> allReduce(segments, length));
      bucket.clear();
      bucketLength = 0;
    }
  }

  private void begin(Runnable call) {
    begun.add(
        thread.submit(
            () -> {
              long start = System.nanoTime();
              call.run();
              busyNanos.addAndGet(System.nanoTime() - start);
            }));
  }

  /**
   * A reduce-scatter and an all-gather: each rank receives its share of the floats from all ranks,
   * adds them in the order of the ranks, and sends the sums to all. Gloo's own all-reduce has the
   * same traffic, but with more than two ranks it adds each share in another order, which one
   * process could not reproduce.
   */
  private void allReduce(List<Segment> segments, int length) {
    int share = (length + size() - 1) / size();
    int at = 0;
    for (Segment segment : segments) {
      floats.position(at).put(segment.values(), segment.first(), segment.count());
      at += segment.count();
    }
    try (PointerScope unused =
        new PointerScope()) { // or native memory would wait for the garbage collector
      watch.called();
      Tensor given = tensor(floats.position(0), share * size());
      Tensor taken = tensor(received, share * size());
      await(gloo.alltoall_base(taken, given, new LongVector(), new LongVector()));
      Tensor sum = taken.narrow(0, 0, share);
      for (int rank = 1; rank < size(); rank++) {
        sum = sum.add_(taken.narrow(0, (long) rank * share, share));
      }
      watch.called();
      await(gloo._allgather_base(given, sum));
    }
    at = 0;
    for (Segment segment : segments) {
      floats.position(at).get(segment.values(), segment.first(), segment.count());
      at += segment.count();
    }
    floats.position(0);
  }

  private static Tensor tensor(Pointer values, int length) {
    TensorOptions type =
        new TensorOptions(
            values instanceof DoublePointer ? torch.ScalarType.Double : torch.ScalarType.Float);
    return torch.from_blob(values, new long[] {length}, type);
  }

  /** A native buffer for at least that many doubles. */
  private DoublePointer numbers(int length) {
    if (doubles.capacity() < length) {
      doubles = new DoublePointer(length);
    }
    return doubles.position(0);
  }

  private static void await(Work work) {
    if (!work._wait()) {
      throw new IllegalStateException("a collective operation did not complete");
    }
  }

  @Override
  public void beginAllGather(List<float[]> arrays) {
    int count = arrays.get(rank()).length;
    bytes += (long) Float.BYTES * count * (size() - 1);
    int chunk = CHUNK / size();
    begin(
        () -> {
          for (int at = 0; at < count; at += chunk) {
            gatherChunk(arrays, at, Math.min(chunk, count - at));
          }
        });
  }

  private void gatherChunk(List<float[]> arrays, int at, int length) {
    floats.position(0).put(arrays.get(rank()), at, length);
    try (PointerScope unused = new PointerScope()) {
      watch.called();
      Tensor own = tensor(floats.position(0), length);
      await(gloo._allgather_base(tensor(received.position(0), length * size()), own));
    }
    for (int rank = 0; rank < size(); rank++) {
      if (rank != rank()) {
        received.position((long) rank * length).get(arrays.get(rank), at, length);
      }
    }
    received.position(0);
  }

  @Override
  public void awaitAll() {
    sendBucket();
    long start = System.nanoTime();
    while (!begun.isEmpty()) {
      await(begun.remove());
    }
    waitedNanos += System.nanoTime() - start;
  }

  private void await(Future<?> call) {
    if (broken) {
      throw new IllegalStateException("the group is broken");
    }
    try {
      call.get();
    } catch (CancellationException e) {
      throw new IllegalStateException("the group is broken", e);
    } catch (ExecutionException e) {
      throw failed(e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for other processes", e);
    }
  }

  private AbortedException failed(Throwable cause) {
    broken = true;
    BROKEN.add(this);
    thread.shutdownNow(); // whatever is still pending would only fail, too
    return new AbortedException(watch.verdict(MasterSocket.firstLine(cause)), cause);
  }

  /** Adds in the order of the ranks, as one process adds the sums of its micro-batches. */
  @Override
  public void allReduce(double[] values) {
    await(
        thread.submit(
            () -> {
              double[] all = new double[Math.multiplyExact(values.length, size())];
              DoublePointer given = numbers(all.length);
              given.put(values, 0, values.length);
              try (PointerScope unused = new PointerScope()) {
                watch.called();
                // a copy, since the all-gather overwrites the original
                Tensor own = tensor(given, values.length).clone();
                await(gloo._allgather_base(tensor(given, all.length), own));
              }
              given.get(all);
              Arrays.fill(values, 0);
              for (int i = 0; i < all.length; i++) {
                values[i % values.length] += all[i];
              }
            }));
  }

  @Override
  public void broadcast(float[] values) {
    await(
        thread.submit(
            () -> {
              for (int at = 0; at < values.length; at += CHUNK) {
                int length = Math.min(CHUNK, values.length - at);
                floats.position(0).put(values, at, length);
                try (PointerScope unused = new PointerScope()) {
                  watch.called();
                  TensorVector chunk = new TensorVector(tensor(floats.position(0), length));
                  await(gloo.broadcast(chunk));
                }
                floats.position(0).get(values, at, length);
              }
            }));
  }

  /** Goes through the store, so that only the end of rank 0 ends the wait. */
  @Override
  public byte[] broadcast(byte[] sent) {
    String key = "message/" + messages++;
    if (leads()) {
      watch.post(key, sent);
      return sent;
    }
    try {
      byte[] received = watch.message(key);
      while (received == null) {
        if (watch.silentBeatsOfRank0() > membership.timeout().toSeconds()) {
          throw new IllegalStateException("rank 0 does not answer");
        }
        Thread.sleep(POLL);
        received = watch.message(key);
      }
      return received;
    } catch (IllegalStateException e) {
      throw failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for rank 0", e);
    }
  }

  @Override
  public void barrier() {
    reportProgress();
    try {
      String fault = watch.barrier(barriers++);
      if (fault != null) {
        throw blaming(fault);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for other processes", e);
    }
  }

  @Override
  public void reportProgress() {
    watch.progressed();
    String lost = watch.lost();
    if (lost != null) {
      throw blaming(lost);
    }
  }

  private AbortedException blaming(String verdict) {
    blamed = true;
    watch.blame(verdict);
    return new AbortedException(verdict);
  }

  @Override
  public void abort(String reason) {
    if (!broken && !blamed) { // else another rank is at fault, and the others know which
      watch.abort(reason);
      aborted = true;
    }
  }

  @Override
  public Traffic traffic() {
    return new Traffic(bytes, busyNanos.get() / NANOS, waitedNanos / NANOS);
  }

  /**
   * Rank 0 waits until the others have left, since the store ends with it. After an abort the
   * connections are closed first, so that the ranks waiting on them learn of it, and why.
   */
  @Override
  public void close() {
    thread.shutdownNow();
    if (aborted || blamed) {
      gloo.close(); // once pending operations have ended
    }
    watch.leave();
    watch.close();
  }
}
