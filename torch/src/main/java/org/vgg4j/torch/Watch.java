package org.vgg4j.torch;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.pytorch.ByteVector;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.jspecify.annotations.Nullable;
import org.vgg4j.parallel.Membership;

/**
 * Knows which ranks are alive: each writes a heartbeat into the store of rank 0 every second, with
 * the number of collective calls it has begun. Gloo reports only that a connection ended or that
 * nothing arrived; the watch finds the rank at fault.
 *
 * <p>c10d itself would wait for ever on the store of a rank 0 that hangs. So one thread makes all
 * calls to the store, and whoever needs one waits for that thread a few seconds only.
 */
final class Watch implements AutoCloseable {
  private static final long BEAT = 1_000; // milliseconds
  private static final long ANSWER = 5_000; // milliseconds that rank 0 may take to answer
  private static final int STALE = 5; // beats within which a live rank writes something new
  private static final long SILENCE = 60_000; // milliseconds, longer than any garbage collection
  private static final long POLL = 100; // milliseconds
  private static final long NANOS_OF_MILLI = 1_000_000;
  private static final String VERDICT = "verdict";
  private static final long DECISION = 9_000; // milliseconds
  private static final long FAREWELL = 15_000; // milliseconds

  /** Rank 0, which has the store, does not answer. */
  private static final class NoAnswerException extends Exception {
    NoAnswerException(Throwable cause) {
      super(cause);
    }
  }

  private final Store store;
  private final int rank;
  private final int size;
  private final long timeout; // milliseconds, for a rank that makes no progress
  private final long silence; // milliseconds, for a rank that has fallen silent
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong progress = new AtomicLong();
  private final Map<Integer, Beat> beats = new TreeMap<>();
  private final ExecutorService storeThread =
      Executors.newSingleThreadExecutor(work -> daemon(work, "vgg-store"));
  private volatile long frozenCalls = -1;
  private volatile boolean closed;
  private volatile @Nullable String lost;

  /**
   * What a rank wrote last.
   *
   * @param text the numbers of the beat, of collective calls and of progress reports
   * @param reads how often it has been read since
   */
  private record Beat(String text, int reads) {
    private static final Beat NONE = new Beat("", 0);
  }

  Watch(Store store, Membership membership) {
    this.store = store;
    this.rank = membership.rank();
    this.size = membership.size();
    this.timeout = membership.timeout().toMillis();
    this.silence = Math.min(timeout, SILENCE);
    daemon(this::run, "vgg-heartbeat").start();
  }

  static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Notes that this rank has reached its next collective call. */
  void called() {
    calls.incrementAndGet();
  }

  /** Notes that this rank is making progress on its own. */
  void progressed() {
    progress.incrementAndGet();
  }

