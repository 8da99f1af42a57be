package org.vgg4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BitmapFontTest {
  private static final int WHITE = 0xFFFFFF;

  /** What is drawn, a line of text for each row of pixels. */
  private static String drawn(String text, int width, int height, int scale) {
    byte[] pixels = new byte[3 * width * height];
    BitmapFont.draw(pixels, width, 0, 0, text, scale, WHITE);
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < width * height; i++) {
      rows.append(pixels[3 * i] != 0 ? '#' : '.').append(i % width == width - 1 ? "\n" : "");
    }
    return rows.toString();
  }

  @Test
  void lettersLookLikeLetters() {
    assertThat(drawn("Ag", 11, 9, 1))
        .isEqualTo(
            """
            .###.......
            #...#......
            #...#..####
            #####.#...#
            #...#.#...#
            #...#.#...#
            #...#..####
            ..........#
            .......###.
            """);
  }

  @Test
  void largerDotsMakeLargerLetters() {
    assertThat(drawn("-", 10, 10, 2))
        .isEqualTo("..........\n".repeat(6) + "##########\n".repeat(2) + "..........\n".repeat(2));
  }

  @Test
  void noTwoLettersLookTheSame() {
    Set<String> seen = new HashSet<>();
    for (char letter = ' '; letter <= '~'; letter++) {
      assertThat(seen.add(drawn(String.valueOf(letter), 5, 9, 1))).as("%s", letter).isTrue();
    }
  }

  @Test
  void colorsAreRedGreenBlue() {
    byte[] pixels = new byte[3 * 5 * 7];
    BitmapFont.draw(pixels, 5, 0, 0, "I", 1, 0x0180FF);
    assertThat(pixels).startsWith(0, 0, 0, 1, 0x80, 0xFF);
  }

  @Test
  void lettersOverTheEdgesAreCut() {
    byte[] pixels = new byte[3 * 4 * 4];
    BitmapFont.draw(pixels, 4, -3, -2, "WWW", 1, WHITE);
    BitmapFont.draw(pixels, 4, 2, 3, "WWW", 3, WHITE);
    assertThat(pixels).hasSize(48).contains((byte) 255);
  }

  @Test
  void accentsFallAndOtherWritingBecomesABox() {
    assertThat(BitmapFont.fitted("Käsespätzle, façade, Łódź, straße", 1000, 1))
        .isEqualTo("Kasespatzle, facade, Lodz, strasse");
    assertThat(BitmapFont.fitted("e\u0301tude\u00A0\u2013 “10 µ”", 1000, 1))
        .isEqualTo("etude - \"10 \u007F\"");
    assertThat(BitmapFont.fitted("猫 дом \uD83D\uDE00", 1000, 1))
        .isEqualTo("\u007F \u007F\u007F\u007F \u007F");
    assertThat(BitmapFont.fitted("a\u202Eb\nc\td", 1000, 1)).isEqualTo("ab c d");
  }

  @Test
  void longLinesAreShortened() {
    assertThat(BitmapFont.width("abcdef", 2)).isEqualTo(70);
    assertThat(BitmapFont.fitted("abcdef", 70, 2)).isEqualTo("abcdef");
    assertThat(BitmapFont.fitted("abcdef", 69, 2)).isEqualTo("ab...");
    assertThat(BitmapFont.fitted("abcdef", 12, 2)).isEqualTo(".");
    assertThat(BitmapFont.fitted("abcdef", 0, 2)).isEmpty();
    assertThat(BitmapFont.width("", 1)).isZero();
  }
}
