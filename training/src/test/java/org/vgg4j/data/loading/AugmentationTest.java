package org.vgg4j.data.loading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;

class AugmentationTest {
  private static final int CROP = 6;
  private static final ColorPca NO_COLORS = new ColorPca(List.of());
  private static final ColorPca COLORS =
      new ColorPca(
          List.of(
              new ColorPca.Axis(0.2, 0.6, 0, 0.8),
              new ColorPca.Axis(0.05, 0, 1, 0),
              new ColorPca.Axis(0.01, 0.8, 0, -0.6)));

  private static Augmentation fixed(int scale, boolean flip) {
    return new Augmentation(
        ScaleRange.fixed(scale), CROP, Interpolation.BILINEAR, flip, NO_COLORS, 0, 7);
  }

  @Test
  void augmentationCutsEverywhereAndFlipsHalfOfTheTime() {
    // No rescaling, so the red and green of the first pixel are the offsets.
    RgbImage image = TestImages.coordinates(10, 8);
    int[][] counts = new int[5][3];
    int flips = 0;
    for (int sample = 0; sample < 6000; sample++) {
      RgbImage cut = fixed(8, true).apply(image, 0, sample).image();
      boolean flipped = cut.pixels()[0] > cut.pixels()[3];
      RgbImage upright = flipped ? cut.flipHorizontally() : cut;
      counts[upright.pixels()[0]][upright.pixels()[1]]++;
      flips += flipped ? 1 : 0;
    }
    assertThat(flips).isCloseTo(3000, within(200));
    for (int[] row : counts) {
      assertThat(IntStream.of(row))
          .allSatisfy(count -> assertThat(count).isCloseTo(400, within(100)));
    }
  }

  @Test
  void augmentationWithoutFlipKeepsTheSideAndTheCut() {
    RgbImage image = TestImages.coordinates(10, 8);
    for (int sample = 0; sample < 100; sample++) {
      RgbImage cut = fixed(8, false).apply(image, 0, sample).image();
      assertThat(cut.pixels()[0]).isLessThan(cut.pixels()[3]);
    }
  }

  /** What was drawn is what was done: the sample's geometry makes the same crop again. */
  @Test
  void theGeometrySaysWhatWasDone() {
    RgbImage image = TestImages.noise(29, 17, 1);
    Augmentation jitter =
        new Augmentation(new ScaleRange(8, 20), CROP, Interpolation.BILINEAR, true, COLORS, 0.1, 7);
    int mirrored = 0;
    for (int i = 0; i < 50; i++) {
      Augmentation.Sample sample = jitter.apply(image, 0, i);
      Geometry geometry = sample.geometry();
      RgbImage rescaled =
          Rescale.toShorterSide(image, geometry.rescaled().height(), Interpolation.BILINEAR);
      RgbImage cut = rescaled.crop(geometry.left(), geometry.top(), CROP, CROP);
      RgbImage expected = geometry.mirrored() ? cut.flipHorizontally() : cut;
      assertThat(sample.image().pixels()).isEqualTo(expected.pixels());
      mirrored += geometry.mirrored() ? 1 : 0;
    }
    assertThat(mirrored).isBetween(10, 40);
  }

  @Test
  void augmentationDependsOnSeedEpochAndSample() {
    RgbImage image = TestImages.noise(40, 40, 1);
    Augmentation augmentation = fixed(40, true);
    Augmentation other =
        new Augmentation(ScaleRange.fixed(40), CROP, Interpolation.BILINEAR, true, NO_COLORS, 0, 8);
    byte[] cut = augmentation.apply(image, 2, 3).image().pixels();
    assertThat(augmentation.apply(image, 2, 3).image().pixels()).isEqualTo(cut);
    assertThat(augmentation.apply(image, 3, 3).image().pixels()).isNotEqualTo(cut);
    assertThat(augmentation.apply(image, 2, 4).image().pixels()).isNotEqualTo(cut);
    assertThat(other.apply(image, 2, 3).image().pixels()).isNotEqualTo(cut);
  }

  @Test
  void augmentationRescales() {
    RgbImage cut = fixed(8, true).apply(TestImages.noise(100, 50, 1), 0, 0).image();
    assertThat(cut.width()).isEqualTo(CROP);
    assertThat(cut.height()).isEqualTo(CROP);
  }

  @Test
  void scaleBelowCrop() {
    assertThatThrownBy(
            () ->
                new Augmentation(
                    ScaleRange.fixed(31), 32, Interpolation.BILINEAR, true, NO_COLORS, 0, 7))
        .isInstanceOf(InputException.class)
        .hasMessage("training scale S = 31 is below crop 32: take a scale of at least the crop");
  }

