package org.vgg4j.serve.inference;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.Version;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.serve.api.Pipeline;
import org.vgg4j.serve.api.Upload;
import org.vgg4j.serve.http.Answer;
import org.vgg4j.serve.http.Call;
import org.vgg4j.serve.http.HttpFailure;
import org.vgg4j.serve.http.JsonBody;
import org.vgg4j.serve.http.Routes;
import org.vgg4j.serve.models.ServedModel;
import org.vgg4j.serve.models.ServedModels;

/** Health, metadata and inference. Thread-safe. */
public final class InferenceEndpoints {
  /** The one version that each model has: a replaced model is served at once. */
  static final String VERSION = "1";

  private final ServedModels models;
  private final Pipeline pipeline;
  private final RequestReader reader;

  /**
   * @param json reads bodies
   */
  public InferenceEndpoints(ServedModels models, Pipeline pipeline, JsonBody json) {
    this.models = models;
    this.pipeline = pipeline;
    this.reader = new RequestReader(json);
  }

  /** Adds the routes. */
  public void addTo(Routes routes) {
    routes
        .add("GET", "/v2", call -> done(server()))
        .addOpen("GET", "/v2/health/live", call -> done(live()))
        .addOpen("GET", "/v2/health/ready", call -> done(ready()));
    for (String model : List.of("/v2/models/{model}", "/v2/models/{model}/versions/{version}")) {
      routes
          .add("GET", model, call -> done(with(call, InferenceEndpoints::metadata)))
          .add("GET", model + "/ready", call -> done(with(call, this::ready)))
          .add("POST", model + "/infer", this::infer);
    }
  }

  private static CompletableFuture<Answer> done(Answer answer) {
    return CompletableFuture.completedFuture(answer);
  }

  private static Answer server() {
    return Answer.json(
        Map.of(
            "name",
            "vgg4j",
            "version",
            Version.get(),
            "extensions",
            List.of("binary_tensor_data", "classification", "model_repository")));
  }

  private Answer live() {
    return health("live", null);
  }

  private Answer ready() {
    if (models.isReady()) {
      return health("ready", null);
    }
    return health(
        "ready", models.isLoading() ? "models are still being loaded" : "no model is loaded");
  }

  private Answer ready(ServedModel model) {
    String failure = pipeline.deviceFailure();
    return failure == null
        ? Answer.json(Map.of("name", model.name(), "ready", true))
        : Answer.json(503, Map.of("name", model.name(), "ready", false, "reason", failure));
  }

  /** Nothing is well once the device that computes has failed. */
  private Answer health(String question, @Nullable String otherwise) {
    String failure = pipeline.deviceFailure();
    String reason = failure == null ? otherwise : failure;
    return reason == null
        ? Answer.json(Map.of(question, true))
        : Answer.json(503, Map.of(question, false, "reason", reason));
  }

  private Answer with(Call call, Function<ServedModel, Answer> tell) {
    try (ServedModels.Lease lease = lease(call)) {
      return tell.apply(lease.model());
    }
  }

  private ServedModels.Lease lease(Call call) {
    String version = call.variables().get("version");
    if (version != null && !version.equals(VERSION)) {
      throw new HttpFailure(
          404,
          "model %s has no version %s: there is %s"
              .formatted(call.variable("model"), version, VERSION));
    }
    return models.lease(call.variable("model"));
  }

  private static Answer metadata(ServedModel model) {
    int crop = model.classifier().preprocessing().crop();
    int classes = model.classNames().size();
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("name", model.name());
    metadata.put("versions", List.of(VERSION));
    metadata.put("platform", "vgg4j");
    metadata.put(
        "inputs",
        List.of(
            tensor(RequestReader.IMAGE, "BYTES", -1),
            tensor(RequestReader.INPUT, "FP32", -1, 3, crop, crop)));
    metadata.put("outputs", List.of(tensor(RequestReader.PROBABILITIES, "FP32", -1, classes)));
    metadata.put("parameters", parameters(model.classifier().preprocessing()));
    return Answer.json(metadata);
  }

