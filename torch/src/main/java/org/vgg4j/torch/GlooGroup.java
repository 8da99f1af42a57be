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
 * A group over Gloo. Sums go through native buffers on a thread of its own, one piece after the
 * other, while the caller computes; other calls that move arrays use the same thread, so that their
 * order is that of the calls on every rank. Meetings and messages go by way of the store.
 */
final class GlooGroup implements ProcessGroup {
  /** Floats of a native buffer, through which all goes: 16 MB. There are two. */
  private static final int PIECE = 1 << 22;

  /** Floats that are worth a call: 2 MB. Smaller arrays wait for others, and travel together. */
  private static final int BUCKET = 1 << 19;

  /**
   * Groups in which a call failed: what other ranks have sent may still arrive in their buffers, so
   * these must never be let go.
   */
  private static final Queue<GlooGroup> BROKEN = new ConcurrentLinkedQueue<>();

  private static final long POLL = 50; // milliseconds
  private static final double NANOS = 1e9;

  /** Who waits longer than that for a piece has the verdict to make, which takes some seconds. */
  private static final Duration VERDICT = Duration.ofSeconds(15);

  private final Membership membership;

  /**
   * Stores, which end, and on rank 0 the server with them, when nothing refers to them any more.
   * They end with the process: a server that ends before its clients have gone damages memory.
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
  private final FloatPointer parts;
  private DoublePointer doubles = new DoublePointer(1);
  private int messages;
  private int meetings;
  private long bytes;
  private final AtomicLong busyNanos = new AtomicLong();
  private long waitedNanos;
  private boolean broken;
  private boolean reported;
  private boolean blamed;

  /** Some numbers that lie in a row. */
  private record Segment(float[] values, int first, int count) {}

  private GlooGroup(Membership membership, ProcessGroupGloo gloo, Watch watch) {
    this.membership = membership;
    this.gloo = gloo;
    this.watch = watch;
    // parts of equal lengths may need some floats more
    this.floats = new FloatPointer(PIECE + membership.size());
    this.parts = new FloatPointer(PIECE + membership.size());
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
          ProcessGroupGloo.Options.create(new Milliseconds(piecesTimeout(membership)));
      gloo.devices().push_back(ProcessGroupGloo.createDeviceForHostname(own.getHostAddress()));
      gloo.threads(1);
      torch.set_num_threads(1); // for sums of parts: the other processors are the kernels'
      ProcessGroupGloo group =
          new ProcessGroupGloo(store, membership.rank(), membership.size(), gloo);
      return new GlooGroup(membership, group, watch);
    } catch (RuntimeException e) {
      throw new InputException(
          "rank %d did not find the %d processes of its group at %s, port %d, in %d s (%s): start them all, with the same MASTER_ADDR and MASTER_PORT, or give a longer --timeout"
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

  /** So that the verdict, too, is there in time. */
  private static long piecesTimeout(Membership membership) {
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
    for (int first = 0; first < values.length; first += PIECE) {
      int count = Math.min(PIECE, values.length - first);
      if (bucketLength + count > PIECE) {
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
      begin(() -> sum(segments, length));
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
   * Each rank gets its part of the numbers from all, adds them up in the order of the ranks, and
   * gives the sums to all. That is the traffic of Gloo's own all-reduce, which for more than two
   * ranks adds in another order for each part, so that no single process could learn the same.
   */
  private void sum(List<Segment> segments, int length) {
    int part = (length + size() - 1) / size();
    int at = 0;
    for (Segment segment : segments) {
      floats.position(at).put(segment.values(), segment.first(), segment.count());
      at += segment.count();
    }
    try (PointerScope unused = new PointerScope()) { // else natives wait for the collector
      watch.called();
      Tensor given = tensor(floats.position(0), part * size());
      Tensor taken = tensor(parts, part * size());
      await(gloo.alltoall_base(taken, given, new LongVector(), new LongVector()));
      Tensor sum = taken.narrow(0, 0, part);
      for (int rank = 1; rank < size(); rank++) {
        sum = sum.add_(taken.narrow(0, (long) rank * part, part));
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

  /** A native buffer for at least so many numbers. */
  private DoublePointer numbers(int length) {
    if (doubles.capacity() < length) {
      doubles = new DoublePointer(length);
    }
    return doubles.position(0);
  }

  private static void await(Work work) {
    if (!work._wait()) {
      throw new IllegalStateException("a collective call was not completed");
    }
  }

  @Override
  public void beginAllGather(List<float[]> arrays) {
    int count = arrays.get(rank()).length;
    bytes += (long) Float.BYTES * count * (size() - 1);
    int piece = PIECE / size();
    begin(
        () -> {
          for (int at = 0; at < count; at += piece) {
            gatherPiece(arrays, at, Math.min(piece, count - at));
          }
        });
  }

  private void gatherPiece(List<float[]> arrays, int at, int length) {
    floats.position(0).put(arrays.get(rank()), at, length);
    try (PointerScope unused = new PointerScope()) {
      watch.called();
      Tensor own = tensor(floats.position(0), length);
      await(gloo._allgather_base(tensor(parts.position(0), length * size()), own));
    }
    for (int rank = 0; rank < size(); rank++) {
      if (rank != rank()) {
        parts.position((long) rank * length).get(arrays.get(rank), at, length);
      }
    }
    parts.position(0);
  }

  @Override
  public void awaitAll() {
    sendBucket();
    long start = System.nanoTime();
    while (!begun.isEmpty()) {
      finish(begun.remove());
    }
    waitedNanos += System.nanoTime() - start;
  }

  private void finish(Future<?> call) {
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
    thread.shutdownNow(); // what was begun and not yet done would only fail, too
    return new AbortedException(watch.verdict(MasterSocket.firstLine(cause)), cause);
  }

  /** In the order of the ranks, as one process would add what its micro-batches gave. */
  @Override
  public void allReduce(double[] values) {
    finish(
        thread.submit(
            () -> {
              double[] all = new double[Math.multiplyExact(values.length, size())];
              DoublePointer given = numbers(all.length);
              given.put(values, 0, values.length);
              try (PointerScope unused = new PointerScope()) {
                watch.called();
                // a copy, since what is gathered is written over it
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
    finish(
        thread.submit(
            () -> {
              for (int at = 0; at < values.length; at += PIECE) {
                int length = Math.min(PIECE, values.length - at);
                floats.position(0).put(values, at, length);
                try (PointerScope unused = new PointerScope()) {
                  watch.called();
                  TensorVector piece = new TensorVector(tensor(floats.position(0), length));
                  await(gloo.broadcast(piece));
                }
                floats.position(0).get(values, at, length);
              }
            }));
  }

  /** By way of the store, where nothing but the end of rank 0 ends the waiting. */
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
      String fault = watch.meet(meetings++);
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
    watch.worked();
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
  public void abort(String sentence) {
    if (!broken && !blamed) { // else it was another's fault, and they know whose
      watch.report(sentence);
      reported = true;
    }
  }

  @Override
  public Traffic traffic() {
    return new Traffic(bytes, busyNanos.get() / NANOS, waitedNanos / NANOS);
  }

  /**
   * Rank 0 waits until the others have left, since the store ends with it. Where it ends before its
   * time, the connections go first, so that whoever waits for it learns that, and why.
   */
  @Override
  public void close() {
    thread.shutdownNow();
    if (reported || blamed) {
      gloo.close(); // when what was begun has ended
    }
    watch.leave();
    watch.close();
  }
}
