package org.vgg4j.views;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.vgg4j.base.InputException;
import org.vgg4j.image.BitmapFont;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;

/**
 * Draws heat maps: the image, beside it one panel for each class, with its name and probability
 * above and a colour bar below, and a row of these for each scale. In the panels the image is grey,
 * so that all colours are the map's; where the map is zero, the grey is left as it is. Parts that
 * the network does not see are pale.
 */
public final class HeatMapSheet {
  /** Shorter side of a panel, in pixels. */
  private static final int SIDE = 384;

  /** Largest ratio of the sides; of longer images only the middle is drawn. */
  private static final int LONGEST = 3;

  private static final int GAP = 16;
  private static final int DOT = 2; // pixels for each dot of a letter
  private static final int LINE = BitmapFont.LINE * DOT + 2;
  private static final int BAR = 14;
  private static final int FRAME = 2;
  private static final long MOST_PIXELS = 1L << 26;

  private static final int INK = 0x202020;
  private static final int RED = 0xD7191C;
  private static final int BLUE = 0x2C5FD0;
  private static final int DARKEST = 90;
  private static final int LIGHTEST = 240;
  private static final double STRONGEST = 0.75; // opacity of the colour at the largest value
  private static final double PALE = 0.65;

  /**
   * The least that the colour scale spans, in 0..1, so that small differences do not look like
   * large ones.
   */
  private static final double SMALLEST_RANGE = 0.01;

  private final RgbImage panel;
  private final double pixels; // pixels of the image for one of the panel
  private final double left; // origin of the panel, in pixels of the image
  private final double top;
  private final int width;
  private final byte[] sheet;

  private HeatMapSheet(RgbImage image, int panels, int rows, int linesBelow) {
    double zoom = SIDE / (double) Math.min(image.width(), image.height());
    Rescale.Size whole = new Rescale.Size(side(image.width(), zoom), side(image.height(), zoom));
    int panelWidth = Math.min(whole.width(), LONGEST * SIDE);
    int panelHeight = Math.min(whole.height(), LONGEST * SIDE);
    int x = (whole.width() - panelWidth) / 2;
    int y = (whole.height() - panelHeight) / 2;
    this.pixels = 1 / zoom;
    this.left = x * pixels;
    this.top = y * pixels;
    this.width = GAP + panels * (panelWidth + GAP);
    long height = rows * (long) rowHeight(panelHeight) + linesBelow * (long) LINE + GAP;
    if (width * height > MOST_PIXELS) {
      throw new InputException(
          "heat maps of %d classes at %d scales are too many for one drawing: take fewer"
              .formatted(panels - 1, rows));
    }
    this.panel = Rescale.crop(image, whole, Interpolation.BILINEAR, x, y, panelWidth, panelHeight);
    this.sheet = new byte[(int) (3L * width * height)];
    Arrays.fill(sheet, (byte) 255);
  }

  private static int side(int pixels, double zoom) {
    return Math.max(SIDE, (int) Math.round(pixels * zoom));
  }

  /**
   * Height of a row: two lines of text above the panels; below them the colour bar, its numbers,
   * and their unit.
   */
  private static int rowHeight(int panelHeight) {
    return GAP + 2 * LINE + panelHeight + GAP / 2 + BAR + GAP / 4 + 2 * LINE;
  }

  /**
   * Draws a sheet.
   *
   * @param image the image to which the maps' points refer
   * @param name name of the image
   * @param classNames the names of the classes, in the order of the model
   * @param rows the maps, {@code [rows][classes]}, at least one; those of a row share one method
   *     and one scale
   * @throws InputException if there are too many for one drawing
   */
  public static RgbImage draw(
      RgbImage image, String name, List<String> classNames, List<List<HeatMap>> rows) {
    List<String> words = explanation(rows.get(0).get(0));
    HeatMapSheet sheet = new HeatMapSheet(image, rows.get(0).size() + 1, rows.size(), words.size());
    for (int row = 0; row < rows.size(); row++) {
      sheet.drawRow(row, name, classNames, rows.get(row));
    }
    int y = rows.size() * rowHeight(sheet.panel.height()) + GAP / 2;
    for (int line = 0; line < words.size(); line++) {
      sheet.write(words.get(line), GAP, y + line * LINE, sheet.width - 2 * GAP);
    }
    return new RgbImage(sheet.width, sheet.sheet.length / (3 * sheet.width), sheet.sheet);
  }

