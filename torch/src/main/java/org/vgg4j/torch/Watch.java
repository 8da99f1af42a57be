package org.vgg4j.torch;

import java.util.Arrays;
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
  private static final long SILENCE = 60_000; // milliseconds, more than any collection of garbage
  private static final long POLL = 100; // milliseconds
  private static final long NANOS_OF_MILLI = 1_000_000;
  private static final String VERDICT = "verdict";
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
  private final long timeout; // milliseconds, of a rank that does not get on
  private final long silence; // milliseconds, of one that is not heard
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong work = new AtomicLong();
  private final Map<Integer, Beat> beats = new TreeMap<>();
  private final ExecutorService storeThread =
      Executors.newSingleThreadExecutor(work -> daemon(work, "vgg-store"));
  private volatile long frozenCalls = -1;
  private volatile boolean closed;
  private volatile @Nullable String lost;

  /**
   * What a rank wrote last.
   *
   * @param text the number of the beat, of collective calls, and of pieces of work
   * @param reads how often that was read since
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

  /** Notes that this rank has come to its next collective call. */
  void called() {
    calls.incrementAndGet();
  }

  /** Notes that this rank gets on with what it does by itself. */
  void worked() {
    work.incrementAndGet();
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
      String own = beat + " " + calls.get() + " " + work.get();
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

  /** A rank that has not written yet may still be about to join. */
  private boolean isSilent(Beat beat) {
    return !beat.text().isEmpty() && beat.reads() * BEAT >= silence;
  }

  /** Of rank 0 nothing was heard for as long as it may take. */
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
    return "rank %d of %d is gone: its process has ended or stands still, or its machine cannot be reached"
        .formatted(other, size);
  }

  private String late(int other) {
    return "rank %d of %d does not come to where the others wait for it (give a longer --timeout, if it is only slow)"
        .formatted(other, size);
  }

  /** That a rank has stopped, or is not heard any more; null if all are well. */
  @Nullable String lost() {
    return lost;
  }

  /**
   * Waits until all ranks have come here, for as long as those that have not get on.
   *
   * @param number of the meeting
   * @return whose fault it is that they do not meet; null if they do
   */
  @Nullable String meet(int number) throws InterruptedException {
    String[] last = new String[size];
    long[] since = new long[size];
    while (true) {
      boolean @Nullable [] missing = missing("meeting/" + number);
      boolean all = missing != null;
      if (missing == null) {
        Arrays.fill(since, System.nanoTime()); // nobody was heard, nobody is judged
      }
      for (int other = 0; other < size && missing != null; other++) {
        String progress = progress(other);
        // who is here only waits
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
   * Who has not come to a meeting to which this rank has; null if the store does not answer now.
   */
  private boolean @Nullable [] missing(String meeting) {
    try {
      return ask(
          () -> {
            boolean[] missing = new boolean[size];
            store.set(key(meeting, rank), "1");
            for (int other = 0; other < size; other++) {
              missing[other] = read(key(meeting, other)).isEmpty();
            }
            return missing;
          });
    } catch (NoAnswerException e) {
      return null;
    }
  }

  /** How far a rank is; a text that changes when it gets on. */
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

  /** Tells the others why this rank ends before its time. */
  void report(String sentence) {
    write(key("reason", rank), sentence);
  }

  /** Tells the others whose fault it is that this rank ends: all say the same. */
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
      // rank 0 is gone, and needs to know nothing any more
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
      if (beat.getKey() != rank && parts.length == 3 && Long.parseLong(parts[1]) < least) {
        least = Long.parseLong(parts[1]);
        last = beat.getKey();
      }
    }
    return last >= 0 ? late(last) : "the processes have lost each other: " + cause;
  }

  /** Says that this rank needs the store no more; rank 0, where it is, waits for all others. */
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
