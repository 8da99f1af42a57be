package org.vgg4j.torch;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.pytorch.ByteVector;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.jspecify.annotations.Nullable;
import org.vgg4j.parallel.Membership;

/**
 * Who of the group is alive, by what each rank writes into the store of rank 0 every second: that
 * it is there, and how many collective calls it has begun. Gloo knows only that a connection ended
 * or that nothing came; this tells whose fault it was.
 *
 * <p>The store answers or does not: c10d itself waits for ever for a rank 0 that stands still. So
 * all its calls are made by one thread, and whoever needs one waits for that thread for some
 * seconds only.
 */
final class Watch implements AutoCloseable {
  private static final long BEAT = 1_000; // milliseconds
  private static final long ANSWER = 5_000; // milliseconds that rank 0 may take for one
  private static final int STALE = 5; // beats in which a living rank has written something new
  private static final long DECISION = 9_000; // milliseconds
  private static final long FAREWELL = 15_000; // milliseconds

  /** That rank 0, where the store is, does not answer. */
  private static final class NoAnswerException extends Exception {
    NoAnswerException(Throwable cause) {
      super(cause);
    }
  }

  private final Store store;
  private final int rank;
  private final int size;
  private final AtomicLong calls = new AtomicLong();
  private final Map<Integer, Beat> beats = new TreeMap<>();
  private final ExecutorService storeThread =
      Executors.newSingleThreadExecutor(work -> daemon(work, "vgg-store"));
  private volatile long frozenCalls = -1;
  private volatile boolean closed;

  /** What a rank wrote last, and how often that was read since. */
  private record Beat(String text, int reads) {}

  Watch(Store store, Membership membership) {
    this.store = store;
    this.rank = membership.rank();
    this.size = membership.size();
    daemon(this::run, "vgg-heartbeat").start();
  }

  static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Notes that this rank has come to its next collective call. */
  void called() {
    calls.incrementAndGet();
  }

  private <T> T ask(Callable<T> request) throws NoAnswerException {
    try {
      Future<T> answer = storeThread.submit(request);
      return answer.get(ANSWER, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new NoAnswerException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NoAnswerException(e);
    }
  }

  private void run() {
    for (long beat = 0; !closed; beat++) {
      String own = beat + " " + calls.get();
      try {
        String[] seen =
            ask(
                () -> {
                  store.set(key("alive", rank), own);
                  String[] texts = new String[size];
                  for (int other = 0; other < size; other++) {
                    texts[other] = other == rank ? own : read(key("alive", other));
                  }
                  return texts;
                });
        note(seen);
      } catch (NoAnswerException e) {
        noteSilence();
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
    for (int other = 0; other < size; other++) {
      Beat old = beats.get(other);
      int reads = old != null && old.text().equals(seen[other]) ? old.reads() + 1 : 0;
      beats.put(other, new Beat(seen[other], reads));
    }
  }

  /** Of rank 0 nothing was heard for as long as it may take. */
  private synchronized void noteSilence() {
    Beat old = beats.getOrDefault(0, new Beat("", 0));
    beats.put(0, new Beat(old.text(), old.reads() + STALE));
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
                return read(key("reason", 0));
              });
      if (message[0] == null && !reason.isEmpty()) {
        throw new IllegalStateException(reason);
      }
      return message[0];
    } catch (NoAnswerException e) {
      throw new IllegalStateException("rank 0 does not answer", e);
    }
  }

  /** Tells the others why this rank ends before its time. */
  void report(String sentence) {
    try {
      Boolean unused =
          ask(
              () -> {
                store.set(key("reason", rank), sentence);
                return true;
              });
    } catch (NoAnswerException e) {
      // rank 0 is gone, and needs no reasons any more
    }
  }

  /**
   * Finds out whose fault it is that a call failed; takes some seconds.
   *
   * @param cause what the call said
   */
  String verdict(String cause) {
    frozenCalls = calls.get(); // calls that were begun before and fail now do not count
    try {
      Boolean unused =
          ask(
              () -> {
                store.set(key("victim", rank), "1"); // who ends now ends because of another
                return true;
              });
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DECISION);
      String found = culprit();
      while (found == null && System.nanoTime() < end && sleep(BEAT / 4)) {
        found = culprit();
      }
      String verdict = found != null ? found : laggard(cause);
      if (rank == 0) {
        Boolean unusedToo =
            ask(
                () -> {
                  store.set("verdict", verdict);
                  return true;
                });
      }
      return verdict;
    } catch (NoAnswerException e) {
      return "rank 0 of %d is gone: its process has ended or stands still, or its machine cannot be reached"
          .formatted(size);
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
              texts[2 * size] = read("verdict");
              return texts;
            });
    if (!said[2 * size].isEmpty()) {
      return said[2 * size];
    }
    for (int other = 0; other < size; other++) {
      if (!said[other].isEmpty()) {
        return "rank %d of %d has stopped: %s".formatted(other, size, said[other]);
      }
    }
    for (int other = 0; other < size; other++) {
      if (other != rank && isStale(other) && said[size + other].isEmpty()) {
        return "rank %d of %d is gone: its process has ended or stands still, or its machine cannot be reached"
            .formatted(other, size);
      }
    }
    return null;
  }

  private synchronized boolean isStale(int other) {
    Beat beat = beats.get(other);
    return beat != null && beat.reads() >= STALE;
  }

  /** How many beats of this rank rank 0 has not answered by a beat of its own. */
  synchronized int silentBeatsOfRank0() {
    Beat beat = beats.get(0);
    return beat == null ? 0 : beat.reads();
  }

  /** All are alive: then the one that has come least far holds the others up. */
  private synchronized String laggard(String cause) {
    int last = -1;
    long least = frozenCalls;
    for (Map.Entry<Integer, Beat> beat : beats.entrySet()) {
      String[] parts = beat.getValue().text().split(" ");
      if (beat.getKey() != rank && parts.length == 2 && Long.parseLong(parts[1]) < least) {
        least = Long.parseLong(parts[1]);
        last = beat.getKey();
      }
    }
    return last >= 0
        ? "rank %d of %d does not come to where the others wait for it (give a longer --timeout, if it is only slow)"
            .formatted(last, size)
        : "the processes have lost each other: " + cause;
  }

  /** Says that this rank needs the store no more; rank 0, where it is, waits for all others. */
  void leave() {
    try {
      long left = ask(() -> store.add("left", 1));
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FAREWELL);
      while (rank == 0 && left + gone() < size && System.nanoTime() < end && sleep(BEAT / 20)) {
        left = ask(() -> store.add("left", 0));
      }
    } catch (NoAnswerException e) {
      // rank 0 has left before, and all is done
    }
  }

  private synchronized int gone() {
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