  private <T> T ask(Callable<T> request) throws NoAnswerException {
    try {
      Future<T> answer = storeThread.submit(request);
      return answer.get(ANSWER, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
      throw new NoAnswerException(e); // the last: it is being closed
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NoAnswerException(e);
    }
  }

  private void run() {
    for (long beat = 0; !closed; beat++) {
      String own = beat + " " + calls.get() + " " + progress.get();
      try {
        String[] seen =
            ask(
                () -> {
                  store.set(key("alive", rank), own);
                  String[] texts = new String[2 * size + 1];
                  for (int other = 0; other < size; other++) {
                    texts[other] = other == rank ? own : read(key("alive", other));
                    texts[size + other] = other == rank ? "" : read(key("reason", other));
                  }
                  texts[2 * size] = read(VERDICT);
                  return texts;
                });
        note(seen);
      } catch (NoAnswerException e) {
        if (!closed) {
          noteSilence();
        }
      }
      if (!sleep(BEAT)) {
        return;
      }
    }
  }

  private static boolean sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private synchronized void note(String[] seen) {
    String found = seen[2 * size].isEmpty() ? null : seen[2 * size];
    for (int other = 0; other < size; other++) {
      Beat old = beats.getOrDefault(other, Beat.NONE);
      Beat beat = new Beat(seen[other], old.text().equals(seen[other]) ? old.reads() + 1 : 0);
      beats.put(other, beat);
      String reason = seen[size + other];
      if (found == null && !reason.isEmpty()) {
        found = stopped(other, reason);
      } else if (found == null && other != rank && isSilent(beat)) {
        found = gone(other);
      }
    }
    lost = found;
  }

  /** A rank that has not written yet may still be joining. */
  private boolean isSilent(Beat beat) {
    return !beat.text().isEmpty() && beat.reads() * BEAT >= silence;
  }

  /** Notes that rank 0 did not answer in time. */
  private synchronized void noteSilence() {
    Beat old = beats.getOrDefault(0, Beat.NONE);
    Beat beat = new Beat(old.text(), old.reads() + STALE);
    beats.put(0, beat);
    if (isSilent(beat)) {
      lost = gone(0);
    }
  }

  private String stopped(int other, String reason) {
    return "rank %d of %d has stopped: %s".formatted(other, size, reason);
  }

  private String gone(int other) {
    return "rank %d of %d is gone: its process has ended or hangs, or its machine cannot be reached"
        .formatted(other, size);
  }

  private String late(int other) {
    return "rank %d of %d does not reach the point where the others wait for it (if it is only slow, raise option timeout)"
        .formatted(other, size);
  }

  /** Which rank has stopped or fallen silent, as a sentence; null if all are well. */
  @Nullable String lost() {
    return lost;
  }

  /**
   * Waits until all ranks have reached a barrier, for as long as those that have not make progress.
   *
   * @param number of the barrier
   * @return which rank is at fault, as a sentence; null if all have reached it
   */
  @Nullable String barrier(int number) throws InterruptedException {
    String[] last = new String[size];
    long[] since = new long[size];
    while (true) {
      boolean @Nullable [] missing = missing("barrier/" + number);
      boolean all = missing != null;
      if (missing == null) {
        Arrays.fill(since, System.nanoTime()); // no one was heard, so no one is judged
      }
      for (int other = 0; other < size && missing != null; other++) {
        String progress = progress(other);
        // a rank that is here only waits
        if (!missing[other] || !progress.equals(last[other])) {
          last[other] = progress;
          since[other] = System.nanoTime();
        } else if (System.nanoTime() - since[other] >= timeout * NANOS_OF_MILLI) {
          return late(other);
        }
        all &= !missing[other];
      }
      String found = lost;
      if (found != null || all) {
        return found;
      }
      Thread.sleep(POLL);
    }
  }

  /**
   * Which ranks have not reached a barrier that this rank has reached; null if the store does not
   * answer now.
   */
  private boolean @Nullable [] missing(String barrier) {
    try {
      return ask(
          () -> {
            boolean[] missing = new boolean[size];
            store.set(key(barrier, rank), "1");
            for (int other = 0; other < size; other++) {
              missing[other] = read(key(barrier, other)).isEmpty();
            }
            return missing;
          });
    } catch (NoAnswerException e) {
      return null;
    }
  }

  /** How far a rank is: a text that changes when it makes progress. */
  private synchronized String progress(int other) {
    String text = beats.getOrDefault(other, Beat.NONE).text();
    return text.substring(text.indexOf(' ') + 1);
  }

  private static String key(String what, int ofRank) {
    return what + "/" + ofRank;
  }

  /** The text under a key; empty if there is none. */
  private String read(String key) {
    return store.check(new StringVector(key)) ? store.get_to_str(key) : "";
  }

  /** Writes a message for all. */
  void post(String key, byte[] message) {
    try {
      Boolean unused =
          ask(
              () -> {
                store.set(key, new ByteVector(message));
                return true;
              });
    } catch (NoAnswerException e) {
      throw new IllegalStateException("a message could not be written", e);
    }
  }

  /**
   * The message under a key; null if there is none yet.
   *
   * @throws IllegalStateException if rank 0 has stopped, or does not answer
   */
  byte @Nullable [] message(String key) {
    try {
      byte @Nullable [][] message = new byte[1][];
      String reason =
          ask(
              () -> {
                if (store.check(new StringVector(key))) {
                  ByteVector received = store.get(key);
                  byte[] bytes = new byte[Math.toIntExact(received.size())];
                  for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = received.get(i);
                  }
                  message[0] = bytes;
                }
                String verdict = read(VERDICT);
                return verdict.isEmpty() ? read(key("reason", 0)) : verdict;
              });
      if (message[0] == null && !reason.isEmpty()) {
        throw new IllegalStateException(reason);
      }
      return message[0];
    } catch (NoAnswerException e) {
      throw new IllegalStateException("rank 0 does not answer", e);
    }
  }

