package org.vgg4j.serve.api;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.vgg4j.serve.compute.Admission;
import org.vgg4j.serve.compute.ComputeQueue;
import org.vgg4j.serve.http.Answer;
import org.vgg4j.serve.http.JsonBody;
import org.vgg4j.serve.http.Routes;
import org.vgg4j.serve.metrics.Metrics;
import org.vgg4j.serve.models.ServedModels;

/** Everything that clients can ask for. Thread-safe. */
public final class Api {
  private static final int MOST_UPLOADS = 64; // pictures of a request

  /**
   * What clients are told of beforehand.
   *
   * @param maxBody bytes of a request's body
   * @param maxPixels of an image
   * @param token whether they need one
   * @param changes whether they may load and unload models
   */
  public record Rules(int maxBody, long maxPixels, boolean token, boolean changes) {}

  private final ServedModels models;
  private final Finders finders;
  private final Metrics metrics;
  private final Rules rules;
  private final JsonBody json;
  private final ModelChanges changes;
  private final Uploads uploads;
  private final Pipeline pipeline;

  /**
   * @param decoders as many threads as pictures may be decoded at a time
   */
  public Api(
      ServedModels models,
      Finders finders,
      ComputeQueue queue,
      Admission admission,
      Executor decoders,
      Metrics metrics,
      Rules rules) {
    this.models = models;
    this.finders = finders;
    this.metrics = metrics;
    this.rules = rules;
    this.json = new JsonBody(rules.maxBody());
    this.uploads = new Uploads(Math.min(MOST_UPLOADS, admission.most()), json);
    this.changes = new ModelChanges(models, rules.changes());
    this.pipeline = new Pipeline(new Pictures(rules.maxPixels()), admission, queue, decoders);
  }

  /** What takes the pictures of other protocols to results, too. */
  public Pipeline pipeline() {
    return pipeline;
  }

  /** What reads JSON of other protocols, too. */
  public JsonBody json() {
    return json;
  }

  /** What changes models for other protocols, too. */
  public ModelChanges changes() {
    return changes;
  }

  /** Adds all routes. */
  public void addTo(Routes routes) {
    new PictureEndpoints(models, uploads, pipeline).addTo(routes);
    new FinderEndpoints(finders, uploads, pipeline, rules.maxBody()).addTo(routes);
    new ModelEndpoints(models, changes, json, this::about).addTo(routes);
    new StaticFiles().addTo(routes);
    routes
        .addOpen("GET", "/healthz", call -> done(alive()))
        .addOpen("GET", "/readyz", call -> done(ready()))
        .add("GET", "/metrics", call -> done(metrics.page()));
  }

  private static CompletableFuture<Answer> done(Answer answer) {
    return CompletableFuture.completedFuture(answer);
  }

  /** Whoever watches over this process ends it if it is not, and starts another. */
  private Answer alive() {
    String failure = pipeline.deviceFailure();
    return failure == null
        ? Answer.json(Map.of("alive", true))
        : Answer.json(503, Map.of("alive", false, "reason", failure));
  }

  private Answer ready() {
    String failure = pipeline.deviceFailure();
    boolean ready = models.isReady() && failure == null;
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("ready", ready);
    answer.put("models", models.names());
    if (failure != null) {
      answer.put("reason", failure);
    }
    return Answer.json(ready ? 200 : 503, answer);
  }

  private Map<String, Object> about() {
    Map<String, Object> about = new LinkedHashMap<>();
    about.putAll(finders.about());
    about.put("token", rules.token());
    about.put("changes", rules.changes());
    about.put("limits", Map.of("maxBody", rules.maxBody(), "maxPixels", rules.maxPixels()));
    return about;
  }
}
