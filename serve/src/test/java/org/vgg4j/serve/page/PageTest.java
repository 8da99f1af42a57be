package org.vgg4j.serve.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.vgg4j.ImageClassifier;
import org.vgg4j.Prediction;

/** The page, in a browser, with a real service: pictures in, labels and heat maps out. */
@ExtendWith(Browser.Only.class)
final class PageTest {
  @TempDir private static Path folder;
  private static PageService service;

  private final Browser browser;

  PageTest(Browser browser) {
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

  @AfterEach
  void nothingWentWrongUnseen() {
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void aDroppedPictureGetsTheLabelsOfTheClassifier() {
    browser.open(service.page()).drop(Map.of("boat.png", Drawings.boat()));
    browser.awaitShown("#labels .label");

    List<Prediction> expected;
    try (ImageClassifier classifier = ImageClassifier.load(service.model())) {
      expected = classifier.classify(Drawings.boat(), 5);
    }
    List<WebElement> rows = browser.all("#labels .label");
    assertThat(rows).hasSize(expected.size());
    browser.await("document.getAnimations().length === 0"); // the bars have grown
    for (int i = 0; i < rows.size(); i++) {
      Prediction prediction = expected.get(i);
      String row = "#labels li:nth-child(" + (i + 1) + ") ";
      assertThat(browser.text(row + ".label-name") + browser.text(row + ".wnid"))
          .isEqualTo(PageService.plain(prediction.label()) + PageService.wnid(prediction.label()));
      double share =
          ((Number)
                  browser.js(
                      """
                      const bar = document.querySelector(arguments[0]);
                      return parseFloat(getComputedStyle(bar, '::before').width) / bar.clientWidth;
                      """,
                      row + ".bar"))
              .doubleValue();
      assertThat(share).isCloseTo(prediction.probability(), within(0.005));
      assertThat(browser.text(row + ".share")).isEqualTo(percent(prediction.probability()));
    }
    assertThat(browser.text("#verdict")).endsWith(PageService.plain(expected.get(0).label()));
    assertThat(browser.text("#name")).isEqualTo("boat.png");
    assertThat(browser.text("#size")).isEqualTo("320 × 240");
    assertThat(browser.text("#time"))
        .matches("Answered in .* s, of which the service worked .* s\\.");
    assertThat((String) browser.js("return document.getElementById('news').textContent"))
        .startsWith("boat.png: " + PageService.plain(expected.get(0).label()));
  }

  private static String percent(double share) {
    return share < 0.01
        ? "under 1 %"
        : share >= 0.995 && share < 1 ? "over 99 %" : Math.round(100 * share) + " %";
  }

  @Test
  void theHeatMapOfAnyLabelLiesOverThePictureAndTheSliderFadesIt() {
    browser.open(service.page()).drop(Map.of("boat.png", Drawings.boat()));
    browser.awaitShown("#labels .label");
    assertThat(browser.isShown("#map")).isFalse();

    browser.one("#labels li:nth-child(2) button").click();
    browser.awaitShown("#map");
    assertThat(browser.text("#map-label"))
        .contains(browser.text("#labels li:nth-child(2) .label-name"));
    browser.await("document.getElementById('map').naturalWidth > 0");
    assertThat(browser.holds(SAME_PLACE)).as("the map covers the picture").isTrue();
    assertThat(opacity()).isEqualTo(0.7);

    browser.one("#strength").sendKeys(Keys.HOME);
    assertThat(opacity()).isZero();
    browser.one("#strength").sendKeys(Keys.ARROW_RIGHT);
    assertThat(opacity()).isEqualTo(0.05);
    assertThat(browser.text("#strength-value")).isEqualTo("5 %");
    browser.one("#strength").sendKeys(Keys.END);
    assertThat(opacity()).isEqualTo(1);

    browser.one("#labels li:nth-child(1) button").click();
    browser.await("document.querySelectorAll('#labels [aria-pressed=true]').length === 1");
    browser.awaitText("#map-label", browser.text("#labels li:nth-child(1) .label-name"));
    browser.one("#labels li:nth-child(1) button").click();
    browser.await("document.getElementById('map').hidden");
    assertThat(browser.isShown("#map-panel")).isFalse();
  }

  @Test
  void aLabelThatIsNotAmongTheBestIsLookedFor() {
    browser.open(service.page()).drop(Map.of("boat.png", Drawings.boat()));
    browser.awaitShown("#labels .label");
    String label;
    try (ImageClassifier classifier = ImageClassifier.load(service.model())) {
      int last = classifier.classNames().size();
      label = classifier.classify(Drawings.boat(), last).get(last - 1).label();
    }
    browser.one("#other").sendKeys(PageService.plain(label), Keys.ENTER);
    browser.awaitText("#map-label", PageService.plain(label));
    assertThat(browser.all("#labels .label")).hasSize(6);
    assertThat(browser.text("#labels li:last-child .share")).endsWith(" %");

    browser.one("#other").sendKeys("unicorn", Keys.ENTER);
    browser.awaitText("#map-waiting", "The network knows no label “unicorn”.");
  }

  @Test
  void aPastedPicture() {
    browser.open(service.page()).paste("image.png", Drawings.cup());
    browser.awaitShown("#labels .label");
    assertThat(browser.text("#name")).isEqualTo("pasted picture");
  }

  @Test
  void chosenPicturesMakeAGallery() throws Exception {
    Path boat = Files.write(folder.resolve("boat.png"), Drawings.boat());
    Path cup = Files.write(folder.resolve("cup.png"), Drawings.cup());
    browser.open(service.page()).choose(boat, cup);
    browser.await("document.querySelectorAll('#pictures .item-text').length === 2");
    browser.await(
        "[...document.querySelectorAll('#pictures .item-text')].every((e) =>"
            + " e.textContent.includes('%'))");
    assertThat(browser.text("#name")).isEqualTo("boat.png");
    String best = browser.text("#labels .label-name");
    assertThat(browser.text("#pictures li:nth-child(1)")).contains(best);

    browser.one("#pictures li:nth-child(2) button").click();
    assertThat(browser.text("#name")).isEqualTo("cup.png");
    assertThat(browser.text("#size")).isEqualTo("180 × 240");
    assertThat(browser.one("#pictures li:nth-child(2) button").getDomAttribute("aria-current"))
        .isEqualTo("true");

    browser.one("#remove").click();
    assertThat(browser.text("#name")).isEqualTo("boat.png");
    assertThat(browser.isShown("#gallery")).isFalse();
    browser.one("#remove").click();
    assertThat(browser.isShown("#view")).isFalse();
    assertThat(browser.holds("document.activeElement.id === 'choose'")).isTrue();
  }

  @Test
  void aPictureThatIsRemovedIsNotAskedForAnyMore() {
    browser.open(service.page());
    browser.js(
        """
        window.stopped = false;
        window.fetch = (path, {signal}) => new Promise((resolve, reject) =>
            signal.addEventListener('abort', () => { window.stopped = true; reject(signal.reason); }));
        """);
    browser.drop(Map.of("boat.png", Drawings.boat()));
    browser.awaitText("#waiting", "Looking at the picture");
    browser.await("true");
    browser.one("#remove").click();
    browser.await("window.stopped");
  }

  @Test
  void everythingByKeyboardWithTheFocusInSight() throws Exception {
    Path boat = Files.write(folder.resolve("keys.png"), Drawings.boat());
    browser.open(service.page());
    browser.tabTo("#choose");
    browser.js(
        """
        document.getElementById('files').addEventListener('click', (event) => {
          window.asked = true;
          event.preventDefault();
        });
        """);
    browser.press(Keys.ENTER);
    assertThat(browser.holds("window.asked")).as("Enter opens the choice of files").isTrue();
    browser.choose(boat);
    browser.awaitShown("#labels .label");

    browser.one("h1").click();
    browser.tabTo("#remove");
    browser.tabTo("#labels li:nth-child(1) button");
    focusIsSeen();
    browser.press(Keys.SPACE);
    browser.awaitShown("#map");
    assertThat(browser.holds("document.activeElement.matches('#labels li:nth-child(1) button')"))
        .as("the focus stays where it was")
        .isTrue();
    browser.tabTo("#strength");
    focusIsSeen();
    browser.press(Keys.ARROW_LEFT);
    assertThat(opacity()).isEqualTo(0.65);
    browser.tabTo("#other");
    focusIsSeen();
    browser.tabTo("summary");
    browser.press(Keys.ENTER);
    browser.awaitText("#meaning", "together they make 100 %");
  }

  private void focusIsSeen() {
    assertThat(
            browser.holds(
                """
                ((e) => {
                  const style = getComputedStyle(e);
                  const box = e.getBoundingClientRect();
                  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
                  return parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== 'none'
                      && (e === top || e.contains(top));
                })(document.activeElement)\
                """))
        .as("the focus is outlined, and nothing is before it")
        .isTrue();
  }

  private double opacity() {
    return ((Number)
            browser.js("return Number(getComputedStyle(document.getElementById('map')).opacity)"))
        .doubleValue();
  }

  private static final String SAME_PLACE =
      """
      (() => {
        const [a, b] = ['picture', 'map'].map((id) => document.getElementById(id).getBoundingClientRect());
        return ['left', 'top', 'width', 'height'].every((side) => Math.abs(a[side] - b[side]) < 1);
      })()\
      """;
}
