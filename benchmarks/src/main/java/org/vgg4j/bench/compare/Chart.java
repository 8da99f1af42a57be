package org.vgg4j.bench.compare;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.vgg4j.base.AtomicFile;

/** Draws results: a panel of bars for each workload, whose lengths are images per second. */
final class Chart {
  private static final int SCALE = 2; // pixels per unit below, for sharp letters
  private static final int WIDTH = 800;
  private static final int MARGIN = 24;
  private static final int HEADER = 58;
  private static final int TITLE = 34;
  private static final int BAR = 22;
  private static final int STEP = 30;
  private static final int NAMES = 250;
  private static final int NUMBERS = 150;
  private static final Color INK = new Color(0x22, 0x22, 0x22);
  private static final Color FAINT = new Color(0x66, 0x66, 0x66);
  private static final Color REFERENCE = new Color(0x1B, 0x6E, 0xC2);
  private static final Color OTHER = new Color(0xB8, 0xC2, 0xCC);

  private final Graphics2D graphics;
  private int y;

  private Chart(Graphics2D graphics) {
    this.graphics = graphics;
  }

  /**
   * Writes a PNG file.
   *
   * @throws org.vgg4j.base.InputException if it cannot be written
   */
  static void write(Path file, List<Result> results) {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(draw(results), "png", png);
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory cannot fail", e);
    }
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer bytes = ByteBuffer.wrap(png.toByteArray());
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  private static BufferedImage draw(List<Result> results) {
    int bars = results.stream().mapToInt(result -> result.engines().size()).sum();
    int height = MARGIN + HEADER + results.size() * (TITLE + MARGIN) + bars * STEP;
    BufferedImage image =
        new BufferedImage(SCALE * WIDTH, SCALE * height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.scale(SCALE, SCALE);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, WIDTH, height);
    Chart chart = new Chart(graphics);
    chart.header(results.get(0));
    results.forEach(chart::panel);
    graphics.dispose();
    return image;
  }

  private void header(Result result) {
    y = MARGIN;
    text("Images per second (longer is faster)", MARGIN, y + 16, 19, Font.BOLD, INK);
    String how =
        String.format(
            Locale.ROOT,
            "%d threads, 32-bit floats unless noted; in brackets: how many times %s's time it"
                + " takes",
            result.threads(),
            result.reference().title());
    text(how, MARGIN, y + 38, 13, Font.PLAIN, FAINT);
    y += HEADER;
  }

  private void panel(Result result) {
    text(result.workload().title(), MARGIN, y + 20, 15, Font.BOLD, INK);
    y += TITLE;
    double longest =
        result.engines().stream().mapToDouble(Result.Measured::imagesPerSecond).max().orElseThrow();
    for (Result.Measured one : result.engines()) {
      boolean reference = one.equals(result.reference());
      int style = reference ? Font.BOLD : Font.PLAIN;
      int room = WIDTH - 2 * MARGIN - NAMES - NUMBERS;
      int length = (int) Math.max(1, Math.round(room * one.imagesPerSecond() / longest));
      text(one.title(), MARGIN, y + 16, 14, style, INK);
      graphics.setColor(reference ? REFERENCE : OTHER);
      graphics.fillRect(MARGIN + NAMES, y, length, BAR);
      String number =
          String.format(
              Locale.ROOT, one.imagesPerSecond() < 100 ? "%.1f" : "%.0f", one.imagesPerSecond());
      String ratio = reference ? "" : String.format(Locale.ROOT, "  (%.1fx)", one.timesReference());
      text(number + ratio, MARGIN + NAMES + length + 8, y + 16, 14, style, INK);
      y += STEP;
    }
    y += MARGIN;
  }

  private void text(String text, int x, int baseline, int size, int style, Color color) {
    graphics.setFont(new Font(Font.SANS_SERIF, style, size));
    graphics.setColor(color);
    graphics.drawString(text, x, baseline);
  }
}
