package org.vgg4j.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.jspecify.annotations.Nullable;
import org.vgg4j.parallel.Membership;

/**
 * Who of the group is alive, by what each rank writes into the store every second: that it is
 * there, and how many sums it has begun. Gloo knows only that a connection ended; this tells whose
 * fault it was. The thread has a connection of its own, since one that waits blocks all who use it.
 */
final class Watch implements AutoCloseable {
  private static final long BEAT = 1_000; // milliseconds
  private static final long STALE = 4_000_000_000L; // nanoseconds
  private static final long DECISION = 8_000_000_000L;

  private final Store store;
  private final int rank;
  private final int size;
  private final AtomicLong calls = new AtomicLong();
  private final Map<Integer, Beat> beats = new TreeMap<>();
  private final Thread thread;
  private long lastAnswer = System.nanoTime();
  private volatile boolean closed;

  /** What a rank wrote last, and when it was new. */
  private record Beat(String text, long nanos) {}

  Watch(Store store, Membership membership) {
    this.store = store;
    this.rank = membership.rank();
    this.size = membership.size();
    this.thread = new Thread(this::run, "vgg-heartbeat");
    thread.setDaemon(true);
    thread.start();
  }

  /** Notes that this rank has come to its next collective call. */
  void called() {
    calls.incrementAndGet();
  }

  private void run() {
    for (long beat = 0; !closed; beat++) {
      try {
        store.set(key("alive", rank), beat + " " + calls.get());
        List<Beat> seen = new ArrayList<>();
        for (int other = 0; other < size; other++) {
          seen.add(new Beat(other == rank ? "" : read(key("alive", other)), System.nanoTime()));
        }
        note(seen);
      } catch (RuntimeException e) {
        // rank 0, where the store is, does not answer: it may be gone
      }
      try {
        Thread.sleep(BEAT);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private synchronized void note(List<Beat> seen) {
    lastAnswer = System.nanoTime();
    for (int other = 0; other < size; other++) {
      Beat old = beats.get(other);
      if (old == null || !old.text().equals(seen.get(other).text())) {
        beats.put(other, seen.get(other));
      }
    }
  }

  private static String key(String what, int ofRank) {
    return what + "/" + ofRank;
  }

  /** The text under a key; empty if there is none. */
  private String read(String key) {
    return store.check(new StringVector(key)) ? store.get_to_str(key) : "";
  }

  /** Tells the others why this rank ends before its time. */
  void report(String sentence) {
    try {
      store.set(key("reason", rank), sentence);
    } catch (RuntimeException e) {
      // rank 0 is gone, and needs no reasons any more
    }
  }

  /**
   * Finds out whose fault it is that a call failed; takes some seconds.
   *
   * @param cause what the call said
   */
  String verdict(String cause) {
    try {
      store.set(key("victim", rank), "1"); // whoever ends now ends because of another
    } catch (RuntimeException e) {
      return masterIsGone();
    }
    long end = System.nanoTime() + DECISION;
    while (System.nanoTime() < end) {
      try {
        String found = culprit();
        if (found != null) {
          if (rank == 0) {
            store.set("verdict", found); // the store ends with this process: the others read it now
            Thread.sleep(2 * BEAT);
          }
          return found;
        }
        Thread.sleep(BEAT / 4);
      } catch (RuntimeException e) {
        return masterIsGone();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    return laggard(cause);
  }

  private @Nullable String culprit() {
    String decided = read("verdict");
    if (!decided.isEmpty()) {
      return decided;
    }
    for (int other = 0; other < size; other++) {
      String reason = other == rank ? "" : read(key("reason", other));
      if (!reason.isEmpty()) {
        return "rank %d of %d has stopped: %s".formatted(other, size, reason);
      }
    }
    for (int other = 0; other < size; other++) {
      if (other != rank && isStale(other) && read(key("victim", other)).isEmpty()) {
        return "rank %d of %d is gone: its process has ended or stands still, or its machine cannot be reached"
            .formatted(other, size);
      }
    }
    return null;
  }

  private synchronized boolean isStale(int other) {
    Beat beat = beats.get(other);
    return beat != null && System.nanoTime() - beat.nanos() > STALE;
  }

  /** Whether rank 0, where the store is, answers. */
  synchronized boolean masterAnswers() {
    return System.nanoTime() - lastAnswer < 2 * STALE && (rank == 0 || !isStale(0));
  }

  private String masterIsGone() {
    return "rank 0 of %d is gone: its process has ended, or its machine cannot be reached"
        .formatted(size);
  }

  /** All are alive: then the one that has come least far holds the others up. */
  private synchronized String laggard(String cause) {
    int last = -1;
    long least = calls.get();
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

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
