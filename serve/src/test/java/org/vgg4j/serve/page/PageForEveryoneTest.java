package org.vgg4j.serve.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The page on a phone, in the dark, and for people who do not see it. */
@ExtendWith(Browser.Only.class)
final class PageForEveryoneTest {
  @TempDir private static Path folder;
  private static PageService service;

  private final Browser browser;

  PageForEveryoneTest(Browser browser) {
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

  @Test
  void nobodyMeetsABarrierByDayOrNight() {
    browser.open(service.page());
    for (boolean dark : new boolean[] {false, true}) {
      browser.dark(dark);
      assertThat(brightness("document.body")).as("of the ground").matches(b -> dark == (b < 0.1));
      assertThat(browser.barriers()).as("at first").isEmpty();
    }
    showTwo();
    browser.one("#labels li:nth-child(2) button").click();
    browser.awaitShown("#map");
    browser.one("summary").click();
    for (boolean dark : new boolean[] {false, true}) {
      browser.dark(dark);
      assertThat(browser.barriers()).as("with pictures").isEmpty();
      assertThat(contrast(".label", "outlineColor")).as("of the focus").isGreaterThan(3);
    }
  }

  @Test
  void onAPhoneNothingIsCutOffAndPhotographsCanBeTaken() {
    browser.openOnPhone(service.page());
    fits("at first");
    assertThat(browser.isShown("#photograph")).isTrue();
    assertThat(browser.one("#camera").getDomAttribute("capture")).isEqualTo("environment");
    assertThat(browser.text(".invitation")).as("nothing can be dropped").doesNotContain("Drop");
    assertThat(browser.barriers()).isEmpty();

    showTwo();
    showTwo();
    showTwo();
    fits("with pictures");
    browser.one("#labels li:nth-child(5) button").click();
    browser.awaitShown("#map-panel");
    fits("with a heat map");
    assertThat(
            browser.holds(
                """
                ['stage', 'strength'].every((id) => {
                  const box = document.getElementById(id).getBoundingClientRect();
                  return box.top >= 0 && box.bottom <= innerHeight;
                })\
                """))
        .as("the picture is in sight beside the slider")
        .isTrue();
    assertThat(browser.barriers()).isEmpty();
  }

  private void showTwo() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("a-very-long-name-without-any-space-".repeat(6) + ".png", Drawings.cup());
    files.put("boat.png", Drawings.boat());
    browser.drop(files);
    browser.awaitShown("#labels .label");
    browser.await("document.querySelectorAll('#labels .label').length === 5");
  }

  private void fits(String when) {
    assertThat(browser.holds("document.documentElement.scrollWidth <= 390 && innerWidth === 390"))
        .as(when + " the page is as wide as the phone")
        .isTrue();
  }

  private double brightness(String element) {
    return number("luminance(getComputedStyle(" + element + ").backgroundColor)");
  }

  /** Of a colour of an element, once it has the focus, against what the element lies on. */
  private double contrast(String selector, String colour) {
    browser.one("h1").click();
    browser.tabTo(selector);
    return number(
        """
        (() => {
          const element = document.activeElement;
          let ground = element.parentElement;
          while (getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
          const both = [getComputedStyle(element).%s, getComputedStyle(ground).backgroundColor];
          const [low, high] = both.map(luminance).sort((a, b) => a - b);
          return (high + 0.05) / (low + 0.05);
        })()\
        """
            .formatted(colour));
  }

  private double number(String expression) {
    return ((Number)
            browser.js(
                """
                function luminance(colour) {
                  const part = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                  const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map((v) => part(v / 255));
                  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                }
                return\
                """
                    + " "
                    + expression))
        .doubleValue();
  }
}
