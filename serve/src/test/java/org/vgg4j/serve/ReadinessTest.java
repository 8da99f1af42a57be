package org.vgg4j.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.base.DeviceFailedException;
import org.vgg4j.model.Configuration;
import org.vgg4j.serve.api.Api;
import org.vgg4j.serve.api.Finders;
import org.vgg4j.serve.compute.Admission;
import org.vgg4j.serve.compute.ComputeQueue;
import org.vgg4j.serve.compute.Work;
import org.vgg4j.serve.http.ByteBudget;
import org.vgg4j.serve.http.Deadline;
import org.vgg4j.serve.http.HttpServer;
import org.vgg4j.serve.http.Limits;
import org.vgg4j.serve.http.ListeningSocket;
import org.vgg4j.serve.http.Routes;
import org.vgg4j.serve.inference.InferenceEndpoints;
import org.vgg4j.serve.metrics.Metrics;
import org.vgg4j.serve.models.Memory;
import org.vgg4j.serve.models.ServedModels;
import org.vgg4j.weights.TestModels;

/** What those are told who ask whether requests may come. */
class ReadinessTest {
  @TempDir Path root;

  private static HttpResponse<String> get(int port, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private static int status(int port, String path) throws Exception {
    return get(port, path).statusCode();
  }

  private static void assertStatus(int port, int expected) throws Exception {
    assertThat(status(port, "/readyz")).isEqualTo(expected);
    assertThat(status(port, "/v2/health/ready")).isEqualTo(expected);
  }

  private final CompletableFuture<Void> loaded = new CompletableFuture<>();

  private void serve(HttpServer server, ServedModels models, ComputeQueue queue, Metrics metrics) {
    Api api =
        new Api(
            models,
            new Finders(null, null),
            queue,
            new Admission(4),
            Runnable::run,
            metrics,
            new Api.Rules(1_000, 1_000, false, false));
    Routes routes = new Routes();
    api.addTo(routes);
    new InferenceEndpoints(models, api.pipeline(), api.json()).addTo(routes);
    server.serve(routes, null, new ByteBudget(1_000_000), loaded, answered -> {});
  }

  private static ServedModels models() {
    return new ServedModels(
        ClassifierOptions.defaults().withThreads(1).withPasses(1), 4, true, new Memory(1L << 40));
  }

  /** The first of several models is not enough: requests wait for all. */
  @Test
  void readyOnceAllModelsOfTheStartAreLoaded() throws Exception {
    Path file = root.resolve("model.safetensors");
    TestModels.random(Configuration.A, "a", "b").write(file);
    Metrics metrics = new Metrics();
    ListeningSocket socket = ListeningSocket.bind(new InetSocketAddress("127.0.0.1", 0));
    try (ServedModels models = models();
        ComputeQueue queue = new ComputeQueue(0, metrics::computed);
        HttpServer server =
            new HttpServer(socket, null, new Limits(1_000, 10, 5_000, 5_000, 5_000), 1_000)) {
      serve(server, models, queue, metrics);
      assertStatus(socket.port(), 503);
      models.load("first", file);
      assertStatus(socket.port(), 503);
      assertThat(get(socket.port(), "/v2/health/ready").body())
          .contains("models are still being loaded");
      models.begin(Map.of("second", file));
      assertStatus(socket.port(), 200);
      assertThat(models.unload("first")).isEqualTo(file);
      assertThat(models.unload("second")).isEqualTo(file);
      assertStatus(socket.port(), 503);
      assertThat(get(socket.port(), "/v2/health/ready").body()).contains("no model is loaded");
    }
  }

  /** What computes on a device that fails. */
  private static final class Failing implements Work<Integer, Integer> {
    @Override
    public String name() {
      return "fail";
    }

    @Override
    public int most() {
      return 1;
    }

    @Override
    public List<Integer> compute(List<Integer> inputs) {
      throw new DeviceFailedException("failure " + inputs.get(0));
    }
  }

  /** So that whoever watches over the service starts another. */
  @Test
  void neitherReadyNorAliveOnceTheDeviceHasFailed() throws Exception {
    Path file = root.resolve("model.safetensors");
    TestModels.random(Configuration.A, "a", "b").write(file);
    Metrics metrics = new Metrics();
    ListeningSocket socket = ListeningSocket.bind(new InetSocketAddress("127.0.0.1", 0));
    try (ServedModels models = models();
        ComputeQueue queue = new ComputeQueue(0, metrics::computed);
        HttpServer server =
            new HttpServer(socket, null, new Limits(1_000, 10, 5_000, 5_000, 5_000), 1_000)) {
      serve(server, models, queue, metrics);
      models.begin(Map.of("first", file));
      assertThat(loaded.complete(null)).isTrue();
      assertStatus(socket.port(), 200);
      assertThat(status(socket.port(), "/v2/models/first/ready")).isEqualTo(200);
      assertThat(status(socket.port(), "/healthz")).isEqualTo(200);
      for (int i = 1; i <= 2; i++) {
        CompletableFuture<Integer> failed = queue.submit(new Failing(), i, Deadline.in(60_000));
        assertThatThrownBy(failed::join).hasRootCauseInstanceOf(DeviceFailedException.class);
      }
      assertThat(queue.deviceFailure()).isEqualTo("failure 1");
      assertStatus(socket.port(), 503);
      assertThat(status(socket.port(), "/healthz")).isEqualTo(503);
      assertThat(status(socket.port(), "/v2/health/live")).isEqualTo(503);
      for (String path :
          List.of(
              "/readyz",
              "/healthz",
              "/v2/health/live",
              "/v2/health/ready",
              "/v2/models/first/ready")) {
        assertThat(status(socket.port(), path)).as(path).isEqualTo(503);
        assertThat(get(socket.port(), path).body()).as(path).contains("failure 1");
      }
    }
  }
}