  /** What a client must do itself that sends tensors; of images the service does it. */
  private static Map<String, Object> parameters(Preprocessing preprocessing) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("one_of_inputs", RequestReader.IMAGE + "," + RequestReader.INPUT);
    parameters.put("channel_order", preprocessing.channelOrder().name());
    parameters.put("value_range", preprocessing.valueRange());
    parameters.put("mean", channels(preprocessing.mean()));
    parameters.put("std", channels(preprocessing.std()));
    parameters.put("scale", preprocessing.scale());
    parameters.put("crop", preprocessing.crop());
    return parameters;
  }

  private static List<Float> channels(org.vgg4j.model.Rgb values) {
    return List.of(values.channel(0), values.channel(1), values.channel(2));
  }

  private static Map<String, Object> tensor(String name, String datatype, Integer... shape) {
    return Map.of("name", name, "datatype", datatype, "shape", List.of(shape));
  }

  private CompletableFuture<Answer> infer(Call call) {
    return lease(call)
        .during(
            model -> {
              InferRequest request =
                  reader.read(call, new RequestReader.Sizes(numbers(model), pipeline.most()));
              call.notes().put("model", model.name());
              return posteriors(call, request.input(), model)
                  .thenApply(posteriors -> InferAnswer.of(request, model, posteriors));
            });
  }

  /** How many an image has for a model. */
  private static int numbers(ServedModel model) {
    int crop = model.classifier().preprocessing().crop();
    return 3 * crop * crop;
  }

  private CompletableFuture<List<float[]>> posteriors(
      Call call, InferRequest.Input input, ServedModel model) {
    List<byte[]> files = input.strings();
    if (files == null) {
      List<float[]> tensors = tensors(input, model);
      call.notes().put("images", tensors.size());
      return pipeline.prepared(call, tensors, model.classification());
    }
    requireShape(input, files.size());
    call.notes().put("images", files.size());
    List<Upload> uploads = new ArrayList<>();
    for (byte[] file : files) {
      uploads.add(new Upload("image " + uploads.size(), file));
    }
    return pipeline
        .each(call, uploads, model.classifier()::prepare, model.classification())
        .thenApply(Pipeline::requireAll);
  }

  /** One dimension, or further ones of size 1, as clients have them that think of batches. */
  private static void requireShape(InferRequest.Input input, int count) {
    long product = 1;
    for (long size : input.shape()) {
      product = size > count ? -1 : product * size;
    }
    if (count == 0
        || input.shape().isEmpty()
        || product != count
        || input.shape().get(0) != count) {
      throw new HttpFailure(
          400,
          "input image has the shape %s and %d elements: it must be [images], at least 1"
              .formatted(input.shape(), count));
    }
  }

  private static List<float[]> tensors(InferRequest.Input input, ServedModel model) {
    List<float[]> images = input.images() == null ? List.of() : input.images();
    long crop = model.classifier().preprocessing().crop();
    int each = numbers(model);
    long given = images.stream().mapToLong(image -> image.length).sum();
    long whole = given / each;
    if (whole == 0 || !input.shape().equals(List.of(whole, 3L, crop, crop))) {
      throw new HttpFailure(
          400,
          "input has the shape %s, but model %s takes [images, 3, %d, %d]"
              .formatted(input.shape(), model.name(), crop, crop));
    }
    if (given != whole * each) {
      throw new HttpFailure(
          400,
          "input has %d numbers, but its shape %s needs %d"
              .formatted(given, input.shape(), whole * each));
    }
    for (float[] image : images) {
      requireNumbers(image); // now: a batch that is refused is computed once more, one by one
    }
    return images;
  }

  private static void requireNumbers(float[] image) {
    for (float value : image) {
      if (!Float.isFinite(value)) {
        throw new HttpFailure(
            400,
            "the network has no finite answer: the prepared image has values that are not numbers, or far too large");
      }
    }
  }
}
