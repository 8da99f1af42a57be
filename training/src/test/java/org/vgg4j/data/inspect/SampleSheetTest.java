package org.vgg4j.data.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.TestDataset;
import org.vgg4j.data.boxes.BoxedDataset;
import org.vgg4j.data.loading.Augmentation;
import org.vgg4j.data.loading.ColorPca;
import org.vgg4j.data.loading.Mixing;
import org.vgg4j.data.loading.Mixture;
import org.vgg4j.data.loading.Sampler;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Outline;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Rgb;

class SampleSheetTest {
  private static final int CROP = 6;
  private static final ColorPca COLORS =
      new ColorPca(
          List.of(
              new ColorPca.Axis(0.2, 0.6, 0, 0.8),
              new ColorPca.Axis(0.05, 0, 1, 0),
              new ColorPca.Axis(0.01, 0.8, 0, -0.6)));

  @Test
  void theSheetShowsTheFirstSamples() {
    TestDataset dataset = new TestDataset("a", "b");
    for (int i = 0; i < 70; i++) {
      dataset.add(i % 2, TestImages.plain(8, 8, i, 2 * i, 3 * i));
    }
    Sampler sampler = new Sampler(70, 7);
    Augmentation shifting =
        new Augmentation(ScaleRange.fixed(8), CROP, Interpolation.BILINEAR, true, COLORS, 0.5, 7);
    RgbImage sheet = SampleSheet.draw(dataset, sampler, shifting, Mixing.NONE);
    assertThat(sheet.width()).isEqualTo(8 * (CROP + 2) + 2);
    assertThat(sheet.height()).isEqualTo(8 * (CROP + 2) + 2);
    int ninth = sampler.order(0)[9];
    Rgb shift = shifting.apply(dataset.image(ninth), 0, ninth).shift();
    int at = 3 * ((2 + CROP + 2) * sheet.width() + 2 + CROP + 2);
    float expected = Math.max(0, Math.min(255, ninth + shift.red()));
    assertThat((float) (sheet.pixels()[at] & 0xFF)).isCloseTo(expected, within(0.51f));
    assertThat(sheet.pixels()[0]).isEqualTo((byte) 255);
  }

  /** Plain images, each of a colour of its own: the colours of a cell say what it was mixed of. */
  @Test
  void mixturesAreShown() {
    TestDataset dataset = new TestDataset("a", "b");
    for (int i = 0; i < 40; i++) {
      dataset.add(i % 2, TestImages.plain(8, 8, 5 * i, 100, 200 - 5 * i));
    }
    Sampler sampler = new Sampler(40, 7);
    Augmentation plain =
        new Augmentation(ScaleRange.fixed(8), CROP, Interpolation.BILINEAR, true, COLORS, 0, 7);
    for (Mixing mixing : List.of(new Mixing(1, 0, 7), new Mixing(0, 1, 7))) {
      RgbImage sheet = SampleSheet.draw(dataset, sampler, plain, mixing);
      int[] order = sampler.order(0);
      for (int i = 0; i < order.length; i++) {
        Mixture mixture = mixing.draw(0, order[i], order.length, CROP);
        RgbImage cell = sheet.crop(2 + i % 8 * (CROP + 2), 2 + i / 8 * (CROP + 2), CROP, CROP);
        for (int pixel = 0; pixel < CROP * CROP; pixel++) {
          float share = mixture.shareAt(pixel % CROP, pixel / CROP);
          float red = 5 * (share * order[i] + (1 - share) * order[mixture.partner()]);
          assertThat((float) (cell.pixels()[3 * pixel] & 0xFF)).isCloseTo(red, within(0.51f));
        }
      }
    }
  }

