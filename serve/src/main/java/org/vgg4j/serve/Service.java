package org.vgg4j.serve;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.serve.api.Api;
import org.vgg4j.serve.api.Finders;
import org.vgg4j.serve.compute.Admission;
import org.vgg4j.serve.compute.ComputeQueue;
import org.vgg4j.serve.http.AccessLog;
import org.vgg4j.serve.http.ByteBudget;
import org.vgg4j.serve.http.HttpServer;
import org.vgg4j.serve.http.Limits;
import org.vgg4j.serve.http.ListeningSocket;
import org.vgg4j.serve.http.Routes;
import org.vgg4j.serve.inference.InferenceEndpoints;
import org.vgg4j.serve.inference.RepositoryEndpoints;
import org.vgg4j.serve.metrics.Metrics;
import org.vgg4j.serve.models.Memory;
import org.vgg4j.serve.models.ModelWatch;
import org.vgg4j.serve.models.ServedModels;

/**
 * A running service. Thread-safe.
 *
 * <p>Its memory is divided before it starts: models take what they need, requests have a share that
 * they cannot exceed, and what does not fit is refused at the start, or when a model is loaded.
 */
public final class Service implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Service.class);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>(); // the last is closed first
  private final ListeningSocket socket;
  private final ServiceOptions options;
  private final ServedModels models;
  private final Routes routes = new Routes();

  /**
   * How the heap is divided, before anything large is loaded.
   *
   * @param heap the largest that Java takes, in bytes
   * @param memory of which requests and finders have been promised their part
   * @param shares of requests
   * @param finders can be loaded
   * @param models into which they can be loaded
   */
  private record Division(
      long heap, Memory memory, MemoryShares shares, FinderParts finders, ServedModels models) {
    static Division of(ServiceOptions options) {
      long heap = Runtime.getRuntime().maxMemory();
      Memory memory = new Memory(heap);
      MemoryShares shares = MemoryShares.of(options.load(), options.machine().threads(), heap);
      shares.reserve(memory);
      boolean onHeap = computesOnHeap(options);
      FinderParts finders = new FinderParts(options, onHeap);
      finders.reserve(memory);
      ServedModels models =
          new ServedModels(options.machine(), options.load().queue(), onHeap, memory);
      return new Division(heap, memory, shares, finders, models);
    }
  }

  private Service(ServiceOptions options, ListeningSocket socket, Division division) {
    this.options = options;
    this.socket = open(socket);
    this.models = open(division.models());
    CompletableFuture<Void> loaded = new CompletableFuture<>();
    // beside the models' loading: either takes most of a second
    CompletableFuture<Void> front = CompletableFuture.runAsync(() -> begin(division, loaded));
    try {
      models.begin(options.models());
      front.join();
      boolean unused = loaded.complete(null);
    } catch (CompletionException e) {
      closeParts();
      throw e.getCause() instanceof InputException sentence ? sentence : e;
    } catch (RuntimeException | Error e) {
      CompletableFuture<Void> ended = front.exceptionally(failure -> null);
      ended.join();
      boolean unused = loaded.completeExceptionally(e);
      closeParts();
      throw e;
    }
    LOG.info(
        "memory: {} for models and requests, of a heap of {}; images of at most {} pixels",
        Bytes.needed(division.memory().reserved()),
        Bytes.available(division.heap()),
        division.shares().maxPixels());
  }

  private static boolean computesOnHeap(ServiceOptions options) {
    if (options.machine().device().equals(Device.CPU.text())) {
      return true;
    }
    try (Engine engine = Engines.open(Device.of(options.machine().device()), 1)) {
      return engine.device().kind().equals(Device.CPU.kind());
    }
  }

  private void begin(Division division, CompletableFuture<Void> loaded) {
    ServiceOptions.Load load = options.load();
    MemoryShares shares = division.shares();
    AccessLog log = open(accessLog());
    Admission admission = new Admission(load.queue());
    ByteBudget budget = new ByteBudget(shares.bodies());
    Metrics metrics = new Metrics();
    Finders finders = open(division.finders().load()); // closed after what computes with it
    ExecutorService decoders = Executors.newFixedThreadPool(shares.decoders(), named("decode"));
    open(() -> end(decoders)); // after the queue, which then refuses what is still decoded
    ComputeQueue queue = open(new ComputeQueue(load.batchDelay(), metrics::computed));
    // closed before what answers its requests
    HttpServer server =
        open(new HttpServer(socket, options.access().tls(), limits(load), load.grace()));
    metrics.watch(queue, admission, budget, division.memory(), log, server);
    Api api =
        new Api(
            models,
            finders,
            queue,
            admission,
            decoders,
            metrics,
            new Api.Rules(
                load.maxBody(),
                shares.maxPixels(),
                options.access().token() != null,
                options.access().changes()));
    if (load.watch() > 0) {
      open(new ModelWatch(models, load.watch()));
    }
    api.addTo(routes);
    new InferenceEndpoints(models, api.pipeline(), api.json()).addTo(routes);
    new RepositoryEndpoints(models, api.changes(), api.json()).addTo(routes);
    server.serve(
        routes,
        options.access().token(),
        budget,
        loaded,
        answered -> {
          metrics.answered(answered);
          log.write(answered);
        });
  }

  private synchronized <T extends AutoCloseable> T open(T part) {
    parts.push(part);
    return part;
  }

  /** Lets what waits to be decoded come to its end, so that no request is left without one. */
  private static void end(ExecutorService decoders) throws InterruptedException {
    decoders.shutdown();
    if (!decoders.awaitTermination(10, TimeUnit.SECONDS)) {
      LOG.warn("images are still being decoded, and are left to themselves");
    }
  }

  private AccessLog accessLog() {
    if (options.accessLog() == null) {
      return AccessLog.none();
    }
    return options.accessLog().toString().equals("-")
        ? AccessLog.to(new FileOutputStream(FileDescriptor.out), "on standard output")
        : AccessLog.to(options.accessLog());
  }

  private static ThreadFactory named(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /**
   * Starts a service; requests are answered when this returns.
   *
   * @throws org.vgg4j.base.InputException if the port is taken, a model cannot be loaded, or there
   *     is not enough memory
   */
  public static Service start(ServiceOptions options) {
    ServiceOptions.Access access = options.access();
    Division division = Division.of(options);
    return new Service(
        options,
        ListeningSocket.bind(new InetSocketAddress(access.host(), access.port())),
        division);
  }

  private static Limits limits(ServiceOptions.Load load) {
    return new Limits(
        load.maxBody(),
        load.connections(),
        load.headTimeout(),
        load.bodyTimeout(),
        load.answerTimeout());
  }

  /**
   * The memory that a service takes of the heap, in bytes.
   *
   * @param models on the CPU; a GPU has memory of its own
   * @param requests whatever clients send
   * @param heap the largest that Java takes
   */
  public record Plan(long models, long requests, long heap) {}

  /**
   * Predicts a service's memory; of models, only headers are read.
   *
   * @throws org.vgg4j.base.InputException if a model is missing or broken, or there is not enough
   */
  public static Plan plan(ServiceOptions options) {
    Division division = Division.of(options);
    options.models().forEach((name, file) -> division.models().reserve(name, file));
    long requests = division.shares().bytes();
    return new Plan(division.memory().reserved() - requests, requests, division.heap());
  }

  /** The port that it listens on. */
  public int port() {
    return socket.port();
  }

  /** Where a browser finds its page. */
  public String address() {
    String host = options.access().host();
    String named = host.contains(":") ? "[" + host + "]" : host;
    String scheme = options.access().tls() == null ? "http" : "https";
    return scheme + "://" + named + ":" + port() + "/";
  }

  /** What clients can ask for. */
  Routes routes() {
    return routes;
  }

  /**
   * Stops in an orderly way: accepts nothing more, refuses requests that still come, finishes those
   * that are being answered, and releases everything. Closing again does nothing.
   */
  @Override
  public void close() {
    closeParts();
  }

  private synchronized void closeParts() {
    @Nullable AutoCloseable part;
    while ((part = parts.poll()) != null) {
      try {
        part.close();
      } catch (Exception e) { // none of ours throws anything but bugs
        LOG.error("a part of the service could not be closed", e);
      }
    }
  }
}