  @Test
  void jitterDrawsEveryScaleAlike() {
    int[] counts = new int[5];
    RgbImage image = TestImages.coordinates(CROP, CROP);
    Augmentation jitter =
        new Augmentation(
            new ScaleRange(CROP, CROP + 4), CROP, Interpolation.BILINEAR, false, NO_COLORS, 0, 7);
    for (int sample = 0; sample < 5000; sample++) {
      byte[] cut = jitter.apply(image, 3, sample).image().pixels();
      counts[scaleOf(cut, image)]++;
    }
    assertThat(IntStream.of(counts))
        .allSatisfy(count -> assertThat(count).isCloseTo(1000, within(130)));
  }

  /** Finds S - crop by trying every scale and place. */
  private static int scaleOf(byte[] cut, RgbImage image) {
    for (int more = 0; more < 5; more++) {
      RgbImage rescaled = Rescale.toShorterSide(image, CROP + more, Interpolation.BILINEAR);
      for (int x = 0; x <= more; x++) {
        for (int y = 0; y <= more; y++) {
          if (Arrays.equals(rescaled.crop(x, y, CROP, CROP).pixels(), cut)) {
            return more;
          }
        }
      }
    }
    throw new AssertionError("no scale gives this crop");
  }

  @Test
  void theMirrorAndThePlaceDoNotDependOnTheColour() {
    RgbImage image = TestImages.noise(20, 20, 1);
    Augmentation plain = fixed(12, true);
    Augmentation shifted =
        new Augmentation(ScaleRange.fixed(12), CROP, Interpolation.BILINEAR, true, COLORS, 0.1, 7);
    for (int sample = 0; sample < 20; sample++) {
      Augmentation.Sample a = plain.apply(image, 0, sample);
      Augmentation.Sample b = shifted.apply(image, 0, sample);
      assertThat(b.image().pixels()).isEqualTo(a.image().pixels());
      assertThat(a.shift()).isEqualTo(Rgb.ZERO);
      assertThat(b.shift()).isNotEqualTo(Rgb.ZERO);
    }
  }

  @Test
  void shiftsFollowThePrincipalComponents() {
    RgbImage image = TestImages.plain(8, 8, 0, 0, 0);
    Augmentation shifting =
        new Augmentation(ScaleRange.fixed(8), CROP, Interpolation.BILINEAR, true, COLORS, 0.1, 7);
    int draws = 20_000;
    double[] variances = new double[3];
    double mean = 0;
    for (int sample = 0; sample < draws; sample++) {
      Rgb shift = shifting.apply(image, 0, sample).shift();
      for (int axis = 0; axis < 3; axis++) {
        ColorPca.Axis a = COLORS.axes().get(axis);
        double along =
            (shift.red() * a.red() + shift.green() * a.green() + shift.blue() * a.blue()) / 255;
        variances[axis] += along * along / draws;
        mean += along / draws;
      }
    }
    // The shift is alpha times the eigenvalue itself, not its root; alpha's deviation is 0.1.
    assertThat(Math.sqrt(variances[0])).isCloseTo(0.1 * 0.2, within(0.0005));
    assertThat(Math.sqrt(variances[1])).isCloseTo(0.1 * 0.05, within(0.0002));
    assertThat(Math.sqrt(variances[2])).isCloseTo(0.1 * 0.01, within(0.0001));
    assertThat(mean).isCloseTo(0, within(0.0005));
  }

  @Test
  void aColourShiftEntersTheNetworkAsSuch() {
    Preprocessor preprocessor =
        new Preprocessor(
            new Preprocessing(
                ChannelOrder.BGR,
                1,
                new Rgb(0.5f, 0.4f, 0.3f),
                new Rgb(0.2f, 0.25f, 0.5f),
                Interpolation.BILINEAR,
                8,
                8));
    float[] batch = new float[3];
    preprocessor.write(TestImages.plain(1, 1, 100, 150, 250), new Rgb(10, -20, 30), batch, 0);
    assertThat(batch[0]).isCloseTo((280 / 255f - 0.3f) / 0.5f, within(1e-5f)); // not clipped
    assertThat(batch[1]).isCloseTo((130 / 255f - 0.4f) / 0.25f, within(1e-5f));
    assertThat(batch[2]).isCloseTo((110 / 255f - 0.5f) / 0.2f, within(1e-5f));
  }

  @Test
  void scaleRangesAreRead() {
    assertThat(ScaleRange.of("256")).isEqualTo(new ScaleRange(256, 256));
    assertThat(ScaleRange.of(" 256-512 ")).isEqualTo(new ScaleRange(256, 512));
    assertThat(ScaleRange.of("256-512").middle()).isEqualTo(384);
    assertThat(new ScaleRange(36, 73)).hasToString("36-73");
    assertThat(ScaleRange.fixed(36)).hasToString("36");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-", "256-", "-512", "256-512-1024", "2.5", "512-256", "0", "big"})
  void noScaleRanges(String text) {
    assertThatThrownBy(() -> ScaleRange.of(text)).isInstanceOf(InputException.class);
  }
}
