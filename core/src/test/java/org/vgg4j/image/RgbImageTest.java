package org.vgg4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;

class RgbImageTest {
  @Test
  void cropTakesTheRectangle() {
    RgbImage cut = TestImages.coordinates(10, 8).crop(3, 2, 4, 5);
    assertThat(cut.width()).isEqualTo(4);
    assertThat(cut.height()).isEqualTo(5);
    assertThat(pixel(cut, 0, 0)).containsExactly(3, 2, 5);
    assertThat(pixel(cut, 3, 4)).containsExactly(6, 6, 12);
  }

  @ParameterizedTest
  @CsvSource({"-1, 0, 2, 2", "0, -1, 2, 2", "9, 0, 2, 2", "0, 7, 2, 2", "0, 0, 11, 1"})
  void cropMustStayInside(int x, int y, int width, int height) {
    assertThatThrownBy(() -> TestImages.coordinates(10, 8).crop(x, y, width, height))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("leaves the image of 10 x 8");
  }

  @Test
  void flipSwapsLeftAndRight() {
    RgbImage image = TestImages.coordinates(5, 3);
    RgbImage flipped = image.flipHorizontally();
    assertThat(pixel(flipped, 0, 2)).containsExactly(4, 2, 6);
    assertThat(pixel(flipped, 4, 1)).containsExactly(0, 1, 1);
    assertThat(flipped.flipHorizontally().pixels()).isEqualTo(image.pixels());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0", "2, 0", "-1, 1", "0, -2", "4, 2", "5, 0", "9, 0", "-9, 0", "-9, 1", "1, 3", "0, -7"
  })
  void shiftMovesThePictureAndLeavesBlack(int right, int down) {
    RgbImage image = TestImages.noise(5, 3, 1);
    RgbImage shifted = image.shift(right, down);
    for (int y = 0; y < 3; y++) {
      for (int x = 0; x < 5; x++) {
        boolean inside = x - right >= 0 && x - right < 5 && y - down >= 0 && y - down < 3;
        assertThat(pixel(shifted, x, y))
            .containsExactly(inside ? pixel(image, x - right, y - down) : new int[3]);
      }
    }
  }

  @Test
  void greyFillsTheThreeChannels() {
    RgbImage image = RgbImage.ofGrey(new byte[] {0, 127, (byte) 128, (byte) 255}, 2, 2);
    assertThat(pixel(image, 1, 0)).containsExactly(127, 127, 127);
    assertThat(pixel(image, 0, 1)).containsExactly(128, 128, 128);
    assertThat(pixel(image, 1, 1)).containsExactly(255, 255, 255);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_INT_BGR,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_INT_ARGB_PRE,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_4BYTE_ABGR,
        BufferedImage.TYPE_4BYTE_ABGR_PRE
      })
  void takesEveryOpaqueTypeExactly(int type) {
    RgbImage image = TestImages.noise(6, 5, 2);
    BufferedImage other = new BufferedImage(6, 5, type);
    for (int y = 0; y < 5; y++) {
      for (int x = 0; x < 6; x++) {
        other.setRGB(x, y, image.toBufferedImage().getRGB(x, y));
      }
    }
    assertThat(RgbImage.of(other).pixels()).isEqualTo(image.pixels());
  }

  @Test
  void greyIsTakenAsStored() {
    BufferedImage grey = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
    for (int v = 0; v < 256; v++) {
      grey.getRaster().setSample(v, 0, 0, v);
    }
    RgbImage image = RgbImage.of(grey);
    for (int v = 0; v < 256; v++) {
      assertThat(pixel(image, v, 0)).containsExactly(v, v, v);
    }
  }

  @Test
  void deepGreyLosesItsLowByte() {
    BufferedImage grey = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
    grey.getRaster().setSample(0, 0, 0, 0x80FF);
    grey.getRaster().setSample(1, 0, 0, 0xFFFF);
    assertThat(pixel(RgbImage.of(grey), 0, 0)).containsExactly(0x80, 0x80, 0x80);
    assertThat(pixel(RgbImage.of(grey), 1, 0)).containsExactly(0xFF, 0xFF, 0xFF);
  }

  @ParameterizedTest
  @ValueSource(ints = {BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_4BYTE_ABGR})
  void alphaIsComposedOverWhite(int type) {
    BufferedImage image = new BufferedImage(3, 1, type);
    image.setRGB(0, 0, 0x00102030);
    image.setRGB(1, 0, 0x80102030);
    image.setRGB(2, 0, 0xFF102030);
    RgbImage composed = RgbImage.of(image);
    assertThat(pixel(composed, 0, 0)).containsExactly(255, 255, 255);
    // round((16 * 128 + 255 * 127) / 255) and so on.
    assertThat(pixel(composed, 1, 0)).containsExactly(135, 143, 151);
    assertThat(pixel(composed, 2, 0)).containsExactly(0x10, 0x20, 0x30);
  }

  @Test
  void toBufferedImageAndBack() {
    RgbImage image = TestImages.noise(7, 4, 3);
    assertThat(RgbImage.of(image.toBufferedImage()).pixels()).isEqualTo(image.pixels());
    assertThat(image.toBufferedImage().getRGB(6, 3) & 0xFFFFFF)
        .isEqualTo(
            pixel(image, 6, 3)[0] << 16 | pixel(image, 6, 3)[1] << 8 | pixel(image, 6, 3)[2]);
  }

  @Test
  void writtenPngReadsBack(@TempDir Path folder) {
    RgbImage image = TestImages.noise(7, 4, 4);
    image.writePng(folder.resolve("a.png"));
    assertThat(ImageDecoder.decode(folder.resolve("a.png")).pixels()).isEqualTo(image.pixels());
  }

  @Test
  void saysWhereAPngCannotBeWritten(@TempDir Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("file")).resolve("a.png");
    assertThatThrownBy(() -> TestImages.noise(2, 2, 5).writePng(file))
        .isInstanceOf(InputException.class)
        .hasMessage("cannot write " + file + ": " + file.getParent() + " is in the way");
  }

  @Test
  void sidesMustFitTheBytes() {
    assertThatThrownBy(() -> new RgbImage(2, 2, new byte[11]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RgbImage(0, 2, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static int[] pixel(RgbImage image, int x, int y) {
    int i = 3 * (y * image.width() + x);
    byte[] pixels = image.pixels();
    return new int[] {pixels[i] & 0xFF, pixels[i + 1] & 0xFF, pixels[i + 2] & 0xFF};
  }
}
