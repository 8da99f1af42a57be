package org.vgg4j.image.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Interpolation;

class RescaleTest {
  /** The goldens are Pillow's, see make_goldens.py beside them. */
  @ParameterizedTest
  @CsvFileSource(resources = "/goldens/resize/goldens.csv")
  void equalsPillowInEveryByte(
      String picture, Interpolation interpolation, int width, int height, String sha256)
      throws Exception {
    String file = "/goldens/resize/" + picture + ".png";
    RgbImage image = ImageDecoder.decode(TestImages.resource(file), file);
    RgbImage resized = Rescale.resize(image, width, height, interpolation);
    assertThat(List.of(resized.width(), resized.height())).containsExactly(width, height);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(resized.pixels());
    assertThat(HexFormat.of().formatHex(digest)).isEqualTo(sha256);
  }

  @Test
  void goldensCoverBothFilters() {
    String goldens =
        new String(TestImages.resource("/goldens/resize/goldens.csv"), StandardCharsets.US_ASCII);
    assertThat(goldens.lines().filter(line -> line.contains("BILINEAR"))).hasSizeGreaterThan(30);
    assertThat(goldens.lines().filter(line -> line.contains("BICUBIC"))).hasSizeGreaterThan(30);
  }

  @ParameterizedTest
  @EnumSource(Interpolation.class)
  void keepsThePictureOfTheSameSize(Interpolation interpolation) {
    RgbImage image = TestImages.noise(9, 7, 1);
    assertThat(Rescale.resize(image, 9, 7, interpolation)).isSameAs(image);
    assertThat(Rescale.toShorterSide(image, 7, interpolation)).isSameAs(image);
  }

  @ParameterizedTest
  @EnumSource(Interpolation.class)
  void keepsAPlainColour(Interpolation interpolation) {
    RgbImage resized = Rescale.resize(TestImages.plain(13, 8, 255, 7, 100), 50, 3, interpolation);
    assertThat(resized.pixels()).isEqualTo(TestImages.plain(50, 3, 255, 7, 100).pixels());
  }

  @ParameterizedTest
  @CsvSource({
    "500, 375, 256, 341, 256",
    "375, 500, 256, 256, 341",
    "28, 28, 36, 36, 36",
    "3, 2, 5, 7, 5",
    "100, 33, 32, 96, 32",
    "1, 1, 9, 9, 9"
  })
  void longerSideIsRoundedDown(int width, int height, int side, int newWidth, int newHeight) {
    RgbImage image = TestImages.plain(width, height, 1, 2, 3);
    RgbImage rescaled = Rescale.toShorterSide(image, side, Interpolation.BILINEAR);
    assertThat(rescaled.width()).isEqualTo(newWidth);
    assertThat(rescaled.height()).isEqualTo(newHeight);
  }

  /** Enlarged, shrunk and kept in either dimension; the edges, and places in between. */
  @ParameterizedTest
  @EnumSource(Interpolation.class)
  void aCropIsThatOfTheWholePicture(Interpolation interpolation) {
    RgbImage image = TestImages.noise(50, 37, 5);
    for (int width : new int[] {20, 50, 113}) {
      for (int height : new int[] {16, 37, 90}) {
        RgbImage whole = Rescale.resize(image, width, height, interpolation);
        Rescale.Size size = new Rescale.Size(width, height);
        for (int x : new int[] {0, 3, width - 11}) {
          for (int y : new int[] {0, 4, height - 9}) {
            assertThat(Rescale.crop(image, size, interpolation, x, y, 11, 9).pixels())
                .as("%d x %d at (%d, %d)", width, height, x, y)
                .isEqualTo(whole.crop(x, y, 11, 9).pixels());
          }
        }
      }
    }
  }

  @Test
  void aCropMustStayInside() {
    RgbImage image = TestImages.noise(10, 10, 1);
    Rescale.Size size = new Rescale.Size(20, 20);
    for (int[] at : new int[][] {{-1, 0}, {0, -1}, {16, 0}, {0, 16}}) {
      assertThatThrownBy(
              () -> Rescale.crop(image, size, Interpolation.BILINEAR, at[0], at[1], 5, 5))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("leaves the image");
    }
  }

  @Test
  void refusesAnElongatedPicture() {
    RgbImage image = TestImages.plain(1, 20_000, 1, 2, 3);
    assertThatThrownBy(() -> Rescale.toShorterSide(image, 256, Interpolation.BILINEAR))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "an image of 1 x 20000 pixels is too elongated for a shorter side of 256: crop it"
                + " first");
  }

  @Test
  void refusesSidesBelowOne() {
    RgbImage image = TestImages.plain(2, 2, 1, 2, 3);
    assertThatThrownBy(() -> Rescale.resize(image, 0, 2, Interpolation.BILINEAR))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
