package org.vgg4j.serve.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Boxes, similar pictures and several models, which a service only has if it was started so. Here
 * the answers for them are written in the browser, in front of a real service for the rest.
 */
@ExtendWith(Browser.Only.class)
final class PageExtrasTest {
  @TempDir private static Path folder;
  private static PageService service;

  private final Browser browser;

  PageExtrasTest(Browser browser) {
    this.browser = browser;
  }

  @BeforeAll
  static void start() throws Exception {
    service = PageService.start(PageService.model(folder));
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  /** Puts answers, JSON by the path's beginning, before those of the service. */
  private void openWith(Map<String, String> answers) {
    browser.openWith(
        service.page(),
        """
        const [answers, picture] = arguments;
        const fetch = window.fetch;
        window.asked = [];
        window.fetch = (path, options) => {
          window.asked.push(path);
          const found = Object.keys(answers).find((start) => path.startsWith(start));
          if (found) return Promise.resolve(new Response(answers[found]));
          if (path.startsWith('v1/thumbnails/')) {
            return Promise.resolve(new Response(Uint8Array.from(atob(picture), (c) => c.charCodeAt(0))));
          }
          return fetch(path.replace('model=other&', ''), options);
        };
        """,
        answers,
        Base64.getEncoder().encodeToString(Drawings.cup()));
  }

  @Test
  void boxesLieOverThePictureAndAreSaidInWords() {
    openWith(
        Map.of(
            "v1/models",
            models("true", "null", ""),
            "v1/localize",
            """
            {"images": [{"name": "image", "width": 320, "height": 240, "objects": [
              {"label": "n02951358 canoe", "index": 1, "probability": 0.8, "box": [32, 120, 160, 216]}]}]}
            """));
    browser.drop(Map.of("boat.png", Drawings.boat()));
    browser.awaitText("#objects", "canoe, 80 %: at the bottom left, 16 % of the picture");
    assertThat(
            browser.holds(
                """
                (() => {
                  const box = document.querySelector('#boxes .box').getBoundingClientRect();
                  const all = document.getElementById('picture').getBoundingClientRect();
                  const near = (a, b) => Math.abs(a - b) < 4;
                  return near(box.left, all.left + all.width * 0.1) && near(box.right, all.left + all.width * 0.5)
                      && near(box.top, all.top + all.height * 0.5) && near(box.bottom, all.top + all.height * 0.9);
                })()\
                """))
        .as("the box is where it should be")
        .isTrue();
    assertThat(browser.one("#boxes").getDomAttribute("aria-label"))
        .isEqualTo("A box around canoe, at the bottom left, 16 % of the picture.");
    assertThat(browser.barriers()).isEmpty();
    browser.one("#show-boxes").click();
    assertThat(browser.isShown("#boxes")).isFalse();
    assertThat(browser.isShown("#similar-panel")).isFalse();
  }

  @Test
  void similarPicturesHaveTheirNames() {
    openWith(
        Map.of(
            "v1/models",
            models("false", "{\"images\": 1234, \"description\": \"ours\"}", ""),
            "v1/search",
            """
            {"images": [{"name": "image", "matches": [
              {"row": 17, "file": "a/b.jpg", "cosine": 0.934, "thumbnail": "/v1/thumbnails/17"},
              {"row": 3, "file": "c.jpg", "cosine": 0.5, "thumbnail": "/v1/thumbnails/3"}]}]}
            """));
    browser.drop(Map.of("boat.png", Drawings.boat()));
    browser.awaitText("#similar", "50 % alike");
    assertThat(browser.text("#similar li:nth-child(1)")).matches("(?s)a/b\\.jpg\\s*93 % alike");
    assertThat(browser.text("#similar-note")).contains("1,234 pictures");
    browser.await(
        "[...document.querySelectorAll('#similar img')].filter((i) => i.naturalWidth ==="
            + " 180).length === 2");
    assertThat(browser.holds("window.asked.includes('v1/thumbnails/17')")).isTrue();
    assertThat(browser.isShown("#boxes-panel")).isFalse();
    assertThat(browser.barriers()).isEmpty();
  }

  @Test
  void whatTheServiceCannotDoForOnePictureIsSaidInItsPlace() {
    openWith(
        Map.of(
            "v1/models",
            models("true", "null", ""),
            "v1/localize",
            """
            {"images": [{"name": "image", "error": "too small"}]}
            """));
    browser.drop(Map.of("boat.png", Drawings.boat()));
    browser.awaitText("#objects", "cannot be read");
    browser.awaitShown("#labels .label");
  }

  @Test
  void anotherModelLooksAtThePicturesAgain() {
    String other =
        """
        , {"name": "other", "network": "D (crop 224)", "classes": 7, "ready": true, "default": false}
        """;
    openWith(Map.of("v1/models", models("false", "null", other)));
    browser.awaitShown("#model");
    browser.drop(Map.of("boat.png", Drawings.boat()));
    browser.awaitShown("#labels .label");
    browser.one("#model").sendKeys("other");
    browser.await("window.asked.some((path) => path.startsWith('v1/classify?model=other&'))");
    browser.awaitShown("#labels .label");
    assertThat(browser.text("#network")).isEqualTo("Network D, 7 labels");
  }

  private static String models(String localizer, String index, String other) {
    return """
    {"models": [{"name": "default", "network": "A (crop 32)", "classes": 7, "ready": true, "default": true}%s],
     "localizer": %s, "index": %s, "token": false, "limits": {"maxBody": 20000000, "maxPixels": 50000000}}
    """
        .formatted(other, localizer, index);
  }
}
