package org.vgg4j.image;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Letters of 5x7 pixels, for words on images. Java's own text needs fonts installed, which slim
 * containers do not have; these are in the jar, and look the same everywhere. Printable ASCII is
 * drawn; other Latin letters lose their accents; everything else becomes a box.
 */
public final class BitmapFont {
  /** From one letter to the next, in pixels at scale 1. */
  public static final int ADVANCE = 6;

  /** From one line to the next, in pixels at scale 1: capitals take 7, descenders 2 more. */
  public static final int LINE = 11;

  private static final int WIDTH = 5;
  private static final int HEIGHT = 9;
  private static final int IN_A_ROW = 16;
  private static final char FIRST = ' ';
  private static final char BOX = 127;
  private static final String CUT = "...";

  /** Letters that decomposition does not turn into ASCII. */
  private static final Map<Integer, String> SPELT =
      Map.ofEntries(
          Map.entry((int) 'ß', "ss"),
          Map.entry((int) 'ẞ', "SS"),
          Map.entry((int) 'æ', "ae"),
          Map.entry((int) 'Æ', "AE"),
          Map.entry((int) 'œ', "oe"),
          Map.entry((int) 'Œ', "OE"),
          Map.entry((int) 'ø', "o"),
          Map.entry((int) 'Ø', "O"),
          Map.entry((int) 'ł', "l"),
          Map.entry((int) 'Ł', "L"),
          Map.entry((int) 'đ', "d"),
          Map.entry((int) 'Đ', "D"),
          Map.entry((int) 'ð', "d"),
          Map.entry((int) 'Ð', "D"),
          Map.entry((int) 'þ', "th"),
          Map.entry((int) 'Þ', "Th"),
          Map.entry((int) 'ı', "i"),
          Map.entry((int) '‘', "'"),
          Map.entry((int) '’', "'"),
          Map.entry((int) '“', "\""),
          Map.entry((int) '”', "\""),
          Map.entry((int) '‐', "-"),
          Map.entry((int) '–', "-"),
          Map.entry((int) '—', "-"),
          Map.entry((int) '×', "x"));

  /** [letter - FIRST][y][x]: whether there is ink. */
  private static final boolean[][][] LETTERS = read();

  private BitmapFont() {}

  /**
   * Draws one line of text; whatever lies outside the image is left out.
   *
   * @param pixels the image, {@code [height][width][3]}, drawn into
   * @param width width of the image, in pixels
   * @param x left edge of the first letter
   * @param y top of the capitals
   * @param text the line, of any characters; not null
   * @param scale side of a dot, in pixels, at least 1
   * @param color 0xRRGGBB
   */
  public static void draw(
      byte[] pixels, int width, int x, int y, String text, int scale, int color) {
    String drawn = printable(text);
    for (int i = 0; i < drawn.length(); i++) {
      boolean[][] letter = LETTERS[drawn.charAt(i) - FIRST];
      for (int dot = 0; dot < WIDTH * HEIGHT; dot++) {
        if (letter[dot / WIDTH][dot % WIDTH]) {
          int left = x + (i * ADVANCE + dot % WIDTH) * scale;
          dot(pixels, width, left, y + dot / WIDTH * scale, scale, color);
        }
      }
    }
  }

  private static void dot(byte[] pixels, int width, int x, int y, int scale, int color) {
    int height = pixels.length / (3 * width);
    for (int row = Math.max(0, y); row < Math.min(height, y + scale); row++) {
      for (int column = Math.max(0, x); column < Math.min(width, x + scale); column++) {
        int at = 3 * (row * width + column);
        pixels[at] = (byte) (color >> 16);
        pixels[at + 1] = (byte) (color >> 8);
        pixels[at + 2] = (byte) color;
      }
    }
  }

  /**
   * Returns how wide a line would be, in pixels.
   *
   * @param scale side of a dot, in pixels
   */
  public static int width(String text, int scale) {
    int letters = printable(text).length();
    return letters == 0 ? 0 : (letters * ADVANCE - 1) * scale;
  }

  /**
   * Shortens a line that is too wide; it then ends in three dots.
   *
   * @param width the largest width, in pixels
   * @param scale side of a dot, in pixels
   */
  public static String fitted(String text, int width, int scale) {
    String drawn = printable(text);
    int most = Math.max(0, (width / scale + 1) / ADVANCE);
    if (drawn.length() <= most) {
      return drawn;
    }
    return most <= CUT.length()
        ? CUT.substring(0, most)
        : drawn.substring(0, most - CUT.length()) + CUT;
  }

  /** Spells a text with the letters that the font has. */
  private static String printable(String text) {
    StringBuilder spelt = new StringBuilder();
    String composed = Normalizer.normalize(text, Normalizer.Form.NFKC);
    composed.codePoints().forEach(letter -> spelt.append(spell(letter)));
    return spelt.toString();
  }

  private static String spell(int letter) {
    String known = SPELT.get(letter);
    if (known != null) {
      return known;
    }
    if (Character.isWhitespace(letter) || Character.isSpaceChar(letter)) {
      return " ";
    }
    int kind = Character.getType(letter);
    if (kind == Character.FORMAT) {
      return ""; // direction marks, joiners: invisible
    }
    String plain =
        Normalizer.normalize(Character.toString(letter), Normalizer.Form.NFKD)
            .replaceAll("\\p{M}", "");
    boolean ascii = !plain.isEmpty() && plain.chars().allMatch(one -> one >= FIRST && one < BOX);
    return ascii ? plain : String.valueOf(BOX);
  }

  /** The letters are drawn in a text file: blocks of sixteen, side by side. */
  private static boolean[][][] read() {
    boolean[][][] letters = new boolean[BOX - FIRST + 1][HEIGHT][WIDTH];
    List<String> lines = lines();
    for (int i = 0; i < letters.length; i++) {
      for (int y = 0; y < HEIGHT; y++) {
        String line = lines.get(i / IN_A_ROW * (HEIGHT + 1) + y);
        for (int x = 0; x < WIDTH; x++) {
          letters[i][y][x] = line.charAt(i % IN_A_ROW * ADVANCE + x) == '#';
        }
      }
    }
    return letters;
  }

  private static List<String> lines() {
    try (InputStream in = BitmapFont.class.getResourceAsStream("letters.txt");
        BufferedReader reader =
            new BufferedReader(
                new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.US_ASCII))) {
      return reader.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
