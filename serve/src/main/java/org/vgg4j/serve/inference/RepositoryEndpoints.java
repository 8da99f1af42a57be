package org.vgg4j.serve.inference;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.vgg4j.serve.api.ModelChanges;
import org.vgg4j.serve.http.Answer;
import org.vgg4j.serve.http.Call;
import org.vgg4j.serve.http.Routes;
import org.vgg4j.serve.models.ServedModels;

/**
 * The repository of models: those that are served, and those that a client unloaded here. Files
 * that the service does not know come by {@code PUT /v1/models/NAME}. Thread-safe.
 */
public final class RepositoryEndpoints {
  private final ServedModels models;
  private final ModelChanges changes;
  private final ConcurrentMap<String, Path> unloaded = new ConcurrentHashMap<>();

  /**
   * @param changes loads and unloads
   */
  public RepositoryEndpoints(ServedModels models, ModelChanges changes) {
    this.models = models;
    this.changes = changes;
  }

  /** Adds the routes. */
  public void addTo(Routes routes) {
    routes
        .add("POST", "/v2/repository/index", call -> CompletableFuture.completedFuture(index()))
        .add(
            "POST",
            "/v2/repository/models/{model}/load",
            call -> CompletableFuture.supplyAsync(() -> load(call)))
        .add(
            "POST",
            "/v2/repository/models/{model}/unload",
            call -> CompletableFuture.supplyAsync(() -> unload(call)));
  }

  private Answer index() {
    List<String> served = models.names();
    List<Map<String, Object>> all = new ArrayList<>();
    for (String name : served) {
      all.add(entry(name, "READY", ""));
    }
    for (String name : unloaded.keySet()) {
      if (!served.contains(name)) {
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
    unloaded.remove(name);
    return Answer.json(Map.of());
  }

  private Path file(String name) {
    Path known = unloaded.get(name);
    if (known != null && !models.names().contains(name)) {
      return known;
    }
    try (ServedModels.Lease lease = models.lease(name)) {
      return lease.model().file();
    }
  }

  private Answer unload(Call call) {
    changes.requireAllowed();
    String name = call.variable("model");
    Path file;
    try (ServedModels.Lease lease = models.lease(name)) {
      file = lease.model().file();
    }
    changes.unload(name);
    unloaded.put(name, file);
    return Answer.json(Map.of());
  }
}
