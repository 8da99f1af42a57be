package org.vgg4j.serve.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.InputException;

/**
 * A server for HTTP/1.1, with or without TLS. Clients are answered from {@link #serve} on. Nothing
 * waits on a thread for a client: a thousand slow ones cost a thousand sockets. Thread-safe.
 */
public final class HttpServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);
  private static final int THREADS = 16;

  private final Server server;
  private final ServerConnector connector;
  private final Limits limits;
  private final ListeningSocket socket;
  private final ScheduledThreadPoolExecutor timers;
  private final SlowConnections connections;
  private final long graceMilliseconds;

  /**
   * @param socket on which clients connect; closed with this
   * @param tls null: plain HTTP
   * @param graceMilliseconds how long {@link #close} waits for requests that are being answered
   */
  public HttpServer(
      ListeningSocket socket, @Nullable Tls tls, Limits limits, long graceMilliseconds) {
    this.socket = socket;
    this.limits = limits;
    this.graceMilliseconds = graceMilliseconds;
    QueuedThreadPool threads = new QueuedThreadPool(THREADS);
    threads.setName("http");
    this.server = new Server(threads);
    this.timers =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "http-timers");
              thread.setDaemon(true);
              return thread;
            });
    timers.setRemoveOnCancelPolicy(true); // or each body would be held until its time is over
    this.connections = new SlowConnections(limits, timers);
    this.connector = connector(tls);
    connector.setIdleTimeout(limits.headMilliseconds());
    connector.addEventListener(connections);
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(limits.connections(), connector));
  }

  private ServerConnector connector(@Nullable Tls tls) {
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    configuration.setSendDateHeader(true);
    // Otherwise a token gets the letters' case of an earlier one on the same connection.
    configuration.setHeaderCacheCaseSensitive(true);
    configuration.setUriCompliance(UriCompliance.DEFAULT);
    if (tls == null) {
      return new ServerConnector(server, 1, 1, new HttpConnectionFactory(configuration));
    }
    configuration.addCustomizer(new SecureRequestCustomizer(false));
    SslContextFactory.Server secrets = new SslContextFactory.Server();
    secrets.setKeyStore(tls.keys());
    secrets.setKeyStorePassword(tls.password());
    return new ServerConnector(server, secrets, new HttpConnectionFactory(configuration));
  }

  /** The number of open connections. */
  public int connections() {
    return connections.count();
  }

  /**
   * Begins to answer.
   *
   * @param routes must not change any more
   * @param token what clients must bear; null: nothing
   * @param budget the memory of all bodies
   * @param ready until it is completed, requests of routes that are not open wait
   * @param observer is told of every answer
   */
  public void serve(
      Routes routes,
      @Nullable String token,
      ByteBudget budget,
      CompletableFuture<Void> ready,
      RequestObserver observer) {
    Guard guard = new Guard(token, socket.address().getAddress());
    GracefulHandler graceful =
        new GracefulHandler(
            new RequestHandler(
                routes, guard, limits, budget, ready, timers, connections, observer));
    server.setHandler(graceful);
    server.setErrorHandler(new JsonErrors());
    server.setStopTimeout(graceMilliseconds);
    try {
      connector.open(socket.channel());
      server.start();
    } catch (Exception e) { // Jetty declares no more than that
      throw new InputException("the server cannot start (" + e.getMessage() + ")", e);
    }
  }

  /**
   * Accepts no more connections, refuses requests that still come with 503, waits for those that
   * are being answered, and ends.
   */
  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) { // Jetty declares no more than that
      LOG.warn("requests were still being answered after {} ms, and were ended", graceMilliseconds);
    } finally {
      connector.close();
      socket.close();
      connections.close();
      timers.shutdownNow();
    }
  }
}
