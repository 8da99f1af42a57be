package org.vgg4j.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.ImageClassifier;
import org.vgg4j.ImageEmbedder;
import org.vgg4j.Prediction;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Task;
import org.vgg4j.weights.TestModels;

/** What clients get, over real connections. */
@Timeout(120)
class ServiceTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path root;
  private static Path file;
  private static Path other;
  private static Service service;
  private static Client client;

  private static final RgbImage PICTURE = TestImages.noise(70, 50, 1);

  @BeforeAll
  static void start() {
    file = root.resolve("model.safetensors");
    other = root.resolve("other.safetensors");
    TestModels.random(Configuration.C, "cat", "dog", "cow").write(file);
    TestModels.random(Configuration.A, "bolt", "nut").write(other);
    service = Service.start(options(ServiceOptions.Access.local(0), ServiceOptions.Load.usual()));
    client = new Client(service);
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static ServiceOptions options(ServiceOptions.Access access, ServiceOptions.Load load) {
    Map<String, Path> models = new LinkedHashMap<>();
    models.put("animals", file);
    models.put("parts", other);
    return new ServiceOptions(
        models, access, load, ClassifierOptions.defaults().withThreads(2).withPasses(1), null);
  }

  private static byte[] form(Map<String, byte[]> files) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (Map.Entry<String, byte[]> one : files.entrySet()) {
      String head =
          "--XYZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"%s\"\r\n\r\n"
              .formatted(one.getKey());
      body.write(head.getBytes(StandardCharsets.UTF_8));
      body.write(one.getValue());
      body.write("\r\n".getBytes(StandardCharsets.UTF_8));
    }
    body.write("--XYZ--\r\n".getBytes(StandardCharsets.UTF_8));
    return body.toByteArray();
  }

  private static void assertPredictions(JsonNode image, List<Prediction> expected) {
    assertThat(image.get("predictions")).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      JsonNode one = image.get("predictions").get(i);
      assertThat(one.get("label").asText()).isEqualTo(expected.get(i).label());
      assertThat(one.get("index").asInt()).isEqualTo(expected.get(i).index());
      assertThat(one.get("probability").asDouble())
          .isCloseTo(expected.get(i).probability(), within(1e-5));
    }
  }

  private static List<Prediction> expected(Path model, RgbImage image, int top) {
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      return classifier.classify(image, top);
    }
  }

  @Test
  void aPictureAsItIs() {
    Client.Reply reply = client.post("/v1/classify?top=2", PICTURE.toPng());
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json().get("model").asText()).isEqualTo("animals");
    JsonNode image = reply.json().get("images").get(0);
    assertThat(image.get("width").asInt()).isEqualTo(70);
    assertThat(image.get("height").asInt()).isEqualTo(50);
    assertPredictions(image, expected(file, PICTURE, 2));
  }

  @Test
  void anotherModel() {
    Client.Reply reply = client.post("/v1/classify?model=parts", PICTURE.toPng());
    assertThat(reply.json().get("model").asText()).isEqualTo("parts");
    assertPredictions(reply.json().get("images").get(0), expected(other, PICTURE, 5));
  }

  /** Each file has its own result, and one that is no picture does not spoil the others. */
  @Test
  void aFormOfSeveralFiles() throws IOException {
    RgbImage second = TestImages.noise(40, 90, 2);
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("a.png", PICTURE.toPng());
    files.put("notes.txt", "no picture".getBytes(StandardCharsets.UTF_8));
    files.put("é.png", second.toPng());
    Client.Reply reply =
        client.post(
            "/v1/classify?top=1", form(files), "Content-Type", "multipart/form-data; boundary=XYZ");
    assertThat(reply.status()).isEqualTo(200);
    JsonNode images = reply.json().get("images");
    assertThat(images).hasSize(3);
    assertPredictions(images.get(0), expected(file, PICTURE, 1));
    assertThat(images.get(1).get("error").asText()).startsWith("notes.txt is not an image");
    assertThat(images.get(2).get("name").asText()).isEqualTo("é.png");
    assertPredictions(images.get(2), expected(file, second, 1));
  }

  @Test
  void base64InJson() throws IOException {
    String data = Base64.getEncoder().encodeToString(PICTURE.toPng());
    byte[] body =
        JSON.writeValueAsBytes(
            Map.of(
                "images",
                List.of(Map.of("name", "a", "data", data), "data:image/png;base64," + data)));
    Client.Reply reply =
        client.post("/v1/classify?top=3", body, "Content-Type", "application/json; charset=utf-8");
    assertThat(reply.status()).as(reply.error()).isEqualTo(200);
    for (JsonNode image : reply.json().get("images")) {
      assertPredictions(image, expected(file, PICTURE, 3));
    }
    assertThat(reply.json().get("images").get(1).get("name").asText()).isEqualTo("image 1");
  }

  /** A decoder for MIME would leave out what it does not know, and the picture would be damaged. */
  @Test
  void base64OfEitherAlphabet() {
    byte[] picture = new byte[3_000];
    for (int i = 0; picture[0] == 0; i++) {
      byte[] png = TestImages.noise(20, 20, i).toPng();
      String text = Base64.getUrlEncoder().encodeToString(png);
      picture = text.contains("-") && text.contains("_") ? png : picture;
    }
    String url = Base64.getUrlEncoder().encodeToString(picture);
    for (String data : List.of(url, url.substring(0, 9) + "\\r\\n " + url.substring(9))) {
      assertThat(postJson("[\"" + data + "\"]").status()).isEqualTo(200);
    }
    for (String wrong : List.of(url.substring(0, 8) + "+" + url.substring(9), "AA*A")) {
      Client.Reply reply = postJson("[\"" + wrong + "\"]");
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.error()).contains("is not base64");
    }
  }

  private static Client.Reply postJson(String images) {
    return client.post(
        "/v1/classify",
        ("{\"images\":" + images + "}").getBytes(StandardCharsets.UTF_8),
        "Content-Type",
        "application/json");
  }

  /** Those of the paper are of fc7, which here are the outputs. */
  @Test
  void descriptorsOfOtherHeads() {
    Path model = root.resolve("head.safetensors");
    TestModels.random(
            new Architecture(
                Configuration.A, 0.02, 32, 2, Task.CLASSIFICATION, HeadLayers.of("24", null)),
            "cat",
            "dog")
        .write(model);
    try (Service own = Service.start(ServiceOptions.of(model, 0))) {
      Client.Reply reply = new Client(own).post("/v1/embed", PICTURE.toPng());
      assertThat(reply.status()).as(reply.error()).isEqualTo(200);
      assertThat(reply.json().get("images").get(0).get("descriptor")).hasSize(24);
    }
  }

  @Test
  void aModelThatIsDamagedIsSaidToBe() {
    Path model = root.resolve("damaged.safetensors");
    TestModels.constant(new float[] {Float.NaN, 1}, "cat", "dog").write(model);
    try (Service own = Service.start(ServiceOptions.of(model, 0))) {
      Client.Reply reply = new Client(own).post("/v1/classify", PICTURE.toPng());
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.error()).contains("its weights are damaged");
      reply =
          new Client(own)
              .post(
                  "/v2/models/default/infer",
                  PICTURE.toPng(),
                  "Inference-Header-Content-Length",
                  "0");
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.error()).contains("its weights are damaged");
    }
  }

  @Test
  void descriptors() {
    Client.Reply reply = client.post("/v1/embed", PICTURE.toPng());
    assertThat(reply.status()).as(reply.error()).isEqualTo(200);
    float[] wanted;
    try (ImageEmbedder embedder = ImageEmbedder.load(file)) {
      wanted = embedder.embed(PICTURE);
    }
    JsonNode descriptor = reply.json().get("images").get(0).get("descriptor");
    assertThat(descriptor).hasSize(wanted.length);
    for (int i = 0; i < wanted.length; i++) {
      assertThat(descriptor.get(i).asDouble()).isCloseTo(wanted[i], within(1e-5));
    }
  }

  @Test
  void heatMaps() throws IOException {
    Client.Reply values = client.post("/v1/heatmap?form=values&class=dog", PICTURE.toPng());
    assertThat(values.status()).as(values.error()).isEqualTo(200);
    assertThat(values.json().get("label").asText()).isEqualTo("dog");
    assertThat(values.json().get("index").asInt()).isEqualTo(1);
    Client.Reply overlay = client.post("/v1/heatmap?form=overlay&class=1", PICTURE.toPng());
    assertThat(overlay.header("Content-Type")).isEqualTo("image/png");
    assertThat(overlay.header("Vgg-Class-Index")).isEqualTo("1");
    var drawn = ImageIO.read(new ByteArrayInputStream(overlay.response().body()));
    assertThat(List.of(drawn.getWidth(), drawn.getHeight())).isEqualTo(List.of(70, 50));
    assertThat(drawn.getColorModel().hasAlpha()).isTrue();
    Client.Reply best = client.post("/v1/heatmap", PICTURE.toPng());
    assertThat(best.header("Vgg-Class-Index"))
        .isEqualTo(String.valueOf(expected(file, PICTURE, 1).get(0).index()));
    assertThat(client.post("/v1/heatmap?class=horse", PICTURE.toPng()).error())
        .isEqualTo(
            "model animals has no class 'horse': give a name of /v1/models/animals, or an index"
                + " from 0 to 2");
  }

  @Test
  void modelsAreDescribed() {
    JsonNode all = client.get("/v1/models").json();
    assertThat(all.get("models")).hasSize(2);
    assertThat(all.get("models").get(0).get("default").asBoolean()).isTrue();
    assertThat(client.get("/v1/models/parts").json().get("classNames"))
        .extracting(JsonNode::asText)
        .containsExactly("bolt", "nut");
    assertThat(client.get("/v1/models/none").status()).isEqualTo(404);
    assertThat(client.get("/readyz").status()).isEqualTo(200);
    assertThat(client.get("/healthz").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/classify?top=0    | 400 | parameter top is '0' but must be a whole number from 1",
        "/v1/classify?top=x    | 400 | parameter top is 'x'",
        "/v1/classify?top=1&top=2 | 400 | parameter top is given several times",
        "/v1/classify?model=no | 404 | there is no model no: there are animals, parts",
        "/v1/heatmap?form=x    | 400 | parameter form is 'x' but must be drawing",
        "/v1/nothing           | 404 | there is nothing at /v1/nothing",
        "/healthz              | 405 | /healthz is for GET, not POST",
        "/v1/models/a          | 405 | /v1/models/a is for DELETE, GET, PUT, not POST",
      })
  void whatIsWrongIsSaid(String path, int status, String sentence) {
    Client.Reply reply = client.post(path, PICTURE.toPng());
    assertThat(reply.error()).startsWith(sentence);
    assertThat(reply.status()).isEqualTo(status);
  }

  @Test
  void whatIsNoPictureIsSaid() {
    Client.Reply text =
        client.post("/v1/classify", "hello, world".getBytes(StandardCharsets.UTF_8));
    assertThat(text.status()).isEqualTo(415);
    assertThat(text.error()).startsWith("the image is not an image");
    byte[] png = PICTURE.toPng();
    Client.Reply cut = client.post("/v1/classify", Arrays.copyOf(png, png.length / 2));
    assertThat(cut.status()).isEqualTo(400);
    assertThat(cut.error()).contains("damaged");
    assertThat(client.post("/v1/classify", new byte[0]).error()).contains("has no body");
    assertThat(
            client
                .post(
                    "/v1/classify",
                    "{".getBytes(StandardCharsets.UTF_8),
                    "Content-Type",
                    "application/json")
                .error())
        .startsWith("the body is no JSON (line 1, column");
    assertThat(
            client
                .post(
                    "/v1/classify",
                    "--x".getBytes(StandardCharsets.UTF_8),
                    "Content-Type",
                    "multipart/form-data; boundary=XYZ")
                .status())
        .isEqualTo(400);
  }

  @Test
  void aDeadlineIsKept() {
    Client.Reply reply = client.post("/v1/classify", PICTURE.toPng(), "Vgg-Deadline-Ms", "x");
    assertThat(reply.status()).isEqualTo(400);
    assertThat(client.post("/v1/classify", PICTURE.toPng(), "Vgg-Deadline-Ms", "60000").status())
        .isEqualTo(200);
  }

  @Test
  void pagesOfOtherSitesAreRefused() {
    assertThat(
            client
                .post("/v1/classify", PICTURE.toPng(), "Origin", "https://elsewhere.example")
                .status())
        .isEqualTo(403);
    assertThat(
            client
                .post(
                    "/v1/classify", PICTURE.toPng(), "Origin", "http://127.0.0.1:" + service.port())
                .status())
        .isEqualTo(200);
  }

  @Test
  void aTokenIsAskedFor() {
    ServiceOptions.Access access =
        new ServiceOptions.Access("127.0.0.1", 0, "secret-secret", null, false);
    try (Service guarded = Service.start(options(access, ServiceOptions.Load.usual()))) {
      Client own = new Client(guarded);
      assertThat(own.get("/v1/models").status()).isEqualTo(401);
      assertThat(own.get("/metrics").status()).isEqualTo(401);
      assertThat(own.get("/v1/models", "Authorization", "Bearer secret-secreT").status())
          .isEqualTo(401);
      assertThat(own.get("/v1/models", "Authorization", "Bearer secret-secret").status())
          .isEqualTo(200);
      assertThat(own.get("/").status()).isEqualTo(200);
      assertThat(own.get("/healthz").status()).isEqualTo(200);
    }
  }

  @Test
  void modelsCanBeChangedWhereThatIsAllowed() {
    assertThat(put(client, "parts", file).status()).isEqualTo(403);
    ServiceOptions.Access access = new ServiceOptions.Access("127.0.0.1", 0, null, null, true);
    try (Service open = Service.start(options(access, ServiceOptions.Load.usual()))) {
      Client own = new Client(open);
      assertThat(put(own, "parts", file).json().get("classNames")).hasSize(3);
      assertThat(put(own, "more", other).status()).isEqualTo(200);
      Client.Reply missing = put(own, "parts", root.resolve("none.safetensors"));
      assertThat(missing.status()).isEqualTo(409);
      assertThat(missing.error()).contains("none.safetensors");
      assertThat(own.post("/v1/classify?model=parts", PICTURE.toPng()).status()).isEqualTo(200);
      assertThat(
              own.send("DELETE", "/v1/models/more", HttpRequest.BodyPublishers.noBody()).status())
          .isEqualTo(200);
      assertThat(own.post("/v1/classify?model=more", PICTURE.toPng()).status()).isEqualTo(404);
    }
  }

  /** A model in place of the one that was unloaded would answer with other classes. */
  @Test
  void theFirstModelStaysTheOneOfRequestsThatNameNone() {
    ServiceOptions.Access access = new ServiceOptions.Access("127.0.0.1", 0, null, null, true);
    try (Service open = Service.start(options(access, ServiceOptions.Load.usual()))) {
      Client own = new Client(open);
      own.send("DELETE", "/v1/models/animals", HttpRequest.BodyPublishers.noBody());
      Client.Reply nameless = own.post("/v1/classify", PICTURE.toPng());
      assertThat(nameless.status()).isEqualTo(503);
      assertThat(nameless.error())
          .isEqualTo(
              "model animals, which answers requests that name none, is not loaded: name one of"
                  + " parts");
      assertThat(own.post("/v1/classify?model=parts", PICTURE.toPng()).status()).isEqualTo(200);
      assertThat(own.get("/v1/models").json().get("models").get(0).get("default").asBoolean())
          .isFalse();
      assertThat(put(own, "animals", file).status()).isEqualTo(200);
      assertThat(own.post("/v1/classify", PICTURE.toPng()).json().get("model").asText())
          .isEqualTo("animals");
      for (JsonNode model : own.get("/v1/models").json().get("models")) {
        assertThat(model.get("default").asBoolean())
            .isEqualTo(model.get("name").asText().equals("animals"));
      }
    }
  }

  private static Client.Reply put(Client client, String name, Path model) {
    String body = "{\"file\": \"" + model.toString().replace("\\", "\\\\") + "\"}";
    return client.send("PUT", "/v1/models/" + name, HttpRequest.BodyPublishers.ofString(body));
  }

  /** A file that was replaced is loaded; one that is broken is not, and the old model stays. */
  @Test
  void aFileThatChangesIsLoadedAgain() throws Exception {
    Path changing = root.resolve("changing.safetensors");
    Files.copy(file, changing);
    ServiceOptions usual = ServiceOptions.of(changing, 0);
    ServiceOptions.Load load = ServiceOptions.Load.usual();
    ServiceOptions.Load quick =
        new ServiceOptions.Load(
            load.queue(), 0, load.maxBody(), 0, 100, 5_000, 5_000, 60_000, 5_000, 50);
    ServiceOptions options =
        new ServiceOptions(
            usual.models(), usual.access(), quick, usual.machine(), usual.accessLog());
    try (Service watched = Service.start(options)) {
      Client own = new Client(watched);
      assertThat(classes(own)).isEqualTo(3);
      Files.copy(other, changing, StandardCopyOption.REPLACE_EXISTING);
      for (int i = 0; i < 200 && classes(own) != 2; i++) {
        Thread.sleep(50);
      }
      assertThat(classes(own)).isEqualTo(2);
      Files.writeString(changing, "broken");
      Thread.sleep(500);
      assertThat(classes(own)).isEqualTo(2);
      assertThat(own.post("/v1/classify", PICTURE.toPng()).status()).isEqualTo(200);
    }
  }

  private static int classes(Client client) {
    return client.get("/v1/models/default").json().get("classes").asInt();
  }

  @Test
  void eachRequestIsLogged() throws IOException {
    Path log = root.resolve("access.log");
    ServiceOptions usual = ServiceOptions.of(file, 0);
    try (Service logged =
        Service.start(
            new ServiceOptions(
                usual.models(), usual.access(), usual.load(), usual.machine(), log))) {
      Client own = new Client(logged);
      assertThat(own.post("/v1/classify", PICTURE.toPng()).status()).isEqualTo(200);
      assertThat(own.get("/nowhere%22%20x").status()).isEqualTo(404);
    }
    List<String> lines = Files.readAllLines(log);
    assertThat(lines).hasSize(2);
    JsonNode first = JSON.readTree(lines.get(0));
    assertThat(first.get("path").asText()).isEqualTo("/v1/classify");
    assertThat(first.get("status").asInt()).isEqualTo(200);
    assertThat(first.get("model").asText()).isEqualTo("default");
    assertThat(JSON.readTree(lines.get(1)).get("status").asInt()).isEqualTo(404);
  }

  @Test
  void whatCannotBeServedIsSaidAtTheStart() {
    assertThatThrownBy(() -> Service.start(ServiceOptions.of(root.resolve("none"), 0)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none");
    assertThatThrownBy(() -> Service.start(ServiceOptions.of(file, service.port())))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot listen on 127.0.0.1:" + service.port());
    assertThatThrownBy(
            () ->
                Service.start(
                    options(
                        new ServiceOptions.Access("no.such.host.invalid", 0, null, null, false),
                        ServiceOptions.Load.usual())))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option host is no.such.host.invalid");
  }
}
