package org.vgg4j.image.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Interpolation;

class GeometryTest {
  private static final double EXACT = 1e-9;

  /** Of the image's 53 x 37 pixels, rescaled so that the shorter side is 20, the rounding shows. */
  private static Geometry geometry(int scale, int left, int top, int side, boolean mirrored) {
    RgbImage image = TestImages.coordinates(53, 37);
    return new Geometry(
        Rescale.Size.of(image),
        Rescale.sizeOf(image, scale),
        left,
        top,
        new Rescale.Size(side, side),
        mirrored);
  }

  /**
   * Bilinear rescaling leaves a ramp a ramp but at the edges: where red is x and green is y, a
   * pixel of the crop says itself where it comes from, to within the rounding of two passes.
   */
  @ParameterizedTest
  @CsvSource({"37, 3, 2, 30", "20, 4, 3, 12", "13, 2, 1, 10", "74, 9, 12, 50", "100, 31, 9, 80"})
  void pixelsLieWhereTheGeometrySays(int scale, int left, int top, int side) {
    RgbImage image = TestImages.coordinates(53, 37);
    for (boolean mirrored : new boolean[] {false, true}) {
      Geometry geometry = geometry(scale, left, top, side, mirrored);
      byte[] pixels = geometry.cut(image, Interpolation.BILINEAR).pixels();
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
          int at = 3 * (y * side + x);
          assertThat(geometry.toOriginalX(x + 0.5) - 0.5).isCloseTo(pixels[at], within(0.51));
          assertThat(geometry.toOriginalY(y + 0.5) - 0.5).isCloseTo(pixels[at + 1], within(0.51));
        }
      }
    }
  }

  @Test
  void axesAreScaledAsTheSidesAreRounded() {
    Geometry whole = geometry(20, 0, 0, 20, false);
    assertThat(whole.rescaled()).isEqualTo(new Rescale.Size(28, 20)); // of 28.65
    assertThat(whole.toCropX(53)).isCloseTo(28, within(EXACT));
    assertThat(whole.toCropY(37)).isCloseTo(20, within(EXACT));
  }

  @Test
  void edgesOfTheCropAreEdges() {
    Geometry upright = geometry(74, 9, 12, 50, false);
    assertThat(upright.toCropX(4.5)).isCloseTo(0, within(EXACT));
    assertThat(upright.toCropX(4.5 + 25)).isCloseTo(50, within(EXACT));
    assertThat(upright.toCropY(6)).isCloseTo(0, within(EXACT));
    assertThat(upright.toCropY(6 + 25)).isCloseTo(50, within(EXACT));
    Geometry mirrored = geometry(74, 9, 12, 50, true);
    assertThat(mirrored.toCropX(4.5)).isCloseTo(50, within(EXACT));
    assertThat(mirrored.toCropX(4.5 + 25)).isCloseTo(0, within(EXACT));
    assertThat(mirrored.toCropY(6)).isCloseTo(0, within(EXACT));
  }

  @Test
  void boxesFollowAndComeBack() {
    Box box = new Box(10, 5, 17, 30);
    assertThat(geometry(74, 9, 12, 50, false).toCrop(box)).isEqualTo(new Box(11, -2, 25, 48));
    assertThat(geometry(74, 9, 12, 50, true).toCrop(box)).isEqualTo(new Box(25, -2, 39, 48));
    for (boolean mirrored : new boolean[] {false, true}) {
      for (int scale : new int[] {20, 37, 55}) {
        Geometry geometry = geometry(scale, 3, 2, 15, mirrored);
        Box back = geometry.toOriginal(geometry.toCrop(box));
        assertThat(back.left()).isCloseTo(box.left(), within(EXACT));
        assertThat(back.top()).isCloseTo(box.top(), within(EXACT));
        assertThat(back.right()).isCloseTo(box.right(), within(EXACT));
        assertThat(back.bottom()).isCloseTo(box.bottom(), within(EXACT));
      }
    }
  }

  @Test
  void theMiddleIsThatOfTheImage() {
    Geometry middle = Geometry.centered(TestImages.coordinates(60, 40), 20, 10);
    assertThat(middle.toOriginal(new Box(0, 0, 10, 10))).isEqualTo(new Box(20, 10, 40, 30));
  }

  @Test
  void cropsStayInTheImageAndBoxesHaveTwoSides() {
    assertThatThrownBy(() -> geometry(37, 24, 0, 30, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("leaves the image");
    assertThatThrownBy(
            () ->
                geometry(37, 0, 0, 30, false)
                    .cut(TestImages.plain(37, 53, 0, 0, 0), Interpolation.BILINEAR))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Box(5, 0, 4, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Box(0, Double.NaN, 4, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(new Box(1, 2, 4, 9).width()).isEqualTo(3);
    assertThat(new Box(1, 2, 4, 9).height()).isEqualTo(7);
  }
}
