package org.vgg4j.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.ImageClassifier;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.views.Ranking;
import org.vgg4j.weights.TestModels;

/** The Open Inference Protocol, as its description and Triton's extensions have it. */
@Timeout(120)
class InferenceProtocolTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String JSON_LENGTH = "Inference-Header-Content-Length";
  private static final String INFER = "/v2/models/animals/infer";
  private static final int PIXELS = 3 * 32 * 32; // of the crop

  @TempDir static Path root;
  private static Path file;
  private static Service service;
  private static Client client;

  private static final RgbImage FIRST = TestImages.noise(70, 50, 1);
  private static final RgbImage SECOND = TestImages.noise(40, 60, 2);
  private static float[][] prepared;
  private static float[][] posteriors;

  @BeforeAll
  static void start() {
    file = root.resolve("model.safetensors");
    TestModels.random(Configuration.C, "cat", "dog: small", "cow").write(file);
    service = Service.start(options(null, true));
    client = new Client(service);
    try (ImageClassifier classifier = ImageClassifier.load(file)) {
      prepared = new float[][] {classifier.prepare(FIRST), classifier.prepare(SECOND)};
      posteriors = classifier.posteriors(List.of(prepared[0], prepared[1]));
    }
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static ServiceOptions options(String token, boolean changes) {
    Map<String, Path> models = new LinkedHashMap<>();
    models.put("animals", file);
    models.put("again", file);
    return new ServiceOptions(
        models,
        new ServiceOptions.Access("127.0.0.1", 0, token, null, changes),
        ServiceOptions.Load.usual(),
        ClassifierOptions.defaults().withThreads(2).withPasses(1),
        null);
  }

  private static byte[] json(Object value) throws IOException {
    return JSON.writeValueAsBytes(value);
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    Arrays.stream(parts).forEach(all::writeBytes);
    return all.toByteArray();
  }

  private static byte[] string(byte[] bytes) {
    ByteBuffer length = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    return joined(length.putInt(bytes.length).array(), bytes);
  }

  private static byte[] floats(float[]... tensors) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * PIXELS * tensors.length);
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    for (float[] tensor : tensors) {
      for (float value : tensor) {
        bytes.putFloat(value);
      }
    }
    return bytes.array();
  }

  private static void assertPosteriors(JsonNode output) {
    assertThat(output.get("name").asText()).isEqualTo("probabilities");
    assertThat(output.get("datatype").asText()).isEqualTo("FP32");
    assertThat(output.get("shape")).hasToString("[2,3]");
    assertThat(output.get("data")).hasSize(6);
    for (int i = 0; i < 6; i++) {
      assertThat(output.get("data").get(i).floatValue())
          .isCloseTo(posteriors[i / 3][i % 3], within(1e-5f));
    }
  }

  @Test
  void healthAndMetadata() {
    assertThat(client.get("/v2/health/live").status()).isEqualTo(200);
    assertThat(client.get("/v2/health/ready").status()).isEqualTo(200);
    JsonNode server = client.get("/v2").json();
    assertThat(server.get("name").asText()).isEqualTo("vgg4j");
    assertThat(server.get("version").asText()).isNotEmpty();
    assertThat(server.get("extensions").toString()).contains("binary_tensor_data");
    for (String path : List.of("/v2/models/animals", "/v2/models/animals/versions/1")) {
      JsonNode model = client.get(path).json();
      assertThat(model.get("versions")).hasToString("[\"1\"]");
      assertThat(model.get("inputs").get(0).get("shape")).hasToString("[-1]");
      assertThat(model.get("inputs").get(1).get("shape")).hasToString("[-1,3,32,32]");
      assertThat(model.get("inputs").get(1).get("datatype").asText()).isEqualTo("FP32");
      assertThat(model.get("outputs").get(0).get("shape")).hasToString("[-1,3]");
      assertThat(model.get("parameters").get("mean")).hasToString("[120.5,100.0,90.25]");
      assertThat(client.get(path + "/ready").json().get("ready").asBoolean()).isTrue();
    }
    assertThat(client.get("/v2/models/animals/versions/2").status()).isEqualTo(404);
    assertThat(client.get("/v2/models/none/ready").status()).isEqualTo(404);
    // what is wrong beside the name would only lead astray
    assertThat(client.post("/v2/models/none/infer", new byte[0]).status()).isEqualTo(404);
  }

  @Test
  void imagesAsBase64() throws IOException {
    List<String> data =
        List.of(
            Base64.getEncoder().encodeToString(FIRST.toPng()),
            Base64.getEncoder().encodeToString(SECOND.toPng()));
    Map<String, Object> input =
        Map.of("name", "image", "datatype", "BYTES", "shape", List.of(2), "data", data);
    Client.Reply reply = client.post(INFER, json(Map.of("id", "42", "inputs", List.of(input))));
    assertThat(reply.status()).as(reply.error()).isEqualTo(200);
    assertThat(reply.json().get("model_name").asText()).isEqualTo("animals");
    assertThat(reply.json().get("model_version").asText()).isEqualTo("1");
    assertThat(reply.json().get("id").asText()).isEqualTo("42");
    assertPosteriors(reply.json().get("outputs").get(0));
  }

  /** The same numbers, whether images are prepared here or by the client; flat or nested. */
  @Test
  void tensorsAsJson() throws IOException {
    Map<String, Object> input = new LinkedHashMap<>();
    input.put("data", List.of(prepared[0], prepared[1])); // before its shape
    input.put("shape", List.of(2, 3, 32, 32));
    input.put("name", "input");
    input.put("datatype", "FP32");
    byte[] body = json(Map.of("inputs", List.of(input), "unknown", Map.of("a", List.of(1))));
    Client.Reply reply = client.post("/v2/models/animals/versions/1/infer", body);
    assertThat(reply.status()).as(reply.error()).isEqualTo(200);
    assertPosteriors(reply.json().get("outputs").get(0));
  }

  @Test
  void binaryBothWays() throws IOException {
    byte[] tensor = floats(prepared);
    Map<String, Object> input =
        Map.of(
            "name",
            "input",
            "datatype",
            "FP32",
            "shape",
            List.of(2, 3, 32, 32),
            "parameters",
            Map.of("binary_data_size", tensor.length));
    byte[] head =
        json(
            Map.of(
                "inputs",
                List.of(input),
                "outputs",
                List.of(
                    Map.of("name", "probabilities", "parameters", Map.of("binary_data", true)),
                    Map.of("name", "probabilities", "parameters", Map.of("classification", 2)),
                    Map.of(
                        "name",
                        "probabilities",
                        "parameters",
                        Map.of("classification", 9, "binary_data", true)))));
    Client.Reply reply =
        client.post(INFER, joined(head, tensor), JSON_LENGTH, String.valueOf(head.length));
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("Content-Type")).isEqualTo("application/octet-stream");
    byte[] body = reply.response().body();
    int length = Integer.parseInt(reply.header(JSON_LENGTH));
    JsonNode outputs = JSON.readTree(Arrays.copyOf(body, length)).get("outputs");
    ByteBuffer bytes = ByteBuffer.wrap(body, length, body.length - length);
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    assertThat(outputs.get(0).at("/parameters/binary_data_size").asInt()).isEqualTo(24);
    for (int i = 0; i < 6; i++) {
      assertThat(bytes.getFloat()).isCloseTo(posteriors[i / 3][i % 3], within(1e-5f));
    }
    assertThat(outputs.get(1).get("datatype").asText()).isEqualTo("BYTES");
    assertThat(outputs.get(1).get("shape")).hasToString("[2,2]");
    assertBest(outputs.get(1).get("data").get(0).asText(), 0, 0);
    assertBest(outputs.get(1).get("data").get(3).asText(), 1, 1);
    assertThat(outputs.get(2).get("shape")).hasToString("[2,3]"); // there are no more classes
    for (int i = 0; i < 6; i++) {
      byte[] text = new byte[bytes.getInt()];
      bytes.get(text);
      assertBest(new String(text, StandardCharsets.UTF_8), i / 3, i % 3);
    }
    assertThat(bytes.hasRemaining()).isFalse();
  }

  private static void assertBest(String text, int image, int place) {
    int index = Ranking.top(posteriors[image], 0, 3, 3)[place];
    String[] parts = text.split(":", 3);
    assertThat(Float.parseFloat(parts[0])).isCloseTo(posteriors[image][index], within(1e-5f));
    assertThat(Integer.parseInt(parts[1])).isEqualTo(index);
    assertThat(parts[2]).isEqualTo(List.of("cat", "dog: small", "cow").get(index));
  }

  @Test
  void binaryImages() throws IOException {
    byte[] images = joined(string(FIRST.toPng()), string(SECOND.toPng()));
    Map<String, Object> input =
        Map.of(
            "name",
            "image",
            "datatype",
            "BYTES",
            "shape",
            List.of(2, 1),
            "parameters",
            Map.of("binary_data_size", images.length));
    byte[] head = json(Map.of("inputs", List.of(input)));
    Client.Reply reply =
        client.post(INFER, joined(head, images), JSON_LENGTH, String.valueOf(head.length));
    assertThat(reply.status()).as(reply.error()).isEqualTo(200);
    assertPosteriors(reply.json().get("outputs").get(0));
  }

  /** Triton's raw binary request: the body is the one element of the one input. */
  @Test
  void aRawImage() throws IOException {
    Client.Reply reply = client.post(INFER, FIRST.toPng(), JSON_LENGTH, "0");
    assertThat(reply.status()).isEqualTo(200);
    int length = Integer.parseInt(reply.header(JSON_LENGTH));
    byte[] body = reply.response().body();
    assertThat(body).hasSize(length + 12);
    ByteBuffer bytes = ByteBuffer.wrap(body, length, 12).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.getFloat()).isCloseTo(posteriors[0][0], within(1e-5f));
  }

  /** Tensors of some clients and pictures of others are computed together. */
  @Test
  void tensorsAndPicturesShareBatches() throws IOException {
    ServiceOptions usual = options(null, false);
    ServiceOptions.Load load =
        new ServiceOptions.Load(
            16, 2_000, 1_000_000, 0, 100, 15_000, 15_000, 60_000, 20_000, 0); // waits for four
    try (Service own =
        Service.start(
            new ServiceOptions(
                usual.models(), usual.access(), load, usual.machine().withBatch(4), null))) {
      byte[] tensor = floats(prepared[0]);
      String head =
          """
          {"inputs":[{"name":"input","datatype":"FP32","shape":[1,3,32,32],\
          "parameters":{"binary_data_size":%d}}]}\
          """
              .formatted(tensor.length);
      byte[] body = joined(head.getBytes(StandardCharsets.UTF_8), tensor);
      List<Integer> statuses =
          IntStream.range(0, 4)
              .parallel()
              .mapToObj(
                  i -> {
                    Client each = new Client(own);
                    return i % 2 == 0
                        ? each.post(INFER, body, JSON_LENGTH, String.valueOf(head.length()))
                        : each.post("/v1/classify", FIRST.toPng());
                  })
              .map(Client.Reply::status)
              .toList();
      assertThat(statuses).containsOnly(200);
      String metrics =
          new String(new Client(own).get("/metrics").response().body(), StandardCharsets.UTF_8);
      assertThat(metrics).contains("vgg_batch_images_sum{work=\"classify\"} 4.0");
      // Two cores may run fewer than four requests at a time, but never all alone.
      assertThat(metrics).doesNotContain("vgg_batch_images_count{work=\"classify\"} 4");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|the request has 0 inputs",
        "[]|the body is no JSON object",
        "{\"inputs\":[|the body is no JSON (line",
        "{\"inputs\":[1]}|an input is no JSON object",
        "{\"inputs\":[{}]}|an input or output has no \"name\"",
        "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\"}]}|there is no input 'x'",
        "{\"inputs\":[{\"name\":\"input\",\"datatype\":\"FP16\"}]}|is of datatype FP16 but must be"
            + " FP32",
        "{\"inputs\":[{\"name\":\"input\",\"datatype\":\"FP32\"}]}|has no \"data\"",
        "{\"inputs\":[{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[1,3,32,32],\"data\":[1]}]}|input"
            + " has the shape [1, 3, 32, 32]",
        "{\"inputs\":[{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[\"a\"],\"data\":[1]}]}|has"
            + " no shape",
        "{\"inputs\":[{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[null]}]}|where"
            + " a number or text must be",
        "{\"inputs\":[{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[\"a\"]}]}|must"
            + " be numbers",
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[],\"data\":[\"AAAA\"]}]}|it"
            + " must be [images]",
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"AAAA\"]}]}|has"
            + " the shape [2] and 1 elements",
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"A\"]}]}|is"
            + " not base64",
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1],\"parameters\":{\"binary_data_size\":9}}]}|0"
            + " bytes are behind the JSON",
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"AAAA\"]}],\"outputs\":[{\"name\":\"y\"}]}|there"
            + " is no output 'y'",
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"AAAA\"]}],\"outputs\":[{\"name\":\"probabilities\",\"parameters\":{\"classification\":0}}]}|parameter"
            + " classification is 0",
      })
  void wrongRequests(String body, String sentence) {
    Client.Reply reply = client.post(INFER, body.getBytes(StandardCharsets.UTF_8));
    assertThat(reply.status()).as(reply.error()).isEqualTo(400);
    assertThat(reply.error()).contains(sentence);
  }

  private static String jsonOf(String data) {
    return "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":"
        + data
        + "}]}";
  }

  /** What Jackson refuses has no place in the text that could be told. */
  @Test
  void jsonThatGoesTooFar() {
    for (String data :
        List.of(
            "[".repeat(30), "[" + "1".repeat(1_100) + "]", "[],\"" + "n".repeat(60_000) + "\":1")) {
      Client.Reply reply = client.post(INFER, jsonOf(data).getBytes(StandardCharsets.UTF_8));
      assertThat(reply.status()).as(reply.error()).isEqualTo(400);
      assertThat(reply.error()).contains("nested deeper than 20 levels");
    }
  }

  @Test
  void base64IsStrictButForItsForm() {
    String picture = Base64.getMimeEncoder().encodeToString(FIRST.toPng()); // has line ends
    String escaped = picture.replace("\r\n", "\\r\\n ");
    String plain = Base64.getEncoder().encodeToString(FIRST.toPng());
    for (String text :
        List.of(
            escaped,
            escaped.replace("=", ""),
            plain,
            "data:image/png;base64," + plain.replaceAll("(.{7})", "$1 "), // no quartets
            plain.replace("/", "\\/").replace("+", "\\u002B"),
            Base64.getUrlEncoder().encodeToString(FIRST.toPng()))) {
      Client.Reply reply =
          client.post(INFER, jsonOf("[\"" + text + "\"]").getBytes(StandardCharsets.UTF_8));
      assertThat(reply.status()).as(reply.error()).isEqualTo(200);
    }
    for (String wrong :
        List.of("-+AA", "AA_/", "AA*A", "A", "AAAA\\u0141", "AAAA\\u00", "AAAA\\\"", "data:AAAA")) {
      Client.Reply reply =
          client.post(INFER, jsonOf("[\"" + wrong + "\"]").getBytes(StandardCharsets.UTF_8));
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.error()).contains("element 0 of \"data\" is not base64");
    }
    Client.Reply cut = client.post(INFER, bytes("{\"inputs\":[{\"data\":[\"AAAA"));
    assertThat(cut.error()).contains("the body is no JSON (line");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void moreThanFitsIsRefused() {
    String many = "[" + "\"AAAA\",".repeat(200) + "\"AAAA\"]";
    Client.Reply reply = client.post(INFER, bytes(jsonOf(many)));
    assertThat(reply.status()).isEqualTo(413);
    assertThat(reply.error()).contains("129 images or more are more than the 128");
    int bodyBytes = 4 * 200;
    String head =
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[200],"
            + "\"parameters\":{\"binary_data_size\":%d}}]}".formatted(bodyBytes);
    byte[] body = joined(bytes(head), new byte[bodyBytes]);
    assertThat(client.post(INFER, body, JSON_LENGTH, "" + head.length()).status()).isEqualTo(413);
  }

  @Test
  void wrongBytes() throws IOException {
    byte[] text = "{\"inputs\":[]}".getBytes(StandardCharsets.UTF_8);
    assertThat(client.post(INFER, text, JSON_LENGTH, "999").error()).contains("at most the 13");
    assertThat(client.post(INFER, text, JSON_LENGTH, "x").status()).isEqualTo(400);
    String head =
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":[1],"
            + "\"parameters\":{\"binary_data_size\":6}}]}";
    byte[] cut = joined(head.getBytes(StandardCharsets.UTF_8), new byte[] {9, 0, 0, 0, 1, 1});
    String length = String.valueOf(head.length());
    assertThat(client.post(INFER, cut, JSON_LENGTH, length).error()).contains("is cut short");
    Client.Reply more = client.post(INFER, joined(cut, new byte[3]), JSON_LENGTH, length);
    assertThat(more.status()).isEqualTo(400);
    byte[] two = joined(head.getBytes(StandardCharsets.UTF_8), string(new byte[] {1, 2}));
    Client.Reply noImage = client.post(INFER, two, JSON_LENGTH, length);
    assertThat(noImage.status()).isEqualTo(415);
    assertThat(noImage.error()).contains("is not an image");
    Client.Reply left = client.post(INFER, joined(two, new byte[3]), JSON_LENGTH, length);
    assertThat(left.error()).isEqualTo("3 bytes behind the JSON belong to no input");
  }

  @Test
  void numbersThatAreNone() throws IOException {
    float[] tensor = new float[PIXELS];
    Arrays.fill(tensor, Float.NaN);
    Map<String, Object> input =
        Map.of(
            "name",
            "input",
            "datatype",
            "FP32",
            "shape",
            List.of(1, 3, 32, 32),
            "parameters",
            Map.of("binary_data_size", 4 * PIXELS));
    byte[] head = json(Map.of("inputs", List.of(input)));
    Client.Reply reply =
        client.post(INFER, joined(head, floats(tensor)), JSON_LENGTH, "" + head.length);
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error()).contains("not numbers");
  }

  @Test
  void theRepository() {
    JsonNode index = client.post("/v2/repository/index", new byte[0]).json();
    assertThat(index).hasSize(2);
    assertThat(index.get(0).get("state").asText()).isEqualTo("READY");
    String again = "/v2/repository/models/again/";
    assertThat(client.post(again + "load", new byte[0]).status()).isEqualTo(200);
    assertThat(client.post(again + "unload", new byte[0]).status()).isEqualTo(200);
    assertThat(client.get("/v2/models/again/ready").status()).isEqualTo(404);
    index = client.post("/v2/repository/index", "{}".getBytes(StandardCharsets.UTF_8)).json();
    assertThat(index.get(1).get("state").asText()).isEqualTo("UNAVAILABLE");
    assertThat(client.post(again + "load", new byte[0]).status()).isEqualTo(200);
    assertThat(client.get("/v2/models/again/ready").status()).isEqualTo(200);
    assertThat(client.post("/v2/repository/models/none/load", new byte[0]).status()).isEqualTo(404);
  }

  /** By whichever protocol it was unloaded. */
  @Test
  void whatIsLoadedAgainIsTheFileThatWasUnloadedLast() {
    Path other = root.resolve("other.safetensors");
    TestModels.random(Configuration.A, "bolt", "nut").write(other);
    String again = "/v2/repository/models/again/";
    assertThat(client.post(again + "unload", new byte[0]).status()).isEqualTo(200);
    put("/v1/models/again", other);
    assertThat(client.send("DELETE", "/v1/models/again", noBody()).status()).isEqualTo(200);
    JsonNode all = client.post("/v2/repository/index", new byte[0]).json();
    assertThat(all.get(1).get("state").asText()).isEqualTo("UNAVAILABLE");
    JsonNode ready = client.post("/v2/repository/index", bytes("{\"ready\": true}")).json();
    assertThat(ready).hasSize(1);
    assertThat(ready.get(0).get("name").asText()).isEqualTo("animals");
    assertThat(client.post(again + "load", new byte[0]).status()).isEqualTo(200);
    assertThat(client.get("/v2/models/again").json().at("/outputs/0/shape")).hasToString("[-1,2]");
    put("/v1/models/again", file);
  }

  private static HttpRequest.BodyPublisher noBody() {
    return HttpRequest.BodyPublishers.noBody();
  }

  private static void put(String path, Path model) {
    Client.Reply reply =
        client.send(
            "PUT", path, HttpRequest.BodyPublishers.ofString("{\"file\": \"" + model + "\"}"));
    assertThat(reply.status()).as(reply.error()).isEqualTo(200);
  }

  @Test
  void whoMay() {
    try (Service own = Service.start(options("abcdefgh", false))) {
      Client stranger = new Client(own);
      assertThat(stranger.get("/v2/health/ready").status()).isEqualTo(200);
      assertThat(stranger.get("/v2").status()).isEqualTo(401);
      assertThat(stranger.post(INFER, FIRST.toPng(), JSON_LENGTH, "0").status()).isEqualTo(401);
      Client.Reply reply =
          stranger.post(
              "/v2/repository/models/again/unload",
              new byte[0],
              "Authorization",
              "Bearer abcdefgh");
      assertThat(reply.status()).isEqualTo(403);
    }
  }
}
