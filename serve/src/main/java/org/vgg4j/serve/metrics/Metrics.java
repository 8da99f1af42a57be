package org.vgg4j.serve.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import org.vgg4j.serve.compute.Admission;
import org.vgg4j.serve.compute.ComputeQueue;
import org.vgg4j.serve.http.AccessLog;
import org.vgg4j.serve.http.Answer;
import org.vgg4j.serve.http.ByteBudget;
import org.vgg4j.serve.http.HttpServer;
import org.vgg4j.serve.http.RequestObserver;
import org.vgg4j.serve.models.Memory;

/** Counts what happens, and asks the parts how they are when it is read. Thread-safe. */
public final class Metrics {
  private static final double[] SECONDS = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
  };
  private static final double[] IMAGES = {1, 2, 4, 8, 16, 32, 64, 128};

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final PrometheusTextFormatWriter writer =
      PrometheusTextFormatWriter.builder().setIncludeCreatedTimestamps(false).build();
  private final Counter requests =
      Counter.builder()
          .name("vgg_requests")
          .help("Requests that were answered.")
          .labelNames("route", "method", "status")
          .register(registry);
  private final Histogram latency =
      Histogram.builder()
          .name("vgg_request_duration")
          .unit(Unit.SECONDS)
          .help("From a request's head to its whole answer.")
          .labelNames("route")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .register(registry);
  private final Histogram batches =
      Histogram.builder()
          .name("vgg_batch_images")
          .help("Images that were computed at a time.")
          .labelNames("work")
          .classicOnly()
          .classicUpperBounds(IMAGES)
          .register(registry);
  private final Histogram waiting =
      Histogram.builder()
          .name("vgg_queue_wait")
          .unit(Unit.SECONDS)
          .help("How long the oldest image of a batch had waited to be computed.")
          .labelNames("work")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .register(registry);
  private final Histogram computing =
      Histogram.builder()
          .name("vgg_batch_duration")
          .unit(Unit.SECONDS)
          .help("How long a batch was computed.")
          .labelNames("work")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .register(registry);

  /** Notes an answer. */
  public void answered(RequestObserver.Answered answered) {
    String status = String.format(Locale.ROOT, "%d", answered.status());
    requests.labelValues(answered.route(), method(answered.method()), status).inc();
    latency.labelValues(answered.route()).observe(answered.nanos() / 1e9);
  }

  /** Clients may send any word as a method, and each would be a line for ever. */
  private static String method(String method) {
    return switch (method) {
      case "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS" -> method;
      default -> "other";
    };
  }

  /** Notes a batch. */
  public void computed(String work, int images, long waitedNanos, long nanos) {
    batches.labelValues(work).observe(images);
    waiting.labelValues(work).observe(waitedNanos / 1e9);
    computing.labelValues(work).observe(nanos / 1e9);
  }

  /** Names the parts that are asked how they are. */
  public void watch(
      ComputeQueue queue,
      Admission admission,
      ByteBudget budget,
      Memory memory,
      AccessLog log,
      HttpServer server) {
    gauge("vgg_queue_length", "Images that wait to be computed.", queue::length);
    gauge("vgg_images_inside", "Images that are worked on or wait.", admission::inside);
    gauge("vgg_images_inside_most", "The most of them; further ones get 429.", admission::most);
    gauge("vgg_connections", "Open connections.", server::connections);
    gauge("vgg_bodies_bytes", "Memory of the bodies of requests.", budget::taken);
    gauge("vgg_memory_promised_bytes", "Heap that models and requests may take.", memory::reserved);
    gauge("vgg_heap_used_bytes", "Heap in use, garbage included.", Metrics::heapUsed);
    gauge("vgg_heap_most_bytes", "The largest heap.", () -> Runtime.getRuntime().maxMemory());
    CounterWithCallback.builder()
        .name("vgg_access_log_lost_lines")
        .help("Lines of the access log that could not be written.")
        .callback(callback -> callback.call(log.lost()))
        .register(registry);
  }

  private static double heapUsed() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - (double) runtime.freeMemory();
  }

  private void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(registry);
  }

  /** All figures, in Prometheus' text format 0.0.4. */
  public Answer page() {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      writer.write(text, registry.scrape());
    } catch (IOException e) {
      throw new IllegalStateException("figures in memory cannot be written", e);
    }
    return Answer.of(PrometheusTextFormatWriter.CONTENT_TYPE, text.toByteArray());
  }
}
