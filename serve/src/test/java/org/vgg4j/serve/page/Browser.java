package org.vgg4j.serve.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.json.Json;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * Chromium without a window, used as a person would. One for all tests: as a parameter of a test
 * whose class is extended with {@link Only}. Tests are skipped where it is not installed.
 */
final class Browser implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Gives tests the browser; it is closed after the last test of all. */
  static final class Only implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == Browser.class;
    }

    @Override
    public Browser resolveParameter(ParameterContext parameter, ExtensionContext context) {
      assumeTrue(
          Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER),
          "The page is not tested: there is no Chromium (install chromium and chromium-driver).");
      return context
          .getRoot()
          .getStore(ExtensionContext.Namespace.create(Browser.class))
          .getOrComputeIfAbsent(Browser.class, key -> new Browser(), Browser.class);
    }
  }

  private final ChromeDriver driver;

  private Browser() {
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
    options.addArguments(
        "--headless=new",
        "--no-sandbox", // which the superuser cannot have; all pages are ours
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars");
    // Both files are given, so that nothing looks for others in the network.
    driver =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(new File(DRIVER.toString()))
                .usingAnyFreePort()
                .build(),
            options);
    driver.manage().timeouts().scriptTimeout(PATIENCE);
  }

  /** A page as it is at first, on a desk, by day. */
  Browser open(URI page) {
    desk();
    return load(page);
  }

  /** The same on a phone. */
  Browser openOnPhone(URI page) {
    viewport(390, 844, 2, true);
    return load(page);
  }

  private Browser load(URI page) {
    dark(false);
    driver.get(page.toString());
    complaints();
    return this;
  }

  /** The same, after a script that runs before the page's own. */
  void openWith(URI page, String script, Object... arguments) {
    String call =
        "(function () {%s}).apply(null, %s)".formatted(script, new Json().toJson(arguments));
    Map<String, Object> added =
        driver.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", Map.of("source", call));
    try {
      open(page);
    } finally {
      driver.executeCdpCommand("Page.removeScriptToEvaluateOnNewDocument", added);
    }
  }

  private void desk() {
    viewport(1280, 900, 1, false);
  }

  private void viewport(int width, int height, int density, boolean hand) {
    Map<String, Object> metrics =
        Map.of("width", width, "height", height, "deviceScaleFactor", density, "mobile", hand);
    driver.executeCdpCommand("Emulation.setDeviceMetricsOverride", metrics);
    driver.executeCdpCommand("Emulation.setTouchEmulationEnabled", Map.of("enabled", hand));
  }

  void dark(boolean dark) {
    Map<String, String> feature =
        Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light");
    driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of(feature)));
  }

  /** What a script returns; {@code arguments[0]} is the first argument. */
  Object js(String script, Object... arguments) {
    return driver.executeScript(script, arguments);
  }

  boolean holds(String script, Object... arguments) {
    return Boolean.TRUE.equals(js("return " + script, arguments));
  }

  /** Waits until an expression is true. */
  void await(String expression, Object... arguments) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!holds(expression, arguments)) {
      if (System.nanoTime() > end) {
        String page = text("body");
        throw new AssertionError("still not: " + expression + ", but the page says:\n" + page);
      }
      sleep();
    }
  }

  private static void sleep() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until an element is shown and says this. */
  void awaitText(String selector, String part) {
    await(
        "(e => e !== null && e.checkVisibility() && e.innerText.includes(arguments[1]))"
            + "(document.querySelector(arguments[0]))",
        selector,
        part);
  }

  /** Waits until an element is shown. */
  void awaitShown(String selector) {
    awaitText(selector, "");
  }

  WebElement one(String selector) {
    return driver.findElement(By.cssSelector(selector));
  }

  List<WebElement> all(String selector) {
    return driver.findElements(By.cssSelector(selector));
  }

  /** What an element shows. */
  String text(String selector) {
    return (String) js("return document.querySelector(arguments[0]).innerText.trim()", selector);
  }

  boolean isShown(String selector) {
    return one(selector).isDisplayed();
  }

  /** Drops files on the page, named as in the map's order. */
  void drop(Map<String, byte[]> files) {
    transfer(files, "drop", "new DragEvent('drop', {...init, dataTransfer: data})");
  }

  void paste(String name, byte[] content) {
    transfer(
        Map.of(name, content),
        "paste",
        "new ClipboardEvent('paste', {...init, clipboardData: data})");
  }

  private void transfer(Map<String, byte[]> files, String kind, String event) {
    List<List<String>> encoded = new ArrayList<>();
    files.forEach(
        (name, content) -> encoded.add(List.of(name, Base64.getEncoder().encodeToString(content))));
    Object untouched =
        js(
            """
            const data = new DataTransfer();
            for (const [name, base64] of arguments[0]) {
              const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
              data.items.add(new File([bytes], name));
            }
            const init = {bubbles: true, cancelable: true};
            return document.body.dispatchEvent(%s);
            """
                .formatted(event),
            encoded);
    assertThat(untouched).as("the browser itself acts on a " + kind).isEqualTo(false);
  }

  /** What the system's window for choosing files would return. */
  void choose(Path... files) {
    String paths = String.join("\n", List.of(files).stream().map(Path::toString).toList());
    one("#files").sendKeys(paths);
  }

  void press(CharSequence... keys) {
    new Actions(driver).sendKeys(keys).perform();
  }

  /** Presses Tab until an element has the focus, at most 30 times. */
  void tabTo(String selector) {
    for (int i = 0; i < 30; i++) {
      press(Keys.TAB);
      if (holds("document.activeElement.matches(arguments[0])", selector)) {
        return;
      }
    }
    throw new AssertionError("Tab does not lead to " + selector);
  }

  byte[] screenshot() {
    return driver.getScreenshotAs(OutputType.BYTES);
  }

  /** What the browser has complained about since it was last asked. */
  List<String> complaints() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(LogEntry::getMessage)
        .toList();
  }

  /** What axe-core finds against WCAG 2.2 AA, a line for each rule that is broken. */
  @SuppressWarnings("unchecked")
  List<String> barriers() {
    if (!holds("typeof axe === 'object'")) {
      js(Resources.text("/axe.min.js"));
    }
    Map<String, Object> found =
        (Map<String, Object>)
            driver.executeAsyncScript(
                """
                const done = arguments[arguments.length - 1];
                const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
                axe.run(document, {runOnly: {type: 'tag', values: tags}}).then((results) => done({
                  broken: results.violations.map((v) =>
                      `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target + ' ' + n.failureSummary).join('; ')}`),
                  kept: results.passes.map((p) => p.id),
                }), (e) => done({broken: [String(e)], kept: []}));
                """);
    assertThat((List<String>) Objects.requireNonNull(found.get("kept")))
        .contains("color-contrast", "button-name", "target-size");
    return (List<String>) Objects.requireNonNull(found.get("broken"));
  }

  @Override
  public void close() {
    driver.quit();
  }
}
