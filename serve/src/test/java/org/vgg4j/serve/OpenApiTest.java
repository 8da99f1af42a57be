package org.vgg4j.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.TestModels;

/** What {@code /openapi.json} says is what the service does. */
@Timeout(120)
class OpenApiTest {
  private static final byte[] PICTURE = TestImages.noise(60, 60, 3).toPng();

  @TempDir static Path root;
  private static Path file;
  private static Service service;
  private static Client client;
  private static JsonNode described;

  @BeforeAll
  static void start() {
    file = root.resolve("model.safetensors");
    TestModels.random(Configuration.A, "cat", "dog").write(file);
    service =
        Service.start(
            new ServiceOptions(
                Map.of("default", file),
                new ServiceOptions.Access("127.0.0.1", 0, null, null, true),
                ServiceOptions.Load.usual(),
                ClassifierOptions.defaults().withThreads(2).withPasses(1),
                null));
    client = new Client(service);
    described = client.get("/openapi.json").json();
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void itIsOpenApi() {
    SwaggerParseResult result =
        new OpenAPIV3Parser().readContents(described.toString(), null, null);
    assertThat(result.getMessages()).isEmpty();
    assertThat(result.getOpenAPI().getPaths()).hasSameSizeAs(described.get("paths"));
  }

  @Test
  void itHasExactlyTheRoutes() {
    List<String> said = new ArrayList<>();
    described
        .get("paths")
        .fields()
        .forEachRemaining(
            path ->
                path.getValue()
                    .fields()
                    .forEachRemaining(
                        operation ->
                            said.add(
                                operation.getKey().toUpperCase(Locale.ROOT)
                                    + " "
                                    + path.getKey()
                                    + (operation.getValue().has("security") ? " open" : ""))));
    assertThat(said).containsExactlyInAnyOrderElementsOf(service.routes().all());
  }

  /** The answer's status is described, and its JSON has the form that is described for it. */
  private static void assertDescribed(String method, String path, Client.Reply reply) {
    String status = String.valueOf(reply.status());
    JsonNode response =
        described.at("/paths/" + path.replace("/", "~1") + "/" + method + "/responses/" + status);
    if (response.has("$ref")) {
      response = described.at(response.get("$ref").asText().substring(1));
    }
    JsonNode form = response.at("/content/application~1json/schema");
    assertThat(form.isObject()).as("%s %s %s is described", method, path, status).isTrue();
    ObjectNode whole = form.deepCopy();
    whole.set("components", described.get("components")); // what references lead to
    JsonSchema schema =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(whole);
    assertThat(schema.validate(reply.json())).as("%s %s %s", method, path, status).isEmpty();
  }

  private static void assertPosted(int status, String path, byte[] body, String... headers) {
    String pattern = path.replaceFirst("\\?.*", "").replace("/default/", "/{model}/");
    Client.Reply reply = client.post(path, body, headers);
    assertThat(reply.status()).as(path).isEqualTo(status);
    assertDescribed("post", pattern, reply);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void answersAreAsDescribed() {
    for (String path : List.of("/healthz", "/readyz", "/v1/models", "/v2", "/v2/health/live")) {
      assertDescribed("get", path, client.get(path));
    }
    assertDescribed("get", "/v2/health/ready", client.get("/v2/health/ready"));
    assertDescribed("get", "/v1/models/{name}", client.get("/v1/models/default"));
    assertDescribed("get", "/v1/models/{name}", client.get("/v1/models/none"));
    assertDescribed("get", "/v2/models/{model}", client.get("/v2/models/default"));
    assertDescribed("get", "/v2/models/{model}/ready", client.get("/v2/models/default/ready"));
    for (String path : List.of("/v1/classify", "/v1/embed", "/v1/heatmap")) {
      assertPosted(200, path + (path.endsWith("map") ? "?form=values" : ""), PICTURE);
      assertPosted(415, path, bytes("no image"));
      assertPosted(400, path, new byte[0]);
      assertPosted(404, path + "?model=none", PICTURE);
    }
    String json = Base64.getEncoder().encodeToString(PICTURE);
    assertPosted(
        200,
        "/v1/classify",
        bytes("{\"images\": [\"" + json + "\", \"AAAA\"]}"), // the second has an error
        "Content-Type",
        "application/json");
    String infer = "/v2/models/default/infer";
    String request =
        "{\"id\": \"1\", \"inputs\": [{\"name\": \"image\", \"datatype\": \"BYTES\", \"shape\":"
            + " [1], \"data\": [\"%s\"]}], \"outputs\": [{\"name\": \"probabilities\"}, {\"name\":"
            + " \"probabilities\", \"parameters\": {\"classification\": 1}}]}";
    assertPosted(200, infer, bytes(request.formatted(json)));
    assertPosted(415, infer, bytes(request.formatted("AAAA")));
    assertPosted(400, infer, bytes("{}"));
    assertPosted(200, "/v2/repository/index", new byte[0]);
    assertPosted(200, "/v2/repository/models/default/load", new byte[0]);
    Client.Reply loaded =
        client.send(
            "PUT",
            "/v1/models/more",
            HttpRequest.BodyPublishers.ofString("{\"file\": \"" + file + "\"}"));
    assertThat(loaded.status()).isEqualTo(200);
    assertDescribed("put", "/v1/models/{name}", loaded);
    Client.Reply refused =
        client.send(
            "PUT", "/v1/models/more", HttpRequest.BodyPublishers.ofString("{\"file\": \"none\"}"));
    assertThat(refused.status()).isEqualTo(409);
    assertDescribed("put", "/v1/models/{name}", refused);
    Client.Reply gone =
        client.send("DELETE", "/v1/models/more", HttpRequest.BodyPublishers.noBody());
    assertThat(gone.status()).isEqualTo(200);
    assertDescribed("delete", "/v1/models/{name}", gone);
  }

  /** The check above would see a wrong answer. */
  @Test
  void wrongAnswersAreNoticed() {
    Client.Reply classified = client.post("/v1/classify", PICTURE);
    assertThatThrownBy(() -> assertDescribed("post", "/v1/embed", classified))
        .isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> assertDescribed("get", "/nowhere", classified))
        .isInstanceOf(AssertionError.class);
  }
}