  /**
   * Red objects on green: whatever scale, crop and mirror were drawn, the outline of the target
   * encloses the red pixels, and nothing else.
   */
  @Test
  void outlinesFollowScaleCropAndMirror() {
    int crop = 40;
    Random random = new Random(26);
    TestDataset pictures = new TestDataset("a", "b");
    for (int i = 0; i < 64; i++) {
      int width = 30 + random.nextInt(40);
      int height = 30 + random.nextInt(40);
      int left = random.nextInt(width - 12);
      int top = random.nextInt(height - 12);
      int right = left + 12 + random.nextInt(width - left - 11);
      int bottom = top + 12 + random.nextInt(height - top - 11);
      Box object = new Box(left, top, right, bottom);
      pictures.add(i % 2, picture(width, height, object), List.of(object));
    }
    Dataset dataset = new BoxedDataset(pictures);
    Sampler sampler = new Sampler(64, 7);
    Augmentation augmentation =
        new Augmentation(
            new ScaleRange(crop, 2 * crop), crop, Interpolation.BILINEAR, true, COLORS, 0, 7, 0.25);
    RgbImage sheet = SampleSheet.draw(dataset, sampler, augmentation, Mixing.NONE);
    int[] order = sampler.order(0);
    int compared = 0;
    int mirrored = 0;
    int beyond = 0;
    for (int i = 0; i < order.length; i++) {
      Augmentation.Sample sample =
          augmentation.apply(dataset, dataset.image(order[i]), 0, order[i], order[i]);
      RgbImage cell = sheet.crop(2 + i % 8 * (crop + 2), 2 + i / 8 * (crop + 2), crop, crop);
      if (splitsAPixel(
          sample
              .geometry()
              .toCrop(pictures.objects(order[i], sample.geometry().original()).get(0).box()))) {
        continue;
      }
      compared++;
      List<Integer> object = red(sample.image());
      assertEncloses(cell, object);
      mirrored += sample.geometry().mirrored() ? 1 : 0;
      beyond += object.get(0) == 0 || object.get(2) == crop - 1 ? 1 : 0;
    }
    assertThat(compared).isGreaterThan(48);
    assertThat(mirrored).isBetween(16, 48);
    assertThat(beyond).isBetween(8, 56);
  }

  /** Whether an edge halves a pixel, which then has neither colour. */
  private static boolean splitsAPixel(Box box) {
    return DoubleStream.of(box.left(), box.top(), box.right(), box.bottom())
        .anyMatch(edge -> Math.abs(edge - Math.floor(edge) - 0.5) < 0.02);
  }

  private static RgbImage picture(int width, int height, Box object) {
    byte[] pixels = new byte[3 * width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        boolean inside =
            x >= object.left() && x < object.right() && y >= object.top() && y < object.bottom();
        pixels[3 * (y * width + x) + (inside ? 0 : 1)] = (byte) 255;
      }
    }
    return new RgbImage(width, height, pixels);
  }

  /** The first column and row, then the last column and row, of the red pixels. */
  private static List<Integer> red(RgbImage image) {
    int left = image.width();
    int right = -1;
    int top = image.height();
    int bottom = -1;
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        int at = 3 * (y * image.width() + x);
        if ((image.pixels()[at] & 0xFF) > (image.pixels()[at + 1] & 0xFF)) {
          left = Math.min(left, x);
          right = Math.max(right, x);
          top = Math.min(top, y);
          bottom = Math.max(bottom, y);
        }
      }
    }
    return List.of(left, top, right, bottom);
  }

  /** Where pixels reach the edge of the image, the object's end may lie beyond: no line is due. */
  private static void assertEncloses(RgbImage image, List<Integer> object) {
    int last = image.width() - 1;
    for (int y = 0; y <= last; y++) {
      for (int x = 0; x <= last; x++) {
        boolean inside =
            x >= object.get(0) && x <= object.get(2) && y >= object.get(1) && y <= object.get(3);
        boolean inColumn = x == object.get(0) && x > 0 || x == object.get(2) && x < last;
        boolean inRow = y == object.get(1) && y > 0 || y == object.get(3) && y < last;
        boolean atEdge = x == 0 || y == 0 || x == last || y == last;
        int at = 3 * (y * image.width() + x);
        int color =
            (image.pixels()[at] & 0xFF) << 16
                | (image.pixels()[at + 1] & 0xFF) << 8
                | image.pixels()[at + 2] & 0xFF;
        if (inside && (inColumn || inRow)) {
          assertThat(color).as("(%d, %d) of %s", x, y, object).isEqualTo(Outline.TRUE);
        } else if (!inside || !atEdge) {
          assertThat(color).as("(%d, %d) of %s", x, y, object).isNotEqualTo(Outline.TRUE);
        }
      }
    }
  }
}