  /** Tells the others why this rank ends early. */
  void abort(String reason) {
    write(key("reason", rank), reason);
  }

  /** Tells the others which rank is at fault, so that all say the same. */
  void blame(String verdict) {
    write(VERDICT, verdict);
  }

  private void write(String key, String text) {
    try {
      Boolean unused =
          ask(
              () -> {
                store.set(key, text);
                return true;
              });
    } catch (NoAnswerException e) {
      // rank 0 is gone, and need not know
    }
  }

  /**
   * Finds the rank at fault after a call has failed; takes some seconds.
   *
   * @param cause the message of the failed call
   */
  String verdict(String cause) {
    frozenCalls = calls.get(); // pending calls that fail from now on do not count
    try {
      Boolean unused =
          ask(
              () -> {
                store.set(key("victim", rank), "1"); // if this rank ends now, another is the cause
                return true;
              });
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DECISION);
      String found = culprit();
      while (found == null && System.nanoTime() < end && sleep(BEAT / 4)) {
        found = culprit();
      }
      String verdict = found != null ? found : laggard(cause);
      if (rank == 0) {
        blame(verdict);
      }
      return verdict;
    } catch (NoAnswerException e) {
      String known = lost; // why rank 0 is gone, perhaps
      return known != null ? known : gone(0);
    }
  }

  private @Nullable String culprit() throws NoAnswerException {
    String[] said =
        ask(
            () -> {
              String[] texts = new String[2 * size + 1];
              for (int other = 0; other < size; other++) {
                texts[other] = other == rank ? "" : read(key("reason", other));
                texts[size + other] = read(key("victim", other));
              }
              texts[2 * size] = read(VERDICT);
              return texts;
            });
    if (!said[2 * size].isEmpty()) {
      return said[2 * size];
    }
    for (int other = 0; other < size; other++) {
      if (!said[other].isEmpty()) {
        return stopped(other, said[other]);
      }
    }
    for (int other = 0; other < size; other++) {
      if (other != rank && isStale(other) && said[size + other].isEmpty()) {
        return gone(other);
      }
    }
    return null;
  }

  private synchronized boolean isStale(int other) {
    Beat beat = beats.get(other);
    return beat != null && beat.reads() >= STALE;
  }

  /** How many beats ago rank 0 last wrote. */
  synchronized int silentBeatsOfRank0() {
    Beat beat = beats.get(0);
    return beat == null ? 0 : beat.reads();
  }

  /** All are alive, so the one that is furthest behind holds the others up. */
  private synchronized String laggard(String cause) {
    int last = -1;
    long least = frozenCalls;
    for (Map.Entry<Integer, Beat> beat : beats.entrySet()) {
      String[] parts = beat.getValue().text().split(" ");
      if (beat.getKey() != rank && parts.length == 3 && Long.parseLong(parts[1]) < least) {
        least = Long.parseLong(parts[1]);
        last = beat.getKey();
      }
    }
    return last >= 0 ? late(last) : "the processes have lost contact: " + cause;
  }

  /** Says that this rank no longer needs the store; rank 0, which has it, waits for all others. */
  void leave() {
    try {
      long left = ask(() -> store.add("left", 1));
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FAREWELL);
      while (rank == 0
          && left + staleRanks() < size
          && System.nanoTime() < end
          && sleep(BEAT / 20)) {
        left = ask(() -> store.add("left", 0));
      }
    } catch (NoAnswerException e) {
      // rank 0 has left before, and all is done
    }
  }

  private synchronized int staleRanks() {
    int count = 0;
    for (int other = 1; other < size; other++) {
      count += isStale(other) ? 1 : 0;
    }
    return count;
  }

  @Override
  public void close() {
    closed = true;
    storeThread.shutdown();
  }
}
