package org.vgg4j.data.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.vgg4j.data.TestDataset;
import org.vgg4j.data.loading.Augmentation;
import org.vgg4j.data.loading.ColorPca;
import org.vgg4j.data.loading.Sampler;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
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
    RgbImage sheet = SampleSheet.draw(dataset, sampler, shifting);
    assertThat(sheet.width()).isEqualTo(8 * (CROP + 2) + 2);
    assertThat(sheet.height()).isEqualTo(8 * (CROP + 2) + 2);
    int ninth = sampler.order(0)[9];
    Rgb shift = shifting.apply(dataset.image(ninth), 0, ninth).shift();
    int at = 3 * ((2 + CROP + 2) * sheet.width() + 2 + CROP + 2);
    float expected = Math.max(0, Math.min(255, ninth + shift.red()));
    assertThat((float) (sheet.pixels()[at] & 0xFF)).isCloseTo(expected, within(0.51f));
    assertThat(sheet.pixels()[0]).isEqualTo((byte) 255);
  }
}
