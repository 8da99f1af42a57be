package org.vgg4j.serve.http;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.ConnectionMetaData;

/**
 * Closes connections on which nothing is being answered for too long: idle ones, and those whose
 * clients send the head of a request a byte at a time, which Jetty's own time-outs, being for each
 * read, never end; and those whose answer takes longer than any may, since it is not read.
 * Thread-safe.
 */
final class SlowConnections implements Connection.Listener, AutoCloseable {
  private final Map<Connection, Since> open = new ConcurrentHashMap<>();
  private final long patience;
  private final long longest;
  private final ScheduledFuture<?> sweep;

  /**
   * When a connection last finished something, in nanoseconds; busy while a request is answered.
   */
  private static final class Since {
    private volatile long nanos = System.nanoTime();
    private volatile boolean busy;
  }

  /**
   * @param limits how long a connection may go without a request being answered, and how long that
   *     may take
   */
  SlowConnections(Limits limits, ScheduledExecutorService timers) {
    this.patience = TimeUnit.MILLISECONDS.toNanos(limits.headMilliseconds());
    this.longest =
        2 * TimeUnit.MILLISECONDS.toNanos(limits.bodyMilliseconds() + limits.answerMilliseconds());
    long period = Math.max(50, limits.headMilliseconds() / 8);
    this.sweep =
        timers.scheduleWithFixedDelay(this::closeSlow, period, period, TimeUnit.MILLISECONDS);
  }

  @Override
  public void onOpened(Connection connection) {
    if (connection instanceof ConnectionMetaData) { // TLS has another one below it
      open.put(connection, new Since());
    }
  }

  @Override
  public void onClosed(Connection connection) {
    open.remove(connection);
  }

  /** A request's head has come. */
  void begin(Connection connection) {
    mark(connection, true);
  }

  /** Its answer has been sent. */
  void end(Connection connection) {
    mark(connection, false);
  }

  private void mark(Connection connection, boolean busy) {
    Since since = open.get(connection);
    if (since != null) {
      since.nanos = System.nanoTime();
      since.busy = busy;
    }
  }

  /** The number of connections. */
  int count() {
    return open.size();
  }

  private void closeSlow() {
    long now = System.nanoTime();
    open.forEach(
        (connection, since) -> {
          if (now - since.nanos > (since.busy ? longest : patience)) {
            open.remove(connection);
            connection.getEndPoint().close();
          }
        });
  }

  @Override
  public void close() {
    boolean unused = sweep.cancel(false);
  }
}
