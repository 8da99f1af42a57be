package org.vgg4j.serve.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Task;
import org.vgg4j.search.TestIndex;
import org.vgg4j.serve.Service;
import org.vgg4j.serve.ServiceOptions;
import org.vgg4j.weights.TestModels;

/** The page of services that find boxes and similar pictures, or know several labels a picture. */
@ExtendWith(Browser.Only.class)
final class PageFindersTest {
  private static final String[] LABELS = {"boat", "cup"};

  @TempDir private Path folder;

  private final Browser browser;

  PageFindersTest(Browser browser) {
    this.browser = browser;
  }

  @AfterEach
  void nothingWentWrongUnseen() {
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void boxesAndSimilarPictures() throws Exception {
    Path model = folder.resolve("model.safetensors");
    TestModels.random(Configuration.C, LABELS).write(model);
    Path finder = folder.resolve("finder.safetensors");
    TestModels.constant(Task.BOX_PER_CLASS, new float[8], LABELS).write(finder);
    Path photos = Files.createDirectories(folder.resolve("photos"));
    Files.write(photos.resolve("0.png"), Drawings.boat());
    Files.write(photos.resolve("1.png"), Drawings.cup());
    Path index = folder.resolve("photos.index");
    TestIndex.write(
        index,
        photos,
        model,
        List.of(
            ImageDecoder.decode(Drawings.boat(), "boat"),
            ImageDecoder.decode(Drawings.cup(), "cup")));
    ServiceOptions options =
        ServiceOptions.of(model, 0).with(new ServiceOptions.Extras(index, List.of(finder)));
    try (Service service = Service.start(options)) {
      browser.open(URI.create(service.address())).drop(Map.of("boat.png", Drawings.boat()));
      browser.awaitText("#objects", " of the picture");
      assertThat(browser.all("#boxes .box")).hasSize(1);
      browser.await(
          "[...document.querySelectorAll('#similar img')].map((i) => i.naturalWidth).join() ==="
              + " '256,180'");
      assertThat(browser.text("#similar li:nth-child(1)")).matches("(?s)0\\.png\\s*100 % alike");
      assertThat(browser.text("#similar-note")).contains("2 pictures");
    }
  }

  @Test
  void labelsThatAreJudgedEachOnItsOwn() {
    Path model = folder.resolve("labels.safetensors");
    TestModels.constant(Task.LABELS, new float[] {-1, -2}, LABELS).write(model);
    try (Service service = Service.start(ServiceOptions.of(model, 0))) {
      browser.open(URI.create(service.address())).drop(Map.of("cup.png", Drawings.cup()));
      browser.awaitShown("#labels .label");
      assertThat(browser.text("#verdict")).contains("None of its labels, it seems");
      assertThat(browser.text("#labels li:nth-child(1) .share")).isEqualTo("27 %");
      assertThat((String) browser.js("return document.getElementById('meaning').textContent"))
          .contains("judges each on its own")
          .doesNotContain("100 %");
    }
  }
}
