package org.vgg4j.serve.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.vgg4j.serve.http.Answer;
import org.vgg4j.serve.http.Call;
import org.vgg4j.serve.http.HttpFailure;
import org.vgg4j.serve.http.JsonBody;
import org.vgg4j.serve.http.Routes;
import org.vgg4j.serve.models.ServedModel;
import org.vgg4j.serve.models.ServedModels;

/** Which models there are; and, where that is allowed, changing them. Thread-safe. */
final class ModelEndpoints {
  private final ServedModels models;
  private final ModelChanges changes;
  private final JsonBody json;
  private final Supplier<Map<String, Object>> about;

  /**
   * @param about what else is told with the list of models
   */
  ModelEndpoints(
      ServedModels models,
      ModelChanges changes,
      JsonBody json,
      Supplier<Map<String, Object>> about) {
    this.models = models;
    this.changes = changes;
    this.json = json;
    this.about = about;
  }

  void addTo(Routes routes) {
    routes
        .add("GET", "/v1/models", call -> CompletableFuture.completedFuture(list()))
        .add("GET", "/v1/models/{name}", call -> CompletableFuture.completedFuture(one(call)))
        .add("PUT", "/v1/models/{name}", call -> CompletableFuture.supplyAsync(() -> load(call)))
        .add(
            "DELETE",
            "/v1/models/{name}",
            call -> CompletableFuture.supplyAsync(() -> unload(call)));
  }

  private Answer list() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (String name : models.names()) {
      try (ServedModels.Lease lease = models.lease(name)) {
        Map<String, Object> one = new LinkedHashMap<>(lease.model().description());
        one.put("default", name.equals(models.defaultName()));
        all.add(one);
      } catch (HttpFailure e) {
        // unloaded since its name was read
      }
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("models", all);
    answer.putAll(about.get());
    return Answer.json(answer);
  }

  private Answer one(Call call) {
    try (ServedModels.Lease lease = models.lease(call.variable("name"))) {
      ServedModel model = lease.model();
      Map<String, Object> answer = new LinkedHashMap<>(model.description());
      answer.put("crop", model.classifier().architecture().crop());
      answer.put("classNames", model.classNames());
      return Answer.json(answer);
    }
  }

  private Answer load(Call call) {
    changes.requireAllowed();
    JsonNode file = json.object(call.body()).get("file");
    if (file == null || !file.isTextual()) {
      throw new HttpFailure(400, "the JSON has no \"file\": \"/path/of/model.safetensors\"");
    }
    try {
      changes.load(call.variable("name"), Path.of(file.asText()));
    } catch (InvalidPathException e) {
      throw new HttpFailure(400, "\"file\" is '" + file.asText() + "', which is no path");
    }
    return one(call);
  }

  private Answer unload(Call call) {
    String name = call.variable("name");
    changes.unload(name);
    return Answer.json(Map.of("name", name, "ready", false));
  }
}
