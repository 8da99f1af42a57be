package org.vgg4j.serve.page;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Polygon;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import javax.imageio.ImageIO;

/** Pictures to show the page, as PNG files. */
final class Drawings {
  private Drawings() {}

  /** A boat on the sea, wider than high. */
  static byte[] boat() {
    BufferedImage image = new BufferedImage(320, 214, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = pen(image);
    fill(g, new Color(0xF7C491), 0, 0, 320, 130);
    fill(g, new Color(0x2F6F94), 0, 130, 320, 84);
    g.setColor(new Color(0xFFECAA));
    g.fillOval(220, 82, 40, 40);
    g.setColor(new Color(0xFAF6EE));
    g.fill(new Polygon(new int[] {155, 155, 205}, new int[] {48, 152, 152}, 3));
    g.setColor(new Color(0x7A3C28));
    g.fill(new Polygon(new int[] {105, 200, 182, 120}, new int[] {160, 160, 180, 180}, 4));
    g.dispose();
    return png(image);
  }

  /** A cup, higher than wide. */
  static byte[] cup() {
    BufferedImage image = new BufferedImage(120, 180, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = pen(image);
    fill(g, new Color(0xEBEBE6), 0, 0, 120, 180);
    g.setColor(new Color(0xB43C3C));
    g.fillRoundRect(30, 50, 56, 80, 12, 12);
    g.fillOval(76, 66, 30, 46);
    g.setColor(new Color(0xEBEBE6));
    g.fillOval(84, 74, 15, 30);
    g.dispose();
    return png(image);
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

  private static Graphics2D pen(BufferedImage image) {
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    return g;
  }

  private static void fill(Graphics2D g, Color colour, int x, int y, int width, int height) {
    g.setColor(colour);
    g.fillRect(x, y, width, height);
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
