package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;

class HeatmapCommandTest {
  @TempDir static Path shared;
  private static Trained trained;

  @TempDir Path root;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(shared);
  }

  /** A picture of two halves: each class lights up where it is. */
  @Test
  void classesLightUpWhereTheyAre() {
    RgbImage red = ImageDecoder.decode(trained.data().resolve("test/red/0.png"));
    RgbImage green = ImageDecoder.decode(trained.data().resolve("test/green/0.png"));
    int side = red.width();
    byte[] both = new byte[2 * red.pixels().length];
    for (int y = 0; y < side; y++) {
      System.arraycopy(red.pixels(), 3 * y * side, both, 6 * y * side, 3 * side);
      System.arraycopy(green.pixels(), 3 * y * side, both, 6 * y * side + 3 * side, 3 * side);
    }
    Path picture = root.resolve("both.png");
    new RgbImage(2 * side, side, both).writePng(picture);
    Path out = root.resolve("map.png");
    Vgg vgg =
        Vgg.run(
            "heatmap",
            picture,
            "--model",
            trained.model(),
            "--test-scales=64,96",
            "--top=2",
            "--out",
            out);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .contains("row 1: Q = 64, a map of 2x4 windows of 32 pixels")
        .contains("row 2: Q = 96, a map of 3x6 windows of 32 pixels");
    RgbImage sheet = ImageDecoder.decode(out);
    assertThat(sheet.width()).isEqualTo(3 * 512 + 2 * 4);
    assertThat(sheet.height()).isEqualTo(2 * 256 + 4);
    boolean redFirst = vgg.out().indexOf("red,") < vgg.out().indexOf("green,");
    int redColumn = redFirst ? 1 : 2;
    int greenColumn = redFirst ? 2 : 1;
    assertThat(light(sheet, redColumn, 0)).isGreaterThan(2 * light(sheet, redColumn, 1));
    assertThat(light(sheet, greenColumn, 1)).isGreaterThan(2 * light(sheet, greenColumn, 0));
  }

  /** Red and green light in one half of a column of the first row. */
  private static long light(RgbImage sheet, int column, int half) {
    long sum = 0;
    for (int y = 0; y < 256; y++) {
      for (int x = 0; x < 256; x++) {
        int at = 3 * (y * sheet.width() + column * 516 + half * 256 + x);
        sum += (sheet.pixels()[at] & 0xFF) + (sheet.pixels()[at + 1] & 0xFF);
      }
    }
    return sum;
  }

  @Test
  void wrongInput() {
    Path picture = trained.data().resolve("test/red/0.png");
    Vgg vgg = Vgg.run("heatmap", picture, "--model", trained.model(), "--top=0");
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).isEqualTo("vgg: option top is 0 but must be at least 1\n");
    Vgg missing = Vgg.run("heatmap", root.resolve("no.png"), "--model", trained.model());
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.err()).contains("there is no image file");
  }
}
