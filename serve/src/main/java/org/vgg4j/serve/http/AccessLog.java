package org.vgg4j.serve.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * A line of JSON for each request that could be understood. Lines are written by a thread of their
 * own, so that a slow reader holds up nothing else. Those that cannot be written, as on a full
 * disk, or for which there is no room to wait, are lost; the service goes on, and one warning says
 * so until lines can be written again. Thread-safe.
 */
public final class AccessLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] END = {};
  private static final int MOST_WAITING = 10_000;

  private final @Nullable OutputStream out;
  private final String name;
  private final BlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final Thread writer = new Thread(this::writeAll, "access-log");
  private final AtomicLong lost = new AtomicLong();
  private boolean failing; // known to the writer alone

  private AccessLog(@Nullable OutputStream out, String name) {
    this.out = out;
    this.name = name;
    writer.setDaemon(true);
    if (out != null) {
      writer.start();
    }
  }

  /** Keeps nothing. */
  public static AccessLog none() {
    return new AccessLog(null, "");
  }

  /** Writes to a stream that stays open. */
  public static AccessLog to(OutputStream out, String name) {
    return new AccessLog(out, name);
  }

  /**
   * Appends to a file.
   *
   * @throws InputException if it cannot be written
   */
  public static AccessLog to(Path file) {
    try {
      return new AccessLog(new FileOutputStream(file.toFile(), true), file.toString());
    } catch (IOException e) {
      throw new InputException(
          "cannot write the access log %s (%s): give another file"
              .formatted(file, AtomicFile.reason(e)),
          e);
    }
  }

  /** Writes a line. */
  public void write(RequestObserver.Answered answered) {
    if (out == null) {
      return;
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("time", answered.time());
    fields.put("remote", answered.remote());
    fields.put("method", answered.method());
    fields.put("path", answered.path());
    fields.put("status", answered.status());
    fields.put("milliseconds", Math.round(answered.nanos() / 1e4) / 1e2);
    fields.put("bytesIn", answered.bytesIn());
    fields.put("bytesOut", answered.bytesOut());
    fields.putAll(answered.notes());
    byte[] line;
    try {
      line = (JSON.writeValueAsString(fields) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a line of the access log cannot be written as JSON", e);
    }
    if (!waiting.offer(line)) {
      long unused = lost.incrementAndGet();
    }
  }

  private void writeAll() {
    try {
      for (byte[] line = waiting.take(); line != END; line = waiting.take()) {
        write(line);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // whoever does that wants it to end
    }
  }

  private void write(byte[] line) {
    if (out == null) {
      return;
    }
    try {
      out.write(line);
      out.flush();
      if (failing) {
        LOG.warn("the access log {} can be written again; {} lines were lost", name, lost.get());
      }
      failing = false;
    } catch (IOException e) {
      long unused = lost.incrementAndGet();
      if (!failing) {
        LOG.warn(
            "cannot write the access log {} ({}): requests are answered, but their lines are lost",
            name,
            AtomicFile.reason(e));
      }
      failing = true;
    }
  }

  /** How many lines were lost. */
  public long lost() {
    return lost.get();
  }

  /** Writes what waits, for a few seconds at most, and closes a file. */
  @Override
  public void close() {
    if (out == null) {
      return;
    }
    try {
      if (waiting.offer(END, 1, TimeUnit.SECONDS)) {
        writer.join(TimeUnit.SECONDS.toMillis(5));
      }
      if (out instanceof FileOutputStream file && file.getFD() != FileDescriptor.out) {
        file.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.warn("cannot close the access log {} ({})", name, AtomicFile.reason(e));
    }
  }
}
