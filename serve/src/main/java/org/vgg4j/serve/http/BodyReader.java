package org.vgg4j.serve.http;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request's body as it comes, without a thread that waits for it. A body that is too large,
 * for itself or for the memory of all, is read to its end and thrown away, as far as it comes soon:
 * many clients look for an answer only when they have sent everything.
 */
final class BodyReader implements Runnable {
  private static final int SMALLEST = 8 << 10;

  private final Content.Source source;
  private final long declared;
  private final Limits limits;
  private final ByteBudget budget;
  private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
  private final ScheduledFuture<?> timer;
  private final List<byte[]> pieces = new ArrayList<>();
  private byte[] piece = new byte[0];
  private int used; // of the last piece
  private int before; // in the pieces before it
  private long held; // of the budget
  private volatile @Nullable HttpFailure refused;
  private boolean finished;

  /**
   * @param declared the Content-Length; negative if there is none
   * @param timers ends what takes too long
   */
  BodyReader(
      Content.Source source,
      long declared,
      Limits limits,
      ByteBudget budget,
      ScheduledExecutorService timers) {
    this.source = source;
    this.declared = declared;
    this.limits = limits;
    this.budget = budget;
    this.timer = timers.schedule(this::late, limits.bodyMilliseconds(), TimeUnit.MILLISECONDS);
  }

  /**
   * The body once it is whole; or an {@link HttpFailure}, 400, 408, 413 or 429, or an {@link
   * OutOfMemoryError}. Whoever gets it returns its length to the budget when it is no longer used.
   */
  CompletableFuture<byte[]> read() {
    if (declared > limits.maxBody()) {
      refuse(tooLarge());
    }
    run();
    return whole;
  }

  /** Throws the body away, as far as it comes, and then fails: an answer before would be lost. */
  CompletableFuture<byte[]> discard(HttpFailure failure) {
    refuse(failure);
    run();
    return whole;
  }

  @Override
  public void run() {
    try {
      while (!whole.isDone()) {
        Content.Chunk chunk = source.read();
        if (chunk == null) {
          source.demand(this);
          return;
        }
        if (Content.Chunk.isFailure(chunk)) {
          if (!chunk.isLast()) {
            continue; // nothing came for a while: our own timer decides when that is too long
          }
          fail("the request's body ended too early: send it again in full");
          return;
        }
        boolean last = chunk.isLast();
        try {
          take(chunk.getByteBuffer());
        } finally {
          chunk.release();
        }
        if (last) {
          finish(refused);
        }
      }
    } catch (RuntimeException e) {
      fail("the request's body cannot be read: send it again");
    } catch (OutOfMemoryError e) {
      finish(e);
    }
  }

  /** Ends without the body; a refusal that was to be told at its end is told now. */
  private void fail(String sentence) {
    HttpFailure failure = refused;
    finish(failure != null ? failure : new HttpFailure(400, sentence));
  }

  private synchronized void take(ByteBuffer bytes) {
    if (refused != null || finished) {
      return;
    }
    if ((long) before + used + bytes.remaining() > limits.maxBody()) {
      refuse(tooLarge());
      return;
    }
    while (bytes.hasRemaining()) {
      if (used == piece.length && !grow(bytes.remaining())) {
        return;
      }
      int count = Math.min(bytes.remaining(), piece.length - used);
      bytes.get(piece, used, count);
      used += count;
    }
  }

  /** Takes another piece: what the client says will come, or twice as much as before. */
  private boolean grow(int needed) {
    long wanted =
        declared >= 0
            ? Math.max(needed, Math.min(declared - before - used, before + used))
            : before + used;
    int size = (int) Math.min(limits.maxBody(), Math.max(SMALLEST, Math.max(needed, wanted)));
    if (!budget.take(size)) {
      refuse(
          new HttpFailure(
              429,
              "too many large requests at a time: try again in a second",
              Map.of("Retry-After", "1")));
      return false;
    }
    held += size;
    pieces.add(Arrays.copyOf(piece, used));
    before += used;
    piece = new byte[size];
    used = 0;
    return true;
  }

  private HttpFailure tooLarge() {
    return new HttpFailure(
        413,
        "the request's body is larger than %d bytes, which is the most here: send smaller images, or fewer at a time"
            .formatted(limits.maxBody()));
  }

  private synchronized void refuse(HttpFailure failure) {
    refused = failure;
    release();
  }

  private void release() {
    budget.giveBack(held);
    held = 0;
    pieces.clear();
    piece = new byte[0];
    used = 0;
    before = 0;
  }

  private void late() {
    HttpFailure failure =
        refused != null
            ? refused
            : new HttpFailure(
                408,
                "the request's body did not arrive within %d s: send it faster"
                    .formatted(limits.bodyMilliseconds() / 1000));
    finish(failure);
  }

  private void finish(@Nullable Throwable failure) {
    boolean unused = timer.cancel(false);
    byte[] all = new byte[0];
    synchronized (this) {
      if (finished) {
        return;
      }
      if (failure == null) {
        all = join(); // may need more memory than there is, and then finishes with that
        budget.giveBack(held - all.length);
        held = 0;
      } else {
        release();
      }
      finished = true;
    }
    boolean unusedToo =
        failure == null ? whole.complete(all) : whole.completeExceptionally(failure);
  }

  private byte[] join() {
    byte[] all = new byte[before + used];
    int at = 0;
    for (byte[] each : pieces) {
      System.arraycopy(each, 0, all, at, each.length);
      at += each.length;
    }
    System.arraycopy(piece, 0, all, at, used);
    return all;
  }
}
