package org.vgg4j.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.vgg4j.image.transform.Box;

class MapBoxTest {
  /** A map of the image's own size, in which letters are 1 and dots 0. */
  private static Box box(String... rows) {
    float[][] map = new float[rows.length][rows[0].length()];
    for (int y = 0; y < rows.length; y++) {
      for (int x = 0; x < rows[0].length(); x++) {
        map[y][x] = rows[y].charAt(x) == '.' ? 0 : 1;
      }
    }
    return MapBox.of(map, 1, 1, rows[0].length(), rows.length, MapBox.SHARE).orElseThrow();
  }

  @Test
  void theLargestPartCounts() {
    assertThat(box("......aa", ".bbb....", ".b.b..a.", ".b...aaa")).isEqualTo(new Box(1, 1, 4, 4));
    // at corners nothing is connected: four pixels in one part, and six in two
    assertThat(box("aaa....", "...aaa.", ".......", "bbbb...")).isEqualTo(new Box(0, 3, 4, 4));
    assertThat(box("a.b", "..b")).isEqualTo(new Box(2, 0, 3, 2));
  }

  @Test
  void ofEquallyLargePartsTheFirstCounts() {
    assertThat(box("..aa", "....", "bb..")).isEqualTo(new Box(2, 0, 4, 1));
  }

  @Test
  void partsDoNotGoOnAtTheOtherEdge() {
    assertThat(box("..aa", "a...", "bbb.")).isEqualTo(new Box(0, 1, 3, 3));
    assertThat(box("...a", "a...", "....", "..bb")).isEqualTo(new Box(2, 3, 4, 4));
  }

  @Test
  void aSpiralIsOnePart() {
    assertThat(box("aaaaa", "....a", "aaa.a", "a...a", "aaaaa")).isEqualTo(new Box(0, 0, 5, 5));
  }

  @Test
  void theMapIsEnlargedBilinearly() {
    // points at 4, 12, 20, 28: along x the values rise from 0 at 4 to 1 at 12, and fall to 0 at 20
    float[][] map = {{0, 1, 0, 0}, {0, 1, 0, 0}};
    // pixel x has its middle at x + 0.5: the largest value is 15/16, at 11.5 and 12.5
    double least = 0.5 * 15 / 16; // reached from 4 + 8 * least = 7.75 to 16.25
    assertThat(MapBox.of(map, 8, 8, 32, 16, 0.5)).contains(new Box(8, 0, 16, 16));
    assertThat(4 + 8 * least).isBetween(7.5, 8.5);
    // twice as wide an image, the same height
    assertThat(MapBox.of(map, 16, 8, 64, 16, 0.5).orElseThrow().width()).isBetween(16.0, 18.0);
  }

  @Test
  void beyondTheOutermostPointsTheMapGoesOn() {
    float[][] map = {{0, 0, 1}};
    assertThat(MapBox.of(map, 10, 10, 37, 12, 1)).contains(new Box(25, 0, 37, 12));
  }

  @Test
  void aLowerShareGivesABoxAroundTheOther() {
    Random random = new Random(4);
    for (int run = 0; run < 50; run++) {
      float[][] map = new float[5][6];
      map[random.nextInt(5)][random.nextInt(6)] = 1;
      map[random.nextInt(5)][random.nextInt(6)] = 1;
      Box wide = MapBox.of(map, 7, 7, 42, 35, 0.1).orElseThrow();
      Box narrow = MapBox.of(map, 7, 7, 42, 35, 0.9).orElseThrow();
      assertThat(wide.width() * wide.height()).isGreaterThan(narrow.width() * narrow.height());
    }
  }

  @Test
  void withoutPositiveValuesThereIsNone() {
    assertThat(MapBox.of(new float[][] {{0, -1}, {0, 0}}, 8, 8, 16, 16, 0.15)).isEmpty();
    assertThat(MapBox.of(new float[][] {{Float.NaN}}, 8, 8, 8, 8, 0.15)).isEmpty();
    assertThatThrownBy(() -> MapBox.of(new float[][] {{1}}, 8, 8, 8, 8, 0))
        .hasMessageContaining("share 0.0");
    assertThatThrownBy(() -> MapBox.of(new float[][] {{1}}, 8, 8, 8, 8, Double.NaN))
        .hasMessageContaining("share NaN");
  }
}
