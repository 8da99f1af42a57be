package org.vgg4j.serve.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/** What the page says when something is wrong. */
@ExtendWith(Browser.Only.class)
final class PageFailuresTest {
  @TempDir private static Path folder;
  private static Path model;

  private final Browser browser;

  PageFailuresTest(Browser browser) {
    this.browser = browser;
  }

  @BeforeAll
  static void make() {
    model = PageService.model(folder);
  }

  @Test
  void filesThatAreNoPicturesAreNamedBesideThoseThatAre() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("list.json", "{\"a\": 1}".getBytes(StandardCharsets.UTF_8));
    files.put("boat.png", Drawings.boat());
    files.put("half.png", Arrays.copyOf(Drawings.boat(), 300));
    files.put("nothing.png", new byte[0]);
    try (PageService service = PageService.start(model)) {
      browser.open(service.page()).drop(files);
      browser.awaitText("#reason", "“list.json” is not a picture that can be read here.");
      assertThat(browser.text("#said")).contains("give a JPEG, PNG");
      assertThat(browser.isShown("#again")).as("a second try would not help").isFalse();
      assertThat((String) browser.js("return document.getElementById('alarm').textContent"))
          .contains("list.json");

      select("half.png");
      browser.awaitText("#reason", "“half.png” cannot be read. Perhaps the file is damaged");
      select("nothing.png");
      browser.awaitText("#reason", "“nothing.png” is empty.");
      select("boat.png");
      browser.awaitShown("#labels .label");
      assertThat(browser.isShown("#failed")).isFalse();
    }
  }

  private void select(String name) {
    browser.await(
        "[...document.querySelectorAll('#pictures button')].some((b) =>"
            + " b.textContent.startsWith(arguments[0]))",
        name);
    browser.js(
        "[...document.querySelectorAll('#pictures button')].find((b) =>"
            + " b.textContent.startsWith(arguments[0])).click()",
        name);
  }

  @Test
  void whatIsDroppedOrPastedButNoFile() {
    try (PageService service = PageService.start(model)) {
      browser.open(service.page()).drop(Map.of());
      browser.awaitText("#problems", "That is not a file.");
      browser.js("document.body.dispatchEvent(new ClipboardEvent('paste', {bubbles: true}))");
      browser.awaitText("#problems", "There is no picture on the clipboard.");
      browser.one("#problems button").click();
      assertThat(browser.all("#problems > *")).isEmpty();
    }
  }

  @Test
  void aServiceWithATokenIsGivenItForThisTabOnly() {
    try (PageService service = PageService.withToken(model, "open-sesame")) {
      browser.open(service.page()).awaitShown("#token-dialog");
      assertThat(browser.holds("document.activeElement.id === 'token'")).isTrue();
      browser.press("wrong", Keys.ENTER);
      browser.awaitText("#token-text", "did not accept that token");
      browser.press("open-sesame", Keys.ENTER);
      browser.await("!document.getElementById('token-dialog').open");
      browser.awaitText("#network", "labels");
      browser.drop(Map.of("boat.png", Drawings.boat()));
      browser.awaitShown("#labels .label");
      assertThat(browser.holds("sessionStorage.length === 1 && localStorage.length === 0"))
          .isTrue();
      assertThat(browser.holds("document.cookie === ''")).isTrue();
    }
  }

  @Test
  void withoutATokenThePageSaysSoAndAsksAgainWhenTold() {
    try (PageService service = PageService.withToken(model, "open-sesame")) {
      browser.open(service.page()).awaitShown("#token-dialog");
      browser.one("#no-token").click();
      browser.awaitText("#problems", "answers only those who give its token");
      browser.one("#problems button").click();
      browser.awaitShown("#token-dialog");
      browser.press("open-sesame", Keys.ENTER);
      browser.awaitText("#network", "labels");
    }
  }

  @Test
  void aStoppedServiceIsTriedAgain() {
    PageService service = PageService.start(model);
    browser.open(service.page()).awaitText("#network", "labels");
    service.close();
    browser.drop(Map.of("boat.png", Drawings.boat()));
    browser.awaitText("#reason", "The service does not answer.");
    try (PageService again = PageService.startAt(model, service.page().getPort())) {
      browser.one("#again").click();
      browser.awaitShown("#labels .label");
      assertThat(again.page()).isEqualTo(service.page());
    }
  }

  @Test
  void aBusyServiceIsWaitedFor() {
    try (PageService service = PageService.start(model)) {
      browser.open(service.page()).awaitText("#network", "labels");
      browser.js(
          """
          const fetch = window.fetch;
          window.refused = 0;
          window.fetch = (...request) => window.refused++ < 2
              ? Promise.resolve(new Response('{"error": "full"}', {status: 429, headers: {'Retry-After': '1'}}))
              : fetch(...request);
          """);
      browser.drop(Map.of("boat.png", Drawings.boat()));
      browser.awaitText("#waiting", "The service is busy. Trying again in 1 s");
      browser.awaitShown("#labels .label");
      assertThat(browser.isShown("#waiting")).isFalse();
    }
  }

  @Test
  void aPictureThatIsTooLargeIsSentAsASmallerCopy() {
    byte[] large = Drawings.noise(400, 300);
    assertThat(large.length).isGreaterThan(300_000);
    try (PageService service = PageService.withLargestBody(model, 100_000)) {
      browser.open(service.page()).drop(Map.of("large.png", large));
      browser.awaitShown("#labels .label");
      assertThat(browser.text("#note")).contains("so a smaller copy was sent (");
    }
  }
}