  /** The explanation, in lines of at most 63 letters: the narrowest sheet has room for 65. */
  private static List<String> explanation(HeatMap map) {
    if (map.method() == HeatMap.Method.OCCLUSION) {
      return List.of(
          "A square of %d x %d pixels of the image rescaled to Q is"
              .formatted(map.window(), map.window()),
          "covered with the mean colour, in one place after another.",
          "Red: the probability falls, so what is there speaks for the",
          "class. Blue: it rises. The network sees only what is framed.");
    }
    if (map.method() == HeatMap.Method.GRAD_CAM) {
      return List.of(
          "Grad-CAM: red where the maps of the last convolution speak for",
          "the class, as a share of the strongest place in the image.");
    }
    return List.of(
        "Class score maps: each point has the probability of the class",
        "in the window of %d x %d pixels (of the image rescaled to Q)"
            .formatted(map.window(), map.window()),
        "around it. Above: that of the mean score of all windows.");
  }

  private void drawRow(int row, String name, List<String> classNames, List<HeatMap> maps) {
    HeatMap first = maps.get(0);
    int y = row * rowHeight(panel.height()) + GAP;
    int room = panel.width();
    write(name, GAP, y, room);
    write("Q = " + first.scale(), GAP, y + LINE, room);
    paste(panel.pixels(), GAP, y + 2 * LINE);
    frame(first.seen(), GAP, y + 2 * LINE);
    for (int i = 0; i < maps.size(); i++) {
      HeatMap map = maps.get(i);
      int x = GAP + (i + 1) * (panel.width() + GAP);
      String number = " (class " + map.label() + ")";
      int forName = room - BitmapFont.width(number + " ", DOT);
      write(BitmapFont.fitted(classNames.get(map.label()), forName, DOT) + number, x, y, room);
      write(
          String.format(Locale.ROOT, "%.2f %%, ", 100 * map.probability()) + method(map),
          x,
          y + LINE,
          room);
      paste(coloured(map), x, y + 2 * LINE);
      frame(map.seen(), x, y + 2 * LINE);
      drawBar(map, x, y + 2 * LINE + panel.height() + GAP / 2);
    }
  }

  private static String method(HeatMap map) {
    if (map.method() == HeatMap.Method.OCCLUSION) {
      return "occlusion";
    }
    if (map.method() == HeatMap.Method.GRAD_CAM) {
      return "Grad-CAM";
    }
    return map.rows() * map.columns() == 1
        ? "one window: no map"
        : map.rows() + " x " + map.columns() + " windows";
  }

  /** The panel in grey, under the colours of the map. */
  private byte[] coloured(HeatMap map) {
    byte[] out = panel.pixels().clone();
    double zero = zero(map);
    double range = range(map);
    for (int y = 0; y < panel.height(); y++) {
      for (int x = 0; x < panel.width(); x++) {
        int at = 3 * (y * panel.width() + x);
        int grey = grey(out, at);
        double inX = left + (x + 0.5) * pixels;
        double inY = top + (y + 0.5) * pixels;
        boolean seen = isInside(map.seen(), inX, inY);
        colour(out, at, grey, seen ? (map.at(inX, inY) - zero) / range : 0);
      }
    }
    return out;
  }

  private static boolean isInside(HeatMap.Area area, double x, double y) {
    return x >= area.x()
        && y >= area.y()
        && x < area.x() + area.width()
        && y < area.y() + area.height();
  }

  /** Luminance (Rec. 601), between dark and light grey: on black, colours would be invisible. */
  private static int grey(byte[] pixels, int at) {
    int luminance =
        (299 * (pixels[at] & 0xFF) + 587 * (pixels[at + 1] & 0xFF) + 114 * (pixels[at + 2] & 0xFF))
            / 1000;
    return DARKEST + (LIGHTEST - DARKEST) * luminance / 255;
  }

