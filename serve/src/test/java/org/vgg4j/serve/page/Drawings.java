package org.vgg4j.serve.page;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Polygon;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Random;
import javax.imageio.ImageIO;

/** Pictures to show the page, as PNG files: a thing at a random place, in random colours. */
final class Drawings {
  /** What is drawn. */
  enum Thing {
    BOAT,
    CUP,
    FISH,
    HOUSE,
    TREE;

    /** Its label. */
    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A drawing.
   *
   * @param png the file
   * @param box around the thing, in pixels
   */
  record Drawing(byte[] png, Rectangle2D box) {}

  private Drawings() {}

  /** A boat, wider than high. */
  static byte[] boat() {
    return draw(Thing.BOAT, 320, 240, 3).png();
  }

  /** A cup, higher than wide. */
  static byte[] cup() {
    return draw(Thing.CUP, 180, 240, 4).png();
  }

  /** The same drawing for the same arguments. */
  static Drawing draw(Thing thing, int width, int height, long seed) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    // Neighbouring seeds begin alike in java.util.Random.
    Random random = new Random((5 * seed + thing.ordinal()) * 0x9E3779B97F4A7C15L);
    behind(g, width, height, random);
    double side = Math.min(width, height) * (0.4 + 0.3 * random.nextDouble());
    double left = (width - side) * random.nextDouble();
    double top = (height - side) * (0.3 + 0.65 * random.nextDouble());
    g.translate(left, top);
    g.scale(side / 100, side / 100);
    Rectangle2D box = draw(thing, g, random);
    g.dispose();
    double unit = side / 100;
    return new Drawing(
        png(image),
        new Rectangle2D.Double(
            left + box.getX() * unit,
            top + box.getY() * unit,
            box.getWidth() * unit,
            box.getHeight() * unit));
  }

  /** Air above, ground below, and some spots, which mean nothing. */
  private static void behind(Graphics2D g, int width, int height, Random random) {
    g.setColor(colour(random, 0.15f, 0.95f));
    g.fillRect(0, 0, width, height);
    g.setColor(colour(random, 0.35f, 0.7f));
    int ground = (int) (height * (0.5 + 0.3 * random.nextDouble()));
    g.fillRect(0, ground, width, height - ground);
    for (int i = 0; i < 5; i++) {
      g.setColor(colour(random, 0.3f, 0.85f));
      int size = 6 + random.nextInt(height / 8);
      g.fillOval(random.nextInt(width), random.nextInt(height), size, size);
    }
  }

  private static Color colour(Random random, float saturation, float brightness) {
    return Color.getHSBColor(random.nextFloat(), saturation, brightness);
  }

  /** Within 100 x 100; returns the box. */
  private static Rectangle2D draw(Thing thing, Graphics2D g, Random random) {
    Color first = colour(random, 0.65f, 0.65f);
    Color second = colour(random, 0.15f, 0.97f);
    switch (thing) {
      case BOAT -> {
        shape(g, second, 48, 2, 48, 66, 88, 66);
        shape(g, second.darker(), 42, 14, 42, 66, 14, 66);
        shape(g, first, 2, 72, 98, 72, 80, 98, 20, 98);
        return new Rectangle2D.Double(2, 2, 96, 96);
      }
      case CUP -> {
        g.setColor(first);
        g.setStroke(new BasicStroke(8));
        g.drawOval(58, 28, 32, 40);
        g.fillRoundRect(8, 12, 66, 82, 18, 18);
        g.setColor(second);
        g.fillOval(8, 5, 66, 18);
        return new Rectangle2D.Double(8, 5, 86, 89);
      }
      case FISH -> {
        shape(g, first.darker(), 66, 50, 98, 26, 98, 74);
        g.setColor(first);
        g.fillOval(2, 26, 74, 48);
        g.setColor(second);
        g.fillOval(16, 40, 10, 10);
        return new Rectangle2D.Double(2, 26, 96, 48);
      }
      case HOUSE -> {
        g.setColor(second);
        g.fillRect(14, 44, 72, 54);
        shape(g, first, 4, 46, 50, 4, 96, 46);
        g.setColor(first.darker());
        g.fillRect(42, 66, 17, 32);
        g.fillRect(22, 56, 13, 14);
        g.fillRect(66, 56, 13, 14);
        return new Rectangle2D.Double(4, 4, 92, 94);
      }
      case TREE -> {
        g.setColor(new Color(0x6B4A2B));
        g.fillRect(44, 56, 12, 42);
        g.setColor(Color.getHSBColor(0.2f + 0.2f * random.nextFloat(), 0.6f, 0.55f));
        g.fillOval(18, 2, 46, 46);
        g.fillOval(38, 8, 46, 46);
        g.fillOval(14, 26, 44, 40);
        g.fillOval(42, 28, 42, 38);
        return new Rectangle2D.Double(14, 2, 70, 96);
      }
      default -> throw new IllegalArgumentException(thing.toString());
    }
  }

  private static void shape(Graphics2D g, Color colour, int... points) {
    Polygon polygon = new Polygon();
    for (int i = 0; i < points.length; i += 2) {
      polygon.addPoint(points[i], points[i + 1]);
    }
    g.setColor(colour);
    g.fill(polygon);
  }

  /** Random pixels, a file of 3 bytes each, as good as incompressible. */
  static byte[] noise(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(5);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, random.nextInt());
    }
    return png(image);
  }

  private static byte[] png(BufferedImage image) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
