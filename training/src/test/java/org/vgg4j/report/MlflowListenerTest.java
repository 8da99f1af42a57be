package org.vgg4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.data.DataSplits;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.train.EpochMetrics;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.TinyRun;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingListener;
import org.vgg4j.train.TrainingResult;

class MlflowListenerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectMapper YAML = new YAMLMapper();

  @TempDir Path root;
  private final List<String> warnings = new ArrayList<>();
  private HttpServer server;

  /** What the server was sent: path, and body. */
  private final List<Map.Entry<String, JsonNode>> requests = new CopyOnWriteArrayList<>();

  private volatile String authorization = "";
  private final AtomicInteger failing = new AtomicInteger();

  @AfterEach
  void stop() {
    if (server != null) {
      server.stop(0);
    }
  }

  private TrainingResult train(Map<String, String> environment, int epochs) throws IOException {
    Path data = TinyRun.pictures(root.resolve("pets"), 14);
    Path out = root.resolve("run");
    MlflowListener listener = MlflowListener.of(environment, out, warnings::add);
    TrainingResult result = TinyRun.train(data, out, epochs, listener, () -> false);
    listener.ended(result);
    return result;
  }

  private static List<Path> in(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.sorted().toList();
    }
  }

  /** The columns of metrics.csv by their names. */
  private Map<String, List<Double>> columns() throws IOException {
    List<String> lines = Files.readAllLines(root.resolve("run/metrics.csv"));
    Map<String, List<Double>> columns = new LinkedHashMap<>();
    String[] names = lines.get(0).split(",");
    for (int i = 0; i < names.length; i++) {
      int column = i;
      columns.put(
          names[i],
          lines.stream().skip(1).map(line -> Double.valueOf(line.split(",")[column])).toList());
    }
    return columns;
  }

  /** The layout of MLflow's file store, with what training itself says. */
  @ParameterizedTest
  @ValueSource(strings = {"", "file:", "file://"})
  void folder(String scheme) throws IOException {
    Path store = root.resolve("mlruns");
    train(Map.of("MLFLOW_TRACKING_URI", scheme + store, "MLFLOW_EXPERIMENT_NAME", "pets: all"), 3);
    assertThat(warnings).isEmpty();
    JsonNode standard = YAML.readTree(store.resolve("0/meta.yaml").toFile());
    assertThat(standard.get("name").textValue()).isEqualTo("Default");
    assertThat(standard.get("experiment_id").textValue()).isEqualTo("0");
    Path experiment =
        in(store).stream().filter(path -> !path.endsWith("0")).findFirst().orElseThrow();
    JsonNode about = YAML.readTree(experiment.resolve("meta.yaml").toFile());
    assertThat(about.get("name").textValue()).isEqualTo("pets: all");
    assertThat(about.get("experiment_id").textValue())
        .isEqualTo(experiment.getFileName().toString())
        .matches("\\d+");
    assertThat(about.get("lifecycle_stage").textValue()).isEqualTo("active");
    assertThat(about.get("artifact_location").textValue()).isEqualTo("file://" + experiment);

    Path run = in(experiment).stream().filter(Files::isDirectory).findFirst().orElseThrow();
    JsonNode meta = YAML.readTree(run.resolve("meta.yaml").toFile());
    assertThat(meta.get("run_id").textValue())
        .isEqualTo(run.getFileName().toString())
        .matches("[0-9a-f]{32}");
    assertThat(meta.get("status").intValue()).isEqualTo(3); // finished
    assertThat(meta.get("end_time").longValue())
        .isGreaterThanOrEqualTo(meta.get("start_time").longValue());
    assertThat(Files.readString(run.resolve("params/epochs"))).isEqualTo("3");
    assertThat(Files.readString(run.resolve("params/arch"))).isEqualTo("A");
    assertThat(Files.readString(run.resolve("tags/mlflow.runName"))).isEqualTo("run");
    Map<String, List<Double>> columns = columns();
    Map<String, String> metricOfColumn =
        Map.of(
            "train_loss", "train_loss",
            "val_loss", "val_loss",
            "val_top1_error", "val_top1_error",
            "learning_rate", "learning_rate");
    for (Map.Entry<String, String> each : metricOfColumn.entrySet()) {
      List<String> lines = Files.readAllLines(run.resolve("metrics").resolve(each.getValue()));
      assertThat(lines).hasSize(3);
      for (int epoch = 1; epoch <= 3; epoch++) {
        String[] words = lines.get(epoch - 1).split(" ");
        assertThat(words).hasSize(3);
        assertThat(Long.parseLong(words[0])).isGreaterThan(1_600_000_000_000L);
        assertThat(Double.parseDouble(words[1]))
            .isCloseTo(columns.get(each.getKey()).get(epoch - 1), within(1e-4));
        assertThat(words[2]).isEqualTo(String.valueOf(epoch));
      }
    }
    assertThat(Files.readAllLines(run.resolve("metrics/test_top1_error"))).hasSize(1);
    assertThat(Files.readAllLines(run.resolve("metrics/best_epoch"))).hasSize(1);
  }

  /** A second run goes into the same experiment; a resumed one into the same run. */
  @Test
  void runsOfAnExperiment() throws IOException {
    Path store = root.resolve("mlruns");
    MlflowFiles files = new MlflowFiles(store);
    String first = files.begin("Default", "a", 1_700_000_000_000L, Map.of("k", "v"));
    String second = new MlflowFiles(store).begin("Default", "b", 1_700_000_000_001L, Map.of());
    assertThat(first).isNotEqualTo(second);
    assertThat(in(store)).hasSize(1);
    assertThat(store.resolve("0").resolve(second).resolve("params")).isEmptyDirectory();
    files.log(second, Map.of(), Map.of("loss", 0.5), 1_700_000_000_002L, 7);
    files.log(second, Map.of(), Map.of("loss", 0.25), 1_700_000_000_003L, 8);
    assertThat(store.resolve("0").resolve(second).resolve("metrics/loss"))
        .hasContent("1700000000002 0.5 7\n1700000000003 0.25 8\n");

    Map<String, String> environment = Map.of("MLFLOW_TRACKING_URI", store.toString());
    train(environment, 2);
    String id = JSON.readTree(root.resolve("run/mlflow.json").toFile()).get("run").textValue();
    MlflowListener again = MlflowListener.of(environment, root.resolve("run"), warnings::add);
    start(again);
    again.failed();
    JsonNode meta = YAML.readTree(store.resolve("0").resolve(id).resolve("meta.yaml").toFile());
    assertThat(meta.get("status").intValue()).isEqualTo(4); // failed
    assertThat(in(store.resolve("0"))).hasSize(4); // three runs, and meta.yaml
    assertThat(warnings).isEmpty();
  }

  /** Tells a listener that a run starts, as real training does. */
  private void start(TrainingListener listener) throws IOException {
    TrainingListener only =
        new TrainingListener() {
          @Override
          public void started(
              TrainingConfig config,
              DataSplits data,
              Architecture architecture,
              MemoryPlan memory) {
            listener.started(config, data, architecture, memory);
          }

          @Override
          public void stepped(Progress progress) {}

          @Override
          public void epochEnded(EpochMetrics metrics, boolean best) {}

          @Override
          public void warned(String sentence) {}
        };
    Path data = TinyRun.pictures(root.resolve("others"), 14);
    TrainingResult unused = TinyRun.train(data, root.resolve("other"), 1, only, () -> false);
  }

  private String serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/tracked";
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().toString();
    byte[] body = exchange.getRequestBody().readAllBytes();
    authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
    String answer = "{}";
    int status = 200;
    if (failing.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      status = 500;
      answer = "{\"error_code\": \"INTERNAL_ERROR\", \"message\": \"out of order\"}";
    } else if (path.contains("get-by-name")) {
      status = 404;
      answer = "{\"error_code\": \"RESOURCE_DOES_NOT_EXIST\"}";
    } else if (path.endsWith("experiments/create")) {
      answer = "{\"experiment_id\": \"12\"}";
    } else if (path.endsWith("runs/create")) {
      answer = "{\"run\": {\"info\": {\"run_id\": \"abc\"}}}";
    }
    requests.add(
        Map.entry(
            path, JSON.readTree(body.length == 0 ? "{}".getBytes(StandardCharsets.UTF_8) : body)));
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private List<JsonNode> metrics() {
    return requests.stream()
        .filter(request -> request.getValue().has("metrics"))
        .map(Map.Entry::getValue)
        .toList();
  }

  @Test
  void server() throws IOException {
    String address = serve();
    train(
        Map.of(
            "MLFLOW_TRACKING_URI", address.replace("//", "//ann:secret@"),
            "MLFLOW_EXPERIMENT_NAME", "pets & more",
            "MLFLOW_RUN_NAME", "first"),
        2);
    assertThat(warnings).isEmpty();
    assertThat(authorization)
        .isEqualTo(
            "Basic "
                + Base64.getEncoder()
                    .encodeToString("ann:secret".getBytes(StandardCharsets.UTF_8)));
    String api = "/tracked/api/2.0/mlflow/";
    assertThat(requests.stream().map(Map.Entry::getKey))
        .containsExactly(
            api + "experiments/get-by-name?experiment_name=pets+%26+more",
            api + "experiments/create",
            api + "runs/create",
            api + "runs/log-batch", // parameters
            api + "runs/log-batch",
            api + "runs/log-batch",
            api + "runs/log-batch", // the result
            api + "runs/update");
    assertThat(requests.get(1).getValue().get("name").textValue()).isEqualTo("pets & more");
    JsonNode created = requests.get(2).getValue();
    assertThat(created.get("experiment_id").textValue()).isEqualTo("12");
    assertThat(created.get("run_name").textValue()).isEqualTo("first");
    JsonNode parameters = requests.get(3).getValue();
    assertThat(parameters.get("run_id").textValue()).isEqualTo("abc");
    assertThat(parameters.get("params").findValuesAsText("key")).contains("arch", "lr", "epochs");
    for (int epoch = 1; epoch <= 2; epoch++) {
      JsonNode loss = metric(metrics().get(epoch - 1), "val_loss");
      assertThat(loss.get("step").intValue()).isEqualTo(epoch);
      assertThat(loss.get("value").doubleValue())
          .isCloseTo(columns().get("val_loss").get(epoch - 1), within(1e-5));
    }
    assertThat(metric(metrics().get(2), "test_top1_error").get("step").intValue()).isEqualTo(2);
    JsonNode update = requests.get(7).getValue();
    assertThat(update.get("status").textValue()).isEqualTo("FINISHED");
    assertThat(update.get("end_time").longValue()).isPositive();
    assertThat(Files.readString(root.resolve("run/mlflow.json"))).doesNotContain("secret");
  }

  private static JsonNode metric(JsonNode batch, String key) {
    for (JsonNode metric : batch.get("metrics")) {
      if (metric.get("key").textValue().equals(key)) {
        return metric;
      }
    }
    throw new AssertionError("no " + key + " in " + batch);
  }

  /** What a server missed is sent when it is there again: one try an epoch, and one warning. */
  @Test
  void aServerThatFailsForAWhile() throws IOException {
    String address = serve();
    failing.set(3); // when training starts, and after two epochs
    TrainingResult result = train(Map.of("MLFLOW_TRACKING_URI", address), 4);
    assertThat(result.interrupted()).isFalse();
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("nothing is logged to MLflow for now, and tried again after each epoch: ")
        .endsWith("answers 500 (out of order)");
    assertThat(requests.subList(0, 3))
        .allMatch(request -> request.getKey().contains("get-by-name"));
    assertThat(metrics()).hasSize(5);
    for (int epoch = 1; epoch <= 4; epoch++) {
      assertThat(metric(metrics().get(epoch - 1), "train_loss").get("step").intValue())
          .isEqualTo(epoch);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://127.0.0.1:9", "databricks", "sqlite:///a.db", "http:// /"})
  void nothingAboutTrackingStopsATraining(String uri) throws IOException {
    Path file = Files.writeString(root.resolve("file"), "in the way");
    String place = uri.equals("databricks") ? file.resolve("mlruns").toString() : uri;
    TrainingResult result = train(Map.of("MLFLOW_TRACKING_URI", place), 2);
    assertThat(result.bestEpoch()).isPositive();
    assertThat(warnings).singleElement().asString().startsWith("nothing is logged to MLflow");
    assertThat(new RunFolder(root.resolve("run")).isFinished()).isTrue();
  }

  @Test
  void withoutTheVariableNothingIsLogged() throws IOException {
    train(Map.of(), 1);
    assertThat(warnings).isEmpty();
    assertThat(root.resolve("run/mlflow.json")).doesNotExist();
  }

  /** Nothing of a password is printed, and nothing is sent without the one that was meant. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://user:p^secret@host:5000",
        "http://user:p@secret@host:5000",
        "https://user:pa/secret@host:5000/tracked",
        "postgresql://user:secret@host:5000/mlflow"
      })
  void passwordsThatAreNotEncodedAreRefusedAndNotShown(String uri) throws IOException {
    train(Map.of("MLFLOW_TRACKING_URI", uri), 1);
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("nothing is logged to MLflow")
        .contains("host:5000")
        .doesNotContain("secret");
    assertThat(root.resolve("run/mlflow.json")).doesNotExist();
  }

  @Test
  void databricksIsNoFolder() throws IOException {
    train(Map.of("MLFLOW_TRACKING_URI", "databricks"), 1);
    assertThat(warnings).singleElement().asString().contains("Databricks is not supported");
    assertThat(Path.of("databricks")).doesNotExist();
  }
}