  /**
   * @param strength -1 (blue) to 1 (red)
   */
  private static void colour(byte[] pixels, int at, int grey, double strength) {
    double share = STRONGEST * Math.min(1, Math.abs(strength));
    int color = strength < 0 ? BLUE : RED;
    for (int channel = 0; channel < 3; channel++) {
      int ink = color >> (16 - 8 * channel) & 0xFF;
      pixels[at + channel] = (byte) Math.round((1 - share) * grey + share * ink);
    }
  }

  /** The value that is drawn without colour. */
  private static double zero(HeatMap map) {
    return map.method() == HeatMap.Method.CLASS_SCORES ? map.smallest() : 0;
  }

  /** The difference from that value at which the colour is strongest. */
  private static double range(HeatMap map) {
    double zero = zero(map);
    return Math.max(
        SMALLEST_RANGE, Math.max(Math.abs(map.smallest() - zero), Math.abs(map.largest() - zero)));
  }

  private void drawBar(HeatMap map, int x, int y) {
    boolean both = map.method() == HeatMap.Method.OCCLUSION;
    int room = panel.width();
    for (int column = 0; column < room; column++) {
      double share = column / (room - 1.0);
      for (int line = 0; line < BAR; line++) {
        int at = 3 * ((y + line) * width + x + column);
        colour(sheet, at, LIGHTEST, both ? 1 - 2 * share : share);
      }
    }
    double range = range(map);
    double zero = zero(map);
    String number = both ? "%+.1f" : "%.1f %%";
    String first = String.format(Locale.ROOT, number, 100 * (both ? -range : zero));
    String last = String.format(Locale.ROOT, number, 100 * (zero + range));
    int below = y + BAR + GAP / 4;
    write(first, x, below, room);
    write(last, x + room - BitmapFont.width(last, DOT), below, room);
    if (both) {
      write("0", x + (room - BitmapFont.width("0", DOT)) / 2, below, room);
    }
    write(unit(map.method()), x, below + LINE, room);
  }

  private static String unit(HeatMap.Method method) {
    return switch (method) {
      case OCCLUSION -> "points of change when covered";
      case CLASS_SCORES -> "in each window";
      case GRAD_CAM -> "of the largest value";
    };
  }

  /** A dark line with a light one inside; everything outside is made pale. */
  private void frame(HeatMap.Area seen, int x, int y) {
    int fromX = (int) Math.round((seen.x() - left) / pixels);
    int fromY = (int) Math.round((seen.y() - top) / pixels);
    int toX = (int) Math.round((seen.x() + seen.width() - left) / pixels);
    int toY = (int) Math.round((seen.y() + seen.height() - top) / pixels);
    if (fromX <= 0 && fromY <= 0 && toX >= panel.width() && toY >= panel.height()) {
      return;
    }
    for (int row = 0; row < panel.height(); row++) {
      for (int column = 0; column < panel.width(); column++) {
        int inside =
            Math.min(
                Math.min(column - fromX, toX - 1 - column), Math.min(row - fromY, toY - 1 - row));
        int at = 3 * ((y + row) * width + x + column);
        if (inside < 0) {
          for (int channel = at; channel < at + 3; channel++) {
            sheet[channel] = (byte) Math.round(255 * PALE + (1 - PALE) * (sheet[channel] & 0xFF));
          }
        } else if (inside < 2 * FRAME) {
          Arrays.fill(sheet, at, at + 3, (byte) (inside < FRAME ? 0 : 255));
        }
      }
    }
  }

  private void paste(byte[] image, int x, int y) {
    int bytes = 3 * panel.width();
    for (int row = 0; row < panel.height(); row++) {
      System.arraycopy(image, row * bytes, sheet, 3 * ((y + row) * width + x), bytes);
    }
  }

  private void write(String text, int x, int y, int room) {
    BitmapFont.draw(sheet, width, x, y, BitmapFont.fitted(text, room, DOT), DOT, INK);
  }
}
