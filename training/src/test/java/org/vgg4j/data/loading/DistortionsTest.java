package org.vgg4j.data.loading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Interpolation;

/** Resized crops and erased rectangles: areas, ratios and places as their papers have them. */
class DistortionsTest {
  private static final int SAMPLES = 20_000;
  private static final ColorPca NO_COLORS = new ColorPca(List.of());

  private static RandomStream stream(int sample, Purpose purpose) {
    return new RandomStream(3, 1, sample, purpose);
  }

  private static Augmentation augmentation(Distortions distortions, boolean flip) {
    return new Augmentation(
        ScaleRange.fixed(12), 12, Interpolation.BILINEAR, flip, NO_COLORS, 0, 7, 0, distortions);
  }

  /** The largest distance between the values' distribution and a uniform one. */
  private static double distance(List<Double> values, double from, double to) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    double most = 0;
    for (int i = 0; i < sorted.size(); i++) {
      double expected = (sorted.get(i) - from) / (to - from);
      most = Math.max(most, Math.abs(expected - (i + 0.5) / sorted.size()));
    }
    return most;
  }

  /** Where nothing is refused: of at most half of the image. */
  @Test
  void areasAreUniformAndRatiosLogUniform() {
    ResizedCrop crop = new ResizedCrop(0.08, 0.5, 0.75, 4.0 / 3);
    Rescale.Size image = new Rescale.Size(2000, 2000);
    List<Double> areas = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    List<Double> lefts = new ArrayList<>();
    List<Double> tops = new ArrayList<>();
    for (int i = 0; i < SAMPLES; i++) {
      ResizedCrop.Region region = crop.draw(stream(i, Purpose.RESIZED_CROP), image);
      areas.add(region.width() * region.height() / 4e6);
      ratios.add(Math.log((double) region.width() / region.height()));
      lefts.add(region.left() / (double) (2000 - region.width()));
      tops.add(region.top() / (double) (2000 - region.height()));
    }
    assertThat(distance(areas, 0.08, 0.5)).isLessThan(0.012);
    assertThat(distance(ratios, Math.log(0.75), Math.log(4.0 / 3))).isLessThan(0.012);
    assertThat(distance(lefts, 0, 1)).isLessThan(0.012);
    assertThat(distance(tops, 0, 1)).isLessThan(0.012);
  }

  @Test
  void defaultsStayInTheImageAndTheirRanges() {
    Rescale.Size image = new Rescale.Size(300, 200);
    double smallest = 1;
    for (int i = 0; i < SAMPLES; i++) {
      ResizedCrop.Region region = ResizedCrop.DEFAULT.draw(stream(i, Purpose.RESIZED_CROP), image);
      assertThat(region.left()).isBetween(0, 300 - region.width());
      assertThat(region.top()).isBetween(0, 200 - region.height());
      double ratio = (double) region.width() / region.height();
      assertThat(ratio).isBetween(0.73, 1.36);
      smallest = Math.min(smallest, region.width() * region.height() / 60_000.0);
    }
    assertThat(smallest).isBetween(0.078, 0.085);
  }

  /** No square of a tenth fits into a strip: the middle of it, as wide as is allowed. */
  @Test
  void whereNothingFitsItIsTheMiddle() {
    ResizedCrop.Region region =
        ResizedCrop.DEFAULT.draw(stream(1, Purpose.RESIZED_CROP), new Rescale.Size(1000, 30));
    assertThat(region).isEqualTo(new ResizedCrop.Region(480, 0, 40, 30));
    assertThat(ResizedCrop.DEFAULT.draw(stream(1, Purpose.RESIZED_CROP), new Rescale.Size(3, 90)))
        .isEqualTo(new ResizedCrop.Region(0, 43, 3, 4));
  }

  /** The rectangle that was drawn, as large as the crop, and mirrored half of the time. */
  @Test
  void theSampleIsTheRectangle() {
    RgbImage image = TestImages.noise(40, 30, 1);
    Augmentation crops = augmentation(new Distortions(ResizedCrop.DEFAULT, 0, 0, false), true);
    int mirrored = 0;
    for (int i = 0; i < 100; i++) {
      ResizedCrop.Region region =
          ResizedCrop.DEFAULT.draw(
              new RandomStream(7, 2, i, Purpose.RESIZED_CROP), Rescale.Size.of(image));
      RgbImage expected =
          Rescale.resize(
              image.crop(region.left(), region.top(), region.width(), region.height()),
              12,
              12,
              Interpolation.BILINEAR);
      Augmentation.Sample sample = crops.apply(image, 2, i);
      boolean turned = sample.geometry().mirrored();
      mirrored += turned ? 1 : 0;
      assertThat(sample.image().pixels())
          .isEqualTo((turned ? expected.flipHorizontally() : expected).pixels());
    }
    assertThat(mirrored).isBetween(35, 65);
  }

  /** A twin that pads the whole rescaled image, and cuts where the same stream says. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 11})
  void cropsLeaveTheImageByThePaddingAtMost(int pad) {
    RgbImage image = TestImages.noise(40, 30, 1); // 20 x 15 at S = 15
    Augmentation padded =
        new Augmentation(
            new ScaleRange(12, 15),
            12,
            Interpolation.BILINEAR,
            true,
            NO_COLORS,
            0,
            7,
            0,
            new Distortions(null, pad, 0, false));
    Set<Integer> lefts = new TreeSet<>();
    for (int i = 0; i < 400; i++) {
      RandomStream random = new RandomStream(7, 2, i, Purpose.AUGMENTATION);
      Rescale.Size size = Rescale.sizeOf(image, 12 + random.nextInt(4));
      RgbImage rescaled =
          Rescale.resize(image, size.width(), size.height(), Interpolation.BILINEAR);
      int left = random.nextInt(size.width() + 2 * pad - 11);
      int top = random.nextInt(size.height() + 2 * pad - 11);
      RgbImage expected = onBlack(rescaled, pad).crop(left, top, 12, 12);
      Augmentation.Sample sample = padded.apply(image, 2, i);
      assertThat(sample.geometry().mirrored()).isEqualTo(random.nextBoolean());
      assertThat(sample.image().pixels())
          .isEqualTo(
              (sample.geometry().mirrored() ? expected.flipHorizontally() : expected).pixels());
      if (size.height() == 12) {
        lefts.add(left - pad);
      }
    }
    assertThat(lefts).hasSize(5 + 2 * pad).contains(-pad, 4 + pad); // 16 x 12: all places occur
  }

  private static RgbImage onBlack(RgbImage image, int pad) {
    int width = image.width() + 2 * pad;
    byte[] pixels = new byte[3 * width * (image.height() + 2 * pad)];
    for (int y = 0; y < image.height(); y++) {
      System.arraycopy(
          image.pixels(),
          3 * y * image.width(),
          pixels,
          3 * ((y + pad) * width + pad),
          3 * image.width());
    }
    return new RgbImage(width, image.height() + 2 * pad, pixels);
  }

  @Test
  void paddingGoesWithCropsOfTheRescaledImage() {
    assertThatThrownBy(() -> new Distortions(ResizedCrop.DEFAULT, 4, 0, false))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option pad moves crops at --scale, and option random-resized-crop takes others: leave"
                + " one of them out");
    assertThatThrownBy(() -> new Distortions(null, -1, 0, false))
        .isInstanceOf(InputException.class)
        .hasMessage("option pad is -1 but must be a number of pixels, such as 4");
  }

  /** What was erased of a white sample: noise, of which every 256th value is white itself. */
  private record Erased(int width, int height, int left, int top) {
    static Erased of(RgbImage sample) {
      int left = sample.width();
      int right = -1;
      int top = sample.height();
      int bottom = -1;
      for (int y = 0; y < sample.height(); y++) {
        for (int x = 0; x < sample.width(); x++) {
          int at = 3 * (y * sample.width() + x);
          byte[] pixels = sample.pixels();
          if ((pixels[at] & pixels[at + 1] & pixels[at + 2]) != -1) {
            left = Math.min(left, x);
            right = Math.max(right, x);
            top = Math.min(top, y);
            bottom = Math.max(bottom, y);
          }
        }
      }
      return new Erased(right - left + 1, bottom - top + 1, left, top);
    }
  }

  @Test
  void erasedRectanglesHaveThePapersAreasAndRatios() {
    int side = 150;
    byte[] white = new byte[3 * side * side];
    Arrays.fill(white, (byte) 255);
    white[0] = 0; // so that it is no grey image
    RgbImage image = new RgbImage(side, side, white);
    List<Double> small = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    int erased = 0;
    int samples = 4000;
    for (int i = 0; i < samples; i++) {
      RgbImage sample = Erasing.apply(stream(i, Purpose.ERASING), 0.25, image);
      if (sample == image) {
        continue;
      }
      erased++;
      byte[] pixels = sample.pixels().clone();
      pixels[0] = pixels[0] == 0 ? (byte) 255 : pixels[0];
      Erased what = Erased.of(new RgbImage(side, side, pixels));
      double area = what.width() * what.height() / (double) (side * side);
      double ratio = (double) what.height() / what.width();
      assertThat(area).isBetween(0.018, 0.34);
      assertThat(ratio).isBetween(0.28, 3.5);
      if (area < 0.3) { // of these every ratio fits
        small.add(area);
        ratios.add(Math.log(ratio));
      }
    }
    assertThat(erased).isCloseTo(samples / 4, within(110));
    assertThat(distance(small, 0.02, 0.3)).isLessThan(0.06);
    assertThat(distance(ratios, Math.log(0.3), Math.log(3.3))).isLessThan(0.06);
  }

  @Test
  void whatIsErasedIsNoiseAndTheRestStays() {
    RgbImage image = TestImages.noise(60, 40, 5);
    RgbImage sample = Erasing.apply(stream(4, Purpose.ERASING), 1, image);
    int changed = 0;
    double sum = 0;
    for (int i = 0; i < image.pixels().length; i++) {
      if (sample.pixels()[i] != image.pixels()[i]) {
        changed++;
        sum += sample.pixels()[i] & 0xFF;
      }
    }
    double share = changed / (double) image.pixels().length;
    assertThat(share).isBetween(0.019, 0.34);
    assertThat(sum / changed).isCloseTo(127.5, within(15.0));
    assertThat(Erasing.apply(stream(4, Purpose.ERASING), 0, image)).isSameAs(image);
    assertThat(Erasing.apply(stream(4, Purpose.ERASING), 1, image).pixels())
        .isEqualTo(sample.pixels());
  }

  @Test
  void greySamplesStayGrey() {
    RgbImage image = TestImages.plain(20, 20, 90, 90, 90);
    byte[] pixels = Erasing.apply(stream(1, Purpose.ERASING), 1, image).pixels();
    assertThat(pixels).isNotEqualTo(image.pixels());
    for (int i = 0; i < pixels.length; i += 3) {
      assertThat(pixels[i]).isEqualTo(pixels[i + 1]).isEqualTo(pixels[i + 2]);
    }
  }

  /** Draws of their own: with them or without, the crop, the mirror and the colour are the same. */
  @Test
  void whatElseIsDoneLeavesThePapersDrawsAlone() {
    RgbImage image = TestImages.noise(33, 21, 2);
    Augmentation plain = augmentation(Distortions.NONE, true);
    Augmentation both = augmentation(new Distortions(null, 0, 1, true), true);
    int different = 0;
    for (int i = 0; i < 50; i++) {
      Augmentation.Sample expected = plain.apply(image, 0, i);
      Augmentation.Sample actual = both.apply(image, 0, i);
      assertThat(actual.geometry()).isEqualTo(expected.geometry());
      different += Arrays.equals(actual.image().pixels(), expected.image().pixels()) ? 0 : 1;
      RgbImage again =
          Erasing.apply(
              new RandomStream(7, 0, i, Purpose.ERASING),
              1,
              TrivialAugment.apply(
                  new RandomStream(7, 0, i, Purpose.TRIVIAL_AUGMENT), expected.image()));
      assertThat(actual.image().pixels()).isEqualTo(again.pixels());
    }
    assertThat(different).isEqualTo(50); // of all, something is erased;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.08-1",
        "0.08-1,0.75-1.5",
        "0.2-0.2",
        ".5-1.0,1-1",
        "0.0005-1",
        "0.000001-1,0.001-1000"
      })
  void textsAreParsedBack(String text) {
    ResizedCrop crop = ResizedCrop.of(text);
    assertThat(ResizedCrop.of(crop.text())).isEqualTo(crop);
    assertThat(ResizedCrop.of(ResizedCrop.DEFAULT.text())).isEqualTo(ResizedCrop.DEFAULT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "0-1",
        "0.5-0.2",
        "0.5-1.1",
        "0.1-1,0-1",
        "0.1-1,2-1",
        "a-b",
        "0.0000001-1",
        "0.1-1,1-1001"
      })
  void whatIsNoRangeIsSaid(String text) {
    assertThatThrownBy(() -> ResizedCrop.of(text))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option random-resized-crop is ")
        .hasMessageEndingWith(
            "but must be a range of areas as shares of the image, and perhaps one of ratios of"
                + " width to height, such as 0.08-1,0.75-1.33");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void probabilitiesAreFromZeroToOne(double erase) {
    assertThatThrownBy(() -> new Distortions(null, 0, erase, false))
        .isInstanceOf(InputException.class)
        .hasMessage("option erase is " + erase + " but must be a probability from 0 to 1");
  }
}
