package org.vgg4j.serve.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.vgg4j.image.RgbImage;
import org.vgg4j.serve.compute.Work;
import org.vgg4j.serve.http.Answer;
import org.vgg4j.serve.http.Call;
import org.vgg4j.serve.http.HttpFailure;
import org.vgg4j.serve.http.Routes;
import org.vgg4j.serve.models.Overlay;
import org.vgg4j.serve.models.ServedModel;
import org.vgg4j.serve.models.ServedModels;
import org.vgg4j.views.Ranking;

/** What a model says of pictures: labels, descriptors, heat maps. Thread-safe. */
final class PictureEndpoints {
  private static final int USUAL = 5; // predictions, as vgg classify has it
  private static final int SIDE = 1024; // pixels of a drawing, at most

  private final ServedModels models;
  private final Uploads uploads;
  private final Pipeline pipeline;

  PictureEndpoints(ServedModels models, Uploads uploads, Pipeline pipeline) {
    this.models = models;
    this.uploads = uploads;
    this.pipeline = pipeline;
  }

  void addTo(Routes routes) {
    routes
        .add("POST", "/v1/classify", this::classify)
        .add("POST", "/v1/embed", this::embed)
        .add("POST", "/v1/heatmap", this::heatmap);
  }

  /** Lets a model work for a call, and releases it once the answer is there. */
  private CompletableFuture<Answer> with(
      Call call, Function<ServedModel, CompletableFuture<Answer>> work) {
    return models
        .lease(call.parameter("model"))
        .during(
            model -> {
              call.notes().put("model", model.name());
              return work.apply(model);
            });
  }

  private CompletableFuture<Answer> classify(Call call) {
    int top = call.number("top", USUAL, 1, Integer.MAX_VALUE);
    return with(
        call,
        model ->
            each(
                call,
                model,
                model.classifier()::prepare,
                model.classification(),
                (outcome, map) -> {
                  map.put("width", outcome.width());
                  map.put("height", outcome.height());
                  map.put("predictions", predictions(model, result(outcome), top));
                }));
  }

  private static List<Map<String, Object>> predictions(
      ServedModel model, float[] posteriors, int top) {
    List<Map<String, Object>> best = new ArrayList<>();
    for (int index : Ranking.top(posteriors, 0, posteriors.length, top)) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("label", model.classNames().get(index));
      one.put("index", index);
      one.put("probability", posteriors[index]);
      best.add(one);
    }
    return best;
  }

  private CompletableFuture<Answer> embed(Call call) {
    return with(
        call,
        model -> {
          List<Upload> all = uploads.of(call);
          call.notes().put("images", all.size());
          long start = System.nanoTime();
          return pipeline
              .late(call, all, Function.identity(), model.embedding())
              .thenApply(
                  outcomes ->
                      answer(
                          model,
                          outcomes,
                          start,
                          (outcome, map) -> map.put("descriptor", result(outcome))));
        });
  }

  private <I, O> CompletableFuture<Answer> each(
      Call call,
      ServedModel model,
      Function<RgbImage, I> prepare,
      Work<I, O> work,
      BiConsumer<Pipeline.Outcome<O>, Map<String, Object>> tell) {
    List<Upload> all = uploads.of(call);
    call.notes().put("images", all.size());
    long start = System.nanoTime();
    return pipeline
        .each(call, all, prepare, work)
        .thenApply(outcomes -> answer(model, outcomes, start, tell));
  }

  private static <O> Answer answer(
      ServedModel model,
      List<Pipeline.Outcome<O>> outcomes,
      long start,
      BiConsumer<Pipeline.Outcome<O>, Map<String, Object>> tell) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("model", model.name());
    answer.put("images", Results.of(outcomes, tell));
    answer.put("milliseconds", Map.of("total", Results.milliseconds(start)));
    return Answer.json(answer);
  }

  private static <O> O result(Pipeline.Outcome<O> outcome) {
    return Results.result(outcome);
  }

  private CompletableFuture<Answer> heatmap(Call call) {
    String form = call.parameter("form") == null ? "drawing" : call.parameter("form");
    if (!List.of("drawing", "overlay", "values").contains(form)) {
      throw new HttpFailure(
          400, "parameter form is '%s' but must be drawing, overlay or values".formatted(form));
    }
    return with(
        call,
        model -> {
          Upload upload = uploads.one(call);
          Integer label = label(model, call.parameter("class"));
          ServedModel.MapQuestion question =
              new ServedModel.MapQuestion(
                  () -> pipeline.pictures().decodeWhole(upload), label, SIDE);
          return pipeline
              .one(call, question, model.mapping())
              .thenApplyAsync(mapped -> draw(model, mapped, form), pipeline.decoders());
        });
  }

  /** The class that a name or an index means. */
  private static @Nullable Integer label(ServedModel model, @Nullable String text) {
    if (text == null) {
      return null;
    }
    int index = model.classNames().indexOf(text);
    if (index < 0 && text.matches("[0-9]{1,9}")) {
      index = Integer.parseInt(text);
    }
    if (index < 0 || index >= model.classNames().size()) {
      throw new HttpFailure(
          400,
          "model %s has no class '%s': give a name of /v1/models/%s, or an index from 0 to %d"
              .formatted(model.name(), text, model.name(), model.classNames().size() - 1));
    }
    return index;
  }

  private static Answer draw(ServedModel model, ServedModel.Mapped mapped, String form) {
    int index = mapped.map().label();
    if (form.equals("values")) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("model", model.name());
      values.put("label", model.classNames().get(index));
      values.put("index", index);
      values.put("probability", mapped.map().probability());
      values.put("width", mapped.width());
      values.put("height", mapped.height());
      values.put("x", mapped.map().x());
      values.put("y", mapped.map().y());
      values.put("step", mapped.map().step());
      values.put("values", mapped.map().values());
      return Answer.json(values);
    }
    byte[] png = form.equals("overlay") ? Overlay.transparent(mapped) : Overlay.drawing(mapped);
    return Answer.of("image/png", png)
        .with("Vgg-Class-Index", String.valueOf(index))
        .with("Vgg-Probability", String.valueOf(mapped.map().probability()));
  }
}
