package org.vgg4j.data.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.folder.ImageFolderDataset;
import org.vgg4j.image.BitmapFont;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;

class ContactSheetTest {
  private static final int HEADING = 28;
  private static final int ROW = 98;

  @TempDir Path root;

  /** A burst: images of one colour that differ by a level or two. */
  private void burst(String name, int first, int count, int red) throws IOException {
    Path folder = Files.createDirectories(root.resolve("data").resolve(name));
    for (int i = 0; i < count; i++) {
      TestImages.plain(40, 30, red + i % 2, 100, 200)
          .writePng(folder.resolve("%03d.png".formatted(first + i)));
    }
  }

  private RgbImage sheet(Dataset dataset, Integer... labels) throws IOException {
    Path file = root.resolve("sheet.png");
    assertThat(ContactSheet.write(file, dataset)).containsExactly(labels);
    return RgbImage.of(ImageIO.read(file.toFile()));
  }

  private static int red(RgbImage sheet, int x, int y) {
    return sheet.pixels()[3 * (y * sheet.width() + x)] & 0xFF;
  }

  /** The red of the images below the n-th heading, in their middle; 255 where there is none. */
  private static List<Integer> row(RgbImage sheet, int n) {
    int y = n * (HEADING + ROW) + HEADING + 48;
    return IntStream.range(0, 8).mapToObj(i -> red(sheet, 2 + i * ROW + 48, y)).toList();
  }

  private Dataset data() {
    return new ImageFolderDataset(root.resolve("data"), "pets");
  }

  @Test
  void noRowShowsABurstTwice() throws IOException {
    for (int i = 0; i < 8; i++) {
      burst("cats", 10 * i, 10, 20 * i);
    }
    burst("dogs", 0, 9, 50);
    burst("dogs", 20, 1, 90);
    RgbImage sheet = sheet(data(), 0, 1);
    assertThat(sheet.height()).isEqualTo(2 * (HEADING + ROW) + 2);
    assertThat(row(sheet, 0).stream().map(red -> red / 20 * 20))
        .containsExactly(0, 20, 40, 60, 80, 100, 120, 140);
    Set<Integer> dogs = new HashSet<>(row(sheet, 1));
    assertThat(dogs).hasSize(3).contains(90, 255).containsAnyOf(50, 51);
    assertThat(row(sheet, 1).subList(2, 8)).containsOnly(255);
  }

  @Test
  void headingsAreTheClasses() throws IOException {
    burst("Kittens", 0, 1, 0);
    burst("b".repeat(90), 0, 2, 0);
    RgbImage sheet = sheet(data(), 0, 1);
    byte[] expected = new byte[3 * sheet.width() * HEADING];
    Arrays.fill(expected, (byte) 255);
    BitmapFont.draw(expected, sheet.width(), 2, 6, "0 Kittens  1 image", 2, 0x202020);
    assertThat(Arrays.equals(sheet.pixels(), 0, expected.length, expected, 0, expected.length))
        .isTrue();
    int second = (HEADING + ROW) * sheet.width() * 3;
    byte[] line = Arrays.copyOfRange(sheet.pixels(), second, second + expected.length);
    Arrays.fill(expected, (byte) 255);
    String shortened = "1 " + "b".repeat(50) + "...  2 images";
    BitmapFont.draw(expected, sheet.width(), 2, 6, shortened, 2, 0x202020);
    assertThat(Arrays.equals(line, expected)).isTrue();
  }

  @Test
  void unreadablePicturesArePassedOver() throws IOException {
    burst("a", 0, 3, 30);
    burst("b", 0, 1, 60);
    Files.writeString(root.resolve("data/a/000.png"), "no picture");
    Files.writeString(root.resolve("data/b/000.png"), "no picture");
    RgbImage sheet = sheet(data(), 0, 1);
    assertThat(row(sheet, 0).get(0)).isBetween(30, 31);
    assertThat(row(sheet, 1)).containsOnly(255);
  }
}
