package org.vgg4j.serve.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.serve.page.Drawings.Drawing;
import org.vgg4j.serve.page.Drawings.Thing;

/**
 * The pictures of the page that the documentation shows. {@code tools/screenshots} makes them anew,
 * with networks that have learnt something; otherwise they go to a temporary folder.
 */
@ExtendWith(Browser.Only.class)
final class ScreenshotsTest {
  private static final int DRAWINGS = 200; // of each thing
  private static final int LARGEST = 200_000; // bytes

  @TempDir private static Path temporary;

  @Test
  void drawingsForTheNetworksToLearnFrom() throws IOException {
    String wanted = System.getProperty("vgg.screenshots.drawings");
    assumeTrue(wanted != null, "Only tools/screenshots wants drawings.");
    Path folder = Path.of(wanted);
    List<String> boxes = new ArrayList<>(List.of("file,label,xmin,ymin,xmax,ymax"));
    for (Thing thing : Thing.values()) {
      Files.createDirectories(folder.resolve(thing.label()));
      for (int i = 0; i < DRAWINGS; i++) {
        Drawing drawing = Drawings.draw(thing, 160, 120, 1000 + i);
        String file = "%s/%s-%03d.png".formatted(thing.label(), thing.label(), i);
        Files.write(folder.resolve(file), drawing.png());
        Rectangle2D box = drawing.box();
        boxes.add(
            String.format(
                Locale.ROOT,
                "%s,%s,%.1f,%.1f,%.1f,%.1f",
                file,
                thing.label(),
                box.getMinX(),
                box.getMinY(),
                box.getMaxX(),
                box.getMaxY()));
      }
    }
    Files.write(folder.resolve("boxes.csv"), boxes);
  }

  @Test
  void screenshotsForTheDocumentation(Browser browser) throws IOException {
    Path folder = Path.of(System.getProperty("vgg.screenshots.to", temporary.toString()));
    try (Shown shown = Shown.open(temporary)) {
      browser.open(shown.page());
      showAll(browser);
      keep(browser, folder.resolve("serve-desktop.png"), 1280, 900);

      browser.openOnPhone(shown.page()).dark(true);
      showAll(browser);
      keep(browser, folder.resolve("serve-phone.png"), 780, 1688);
    }
  }

  private static void showAll(Browser browser) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (Thing thing : Thing.values()) {
      files.put(thing.label() + ".png", Drawings.draw(thing, 640, 480, 12).png());
    }
    browser.drop(files);
    browser.await(
        "[...document.querySelectorAll('.item-text')].filter((e) =>"
            + " e.textContent.includes('%')).length === arguments[0]",
        files.size());
    browser.one("#labels button").click();
    browser.awaitShown("#map");
    browser.js("document.activeElement.blur()");
    browser.js("scrollTo(0, 0)");
  }

  /** Once all that was asked for is there, and the bars have grown. */
  private static void keep(Browser browser, Path file, int width, int height) throws IOException {
    browser.await(
        "document.getAnimations().length === 0"
            + " && [...document.images].every((i) => i.complete)"
            + " && !document.getElementById('view').innerText.includes('Looking')");
    Files.write(file, browser.screenshot());
    assertThat(Files.size(file)).as("bytes of %s", file).isLessThan(LARGEST);
    BufferedImage image = ImageIO.read(file.toFile());
    assertThat(image.getWidth()).isEqualTo(width);
    assertThat(image.getHeight()).isEqualTo(height);
  }

  /** A service of our own, or the one that was started for the purpose. */
  private record Shown(URI page, @Nullable PageService service) implements AutoCloseable {
    static Shown open(Path folder) {
      String running = System.getProperty("vgg.screenshots.page");
      if (running != null) {
        return new Shown(URI.create(running), null);
      }
      PageService service = PageService.start(PageService.model(folder));
      return new Shown(service.page(), service);
    }

    @Override
    public void close() {
      if (service != null) {
        service.close();
      }
    }
  }
}
