package org.vgg4j.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.evaluate.ImageLocalizer;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Task;
import org.vgg4j.network.Device;
import org.vgg4j.search.TestIndex;
import org.vgg4j.weights.TestModels;

/** Boxes and similar pictures over HTTP. */
@Timeout(120)
class FindersTest {
  private static final int IMAGES = 4;
  private static final String[] CLASSES = {"cat", "dog", "cow"};

  @TempDir static Path root;
  private static Path model;
  private static Path finder;
  private static Path index;
  private static Service service;
  private static Client client;

  @BeforeAll
  static void start() throws IOException {
    model = root.resolve("model.safetensors");
    TestModels.random(Configuration.C, CLASSES).write(model);
    finder = root.resolve("finder.safetensors");
    TestModels.constant(Task.BOX_PER_CLASS, new float[12], CLASSES).write(finder);
    index = root.resolve("photos.index");
    writeIndex();
    service =
        Service.start(
            ServiceOptions.of(model, 0).with(new ServiceOptions.Extras(index, List.of(finder))));
    client = new Client(service);
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static RgbImage image(int number) {
    return TestImages.noise(300 + 20 * number, 200, number);
  }

  private static void writeIndex() throws IOException {
    Path photos = Files.createDirectories(root.resolve("photos"));
    List<RgbImage> images = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      images.add(image(i));
      if (i > 0) { // the first is gone
        image(i).writePng(photos.resolve(i + ".png"));
      }
    }
    TestIndex.write(index, photos, model, images);
  }

  @Test
  void similarPictures() throws IOException {
    Client.Reply reply = client.post("/v1/search?top=2", image(2).toPng());
    assertThat(reply.status()).as(reply.error()).isEqualTo(200);
    JsonNode matches = reply.json().get("images").get(0).get("matches");
    assertThat(matches).hasSize(2);
    assertThat(matches.get(0).get("row").asInt()).isEqualTo(2);
    assertThat(matches.get(0).get("file").asText()).isEqualTo("2.png");
    assertThat(matches.get(0).get("cosine").asDouble()).isCloseTo(1, within(1e-5));
    Client.Reply thumbnail = client.get(matches.get(0).get("thumbnail").asText());
    assertThat(thumbnail.header("Content-Type")).isEqualTo("image/png");
    var small = ImageIO.read(new ByteArrayInputStream(thumbnail.response().body()));
    assertThat(List.of(small.getWidth(), small.getHeight())).isEqualTo(List.of(256, 151));
  }

  @Test
  void onlyPicturesOfTheIndexAreToBeHad() {
    assertThat(client.get("/v1/thumbnails/0").error()).isEqualTo("picture 0 of the index is gone");
    for (String row : List.of("4", "-1", "x", "99999999999")) {
      Client.Reply reply = client.get("/v1/thumbnails/" + row);
      assertThat(reply.status()).isEqualTo(404);
      assertThat(reply.error()).isEqualTo("the index has no row " + row + ": it has 0 to 3");
    }
  }

  @Test
  void boxes() {
    Client.Reply reply = client.post("/v1/localize?top=2", image(1).toPng());
    assertThat(reply.status()).as(reply.error()).isEqualTo(200);
    JsonNode image = reply.json().get("images").get(0);
    assertThat(image.get("width").asInt()).isEqualTo(320);
    List<ImageLocalizer.Found> expected;
    try (ImageLocalizer localizer =
        ImageLocalizer.load(List.of(finder), model, null, Device.CPU, 2)) {
      expected = localizer.locate(image(1), 2);
    }
    assertThat(image.get("objects")).hasSize(2);
    for (int i = 0; i < 2; i++) {
      JsonNode one = image.get("objects").get(i);
      assertThat(one.get("label").asText()).isEqualTo(expected.get(i).label());
      assertThat(one.get("probability").asDouble())
          .isCloseTo(expected.get(i).probability(), within(1e-6));
      assertThat(one.get("box").get(0).asDouble())
          .isCloseTo(expected.get(i).box().left(), within(1e-3));
      assertThat(one.get("box").get(3).asDouble())
          .isCloseTo(expected.get(i).box().bottom(), within(1e-3));
    }
  }

  @Test
  void clientsAreToldWhatThereIs() {
    JsonNode about = client.get("/v1/models").json();
    assertThat(about.get("localizer").asBoolean()).isTrue();
    assertThat(about.get("index").get("images").asInt()).isEqualTo(IMAGES);
    try (Service plain = Service.start(ServiceOptions.of(model, 0))) {
      Client own = new Client(plain);
      assertThat(own.get("/v1/models").json().get("index").isNull()).isTrue();
      Client.Reply search = own.post("/v1/search", image(1).toPng());
      assertThat(search.status()).isEqualTo(404);
      assertThat(search.error()).contains("start it with --index");
      assertThat(own.post("/v1/localize", image(1).toPng()).error())
          .contains("start it with --localizer");
    }
  }

  @Test
  void whatDoesNotSuitIsSaidAtTheStart() {
    ServiceOptions.Extras extras = new ServiceOptions.Extras(null, List.of(model));
    assertThatThrownBy(() -> Service.start(ServiceOptions.of(model, 0).with(extras)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("model.safetensors");
    Path none = root.resolve("none.index");
    ServiceOptions.Extras missing = new ServiceOptions.Extras(none, List.of());
    assertThatThrownBy(() -> Service.start(ServiceOptions.of(model, 0).with(missing)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none.index");
  }
}
