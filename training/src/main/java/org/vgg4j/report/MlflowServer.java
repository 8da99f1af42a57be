package org.vgg4j.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/** A tracking server, by MLflow's REST API 2.0. */
final class MlflowServer implements MlflowStore {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int NOT_FOUND = 404;

  /** The most parameters, and the most metrics, that a request may hold. */
  private static final int MOST = 100;

  private final HttpClient client;
  private final Duration patience;
  private final String address;
  private final @Nullable String authorization;

  /**
   * @param address of the server, without the path of its API
   * @param authorization the header's value; null for none
   * @param patience how long an answer may take
   */
  MlflowServer(URI address, @Nullable String authorization, Duration patience) {
    this.address = address.toString().replaceFirst("/+$", "") + "/api/2.0/mlflow/";
    this.authorization = authorization;
    this.patience = patience;
    this.client = HttpClient.newBuilder().connectTimeout(patience).build();
  }

  @Override
  public String begin(String experiment, String name, long millis, Map<String, String> tags) {
    ObjectNode body = JSON.createObjectNode();
    body.put("experiment_id", experimentId(experiment));
    body.put("run_name", name);
    body.put("start_time", millis);
    body.set("tags", pairs(List.copyOf(tags.entrySet())));
    return text(post("runs/create", body), "run", "info", "run_id");
  }

  private String experimentId(String name) {
    String query = "experiment_name=" + URLEncoder.encode(name, StandardCharsets.UTF_8);
    JsonNode found = send("experiments/get-by-name?" + query, null);
    if (found != null) {
      return text(found, "experiment", "experiment_id");
    }
    return text(
        post("experiments/create", JSON.createObjectNode().put("name", name)), "experiment_id");
  }

  @Override
  public void log(
      String run,
      Map<String, String> parameters,
      Map<String, Double> metrics,
      long millis,
      long step) {
    List<Map.Entry<String, String>> asked = new ArrayList<>(parameters.entrySet());
    for (int first = 0; first < asked.size(); first += MOST) {
      ObjectNode body = JSON.createObjectNode().put("run_id", run);
      body.set("params", pairs(asked.subList(first, Math.min(asked.size(), first + MOST))));
      JsonNode unused = post("runs/log-batch", body);
    }
    if (!metrics.isEmpty()) {
      ObjectNode body = JSON.createObjectNode().put("run_id", run);
      ArrayNode all = body.putArray("metrics");
      metrics.forEach(
          (key, value) ->
              all.addObject()
                  .put("key", key)
                  .put("value", value)
                  .put("timestamp", millis)
                  .put("step", step));
      JsonNode unused = post("runs/log-batch", body);
    }
  }

  @Override
  public void mark(String run, Status status, long millis) {
    ObjectNode body = JSON.createObjectNode().put("run_id", run).put("status", status.name());
    if (status != Status.RUNNING) {
      body.put("end_time", millis);
    }
    JsonNode unused = post("runs/update", body);
  }

  private static ArrayNode pairs(List<Map.Entry<String, String>> values) {
    ArrayNode all = JSON.createArrayNode();
    values.forEach(
        entry -> all.addObject().put("key", entry.getKey()).put("value", entry.getValue()));
    return all;
  }

  private JsonNode post(String path, ObjectNode body) {
    JsonNode answer = send(path, body);
    if (answer == null) {
      throw new InputException(
          "%s answers 404 (not there): check that it is an MLflow server"
              .formatted(address + path));
    }
    return answer;
  }

  /**
   * Sends a request.
   *
   * @param body what to post; null to get
   * @return the answer; null if the server says that there is no such thing
   */
  private @Nullable JsonNode send(String path, @Nullable ObjectNode body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + path))
            .timeout(patience)
            .header("Content-Type", "application/json");
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    if (body != null) {
      request.POST(HttpRequest.BodyPublishers.ofString(body.toString()));
    }
    try {
      HttpResponse<String> answer =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == NOT_FOUND) {
        return null;
      }
      if (answer.statusCode() != 200) {
        throw new InputException(
            "%s answers %d%s".formatted(address, answer.statusCode(), said(answer.body())));
      }
      return JSON.readTree(answer.body());
    } catch (JsonProcessingException e) {
      throw new InputException(address + " does not answer as an MLflow server does", e);
    } catch (IOException e) {
      throw new InputException(
          "%s cannot be reached (%s)".formatted(address, AtomicFile.reason(e)), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InputException(address + " cannot be reached: waiting was interrupted", e);
    }
  }

  /** The server's own words, if it has any. */
  private static String said(String body) {
    try {
      JsonNode message = JSON.readTree(body).path("message");
      return message.isTextual() ? " (" + message.textValue() + ")" : "";
    } catch (JsonProcessingException e) {
      return "";
    }
  }

  private String text(JsonNode answer, String... path) {
    JsonNode at = answer;
    for (String name : path) {
      at = at.path(name);
    }
    if (!at.isTextual()) {
      throw new InputException(
          "%s does not answer as an MLflow server does: it gives no %s"
              .formatted(address, path[path.length - 1]));
    }
    return at.textValue();
  }
}
