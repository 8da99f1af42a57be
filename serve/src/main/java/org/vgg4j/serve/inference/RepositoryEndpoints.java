package org.vgg4j.serve.inference;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.vgg4j.serve.api.ModelChanges;
import org.vgg4j.serve.http.Answer;
import org.vgg4j.serve.http.Call;
import org.vgg4j.serve.http.JsonBody;
import org.vgg4j.serve.http.Routes;
import org.vgg4j.serve.models.ServedModels;

/**
 * The repository of models: those that are served, and those that clients unloaded. Files that the
 * service does not know come by {@code PUT /v1/models/NAME}. Thread-safe.
 */
public final class RepositoryEndpoints {
  private final ServedModels models;
  private final ModelChanges changes;
  private final JsonBody json;

  /**
   * @param changes loads and unloads
   * @param json reads bodies
   */
  public RepositoryEndpoints(ServedModels models, ModelChanges changes, JsonBody json) {
    this.models = models;
    this.changes = changes;
    this.json = json;
  }

  /** Adds the routes. */
  public void addTo(Routes routes) {
    routes
        .add("POST", "/v2/repository/index", call -> CompletableFuture.completedFuture(index(call)))
        .add(
            "POST",
            "/v2/repository/models/{model}/load",
            call -> CompletableFuture.supplyAsync(() -> load(call)))
        .add(
            "POST",
            "/v2/repository/models/{model}/unload",
            call -> CompletableFuture.supplyAsync(() -> unload(call)));
  }

  private Answer index(Call call) {
    boolean onlyReady =
        call.body().length > 0 && json.object(call.body()).path("ready").asBoolean(false);
    List<String> served = models.names();
    List<Map<String, Object>> all = new ArrayList<>();
    for (String name : served) {
      all.add(entry(name, "READY", ""));
    }
    for (String name : changes.unloaded().keySet()) {
      if (!onlyReady && !served.contains(name)) {
        all.add(entry(name, "UNAVAILABLE", "unloaded"));
      }
    }
    return Answer.json(all);
  }

  private static Map<String, Object> entry(String name, String state, String reason) {
    return Map.of(
        "name", name, "version", InferenceEndpoints.VERSION, "state", state, "reason", reason);
  }

  private Answer load(Call call) {
    changes.requireAllowed();
    String name = call.variable("model");
    changes.load(name, file(name));
    return Answer.json(Map.of());
  }

  private Path file(String name) {
    Path known = changes.unloaded().get(name);
    if (known != null && !models.names().contains(name)) {
      return known;
    }
    try (ServedModels.Lease lease = models.lease(name)) {
      return lease.model().file();
    }
  }

  private Answer unload(Call call) {
    changes.requireAllowed();
    changes.unload(call.variable("model"));
    return Answer.json(Map.of());
  }
}
