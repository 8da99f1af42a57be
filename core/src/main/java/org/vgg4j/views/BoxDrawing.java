package org.vgg4j.views;

import java.util.List;
import org.vgg4j.image.BitmapFont;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;

/**
 * Draws boxes on an image, each with a name on a tag of its colour. Lines and letters grow with the
 * image, and a small image is enlarged, so that both can be read.
 */
public final class BoxDrawing {
  /**
   * A box to draw.
   *
   * @param box in pixels of the image; may reach beyond it
   * @param text on its tag
   */
  public record Named(Box box, String text) {}

  /** Images with a shorter side are enlarged, in pixels. */
  private static final int SMALLEST_SIDE = 384;

  private static final int[] COLORS = {0xD7191C, 0x2C5FD0, 0x1A9641, 0xE66101, 0x7B3294};
  private static final int WHITE = 0xFFFFFF;

  private final byte[] pixels;
  private final int width;
  private final int height;
  private final int dot; // pixels of a letter's dot, and of a line

  private BoxDrawing(RgbImage image) {
    this.pixels = image.pixels().clone();
    this.width = image.width();
    this.height = image.height();
    this.dot = Math.max(2, Math.min(width, height) / 300);
  }

  /**
   * Draws boxes.
   *
   * @param image as decoded; not changed
   * @param boxes the first is drawn last, over the others
   */
  public static RgbImage draw(RgbImage image, List<Named> boxes) {
    int shorter = Math.min(image.width(), image.height());
    int zoom = Math.max(1, (SMALLEST_SIDE + shorter - 1) / shorter);
    if ((long) image.width() * image.height() * zoom * zoom > RgbImage.MAX_PIXELS) {
      zoom = 1;
    }
    RgbImage enlarged =
        Rescale.resize(image, zoom * image.width(), zoom * image.height(), Interpolation.BILINEAR);
    BoxDrawing drawing = new BoxDrawing(enlarged);
    for (int i = boxes.size() - 1; i >= 0; i--) {
      drawing.draw(boxes.get(i), zoom, COLORS[i % COLORS.length]);
    }
    return new RgbImage(drawing.width, drawing.height, drawing.pixels);
  }

  private void draw(Named named, int zoom, int color) {
    int left = inside(zoom * named.box().left(), width);
    int top = inside(zoom * named.box().top(), height);
    int right = inside(zoom * named.box().right(), width);
    int bottom = inside(zoom * named.box().bottom(), height);
    frame(left - 1, top - 1, right + 1, bottom + 1, dot + 3, WHITE); // sets it off from the image
    frame(left, top, right, bottom, dot + 1, color);
    int tag = BitmapFont.LINE * dot + dot;
    int y = top >= tag ? top - tag : Math.min(top, height - tag);
    int room = Math.max(0, width - 4 * dot);
    String text = BitmapFont.fitted(named.text(), room, dot);
    int tagWidth = BitmapFont.width(text, dot) + 2 * dot;
    int x = Math.max(0, Math.min(left, width - tagWidth));
    fill(x, y, x + tagWidth, y + tag, color);
    if (y >= 0) {
      BitmapFont.draw(pixels, width, x + dot, y + 2 * dot, text, dot, WHITE);
    }
  }

  /** An edge that lies beyond the image is drawn at its border. */
  private static int inside(double position, int size) {
    return (int) Math.max(0, Math.min(size, Math.round(position)));
  }

  /** A frame whose outer edges are given, as thick as said towards its inside. */
  private void frame(int left, int top, int right, int bottom, int thick, int color) {
    fill(left, top, right, top + thick, color);
    fill(left, bottom - thick, right, bottom, color);
    fill(left, top, left + thick, bottom, color);
    fill(right - thick, top, right, bottom, color);
  }

  private void fill(int left, int top, int right, int bottom, int color) {
    for (int y = Math.max(0, top); y < Math.min(height, bottom); y++) {
      for (int x = Math.max(0, left); x < Math.min(width, right); x++) {
        int at = 3 * (y * width + x);
        pixels[at] = (byte) (color >> 16);
        pixels[at + 1] = (byte) (color >> 8);
        pixels[at + 2] = (byte) color;
      }
    }
  }
}
