package org.vgg4j.image.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;

class PreprocessorTest {
  private static final Rgb MEAN = new Rgb(10, 20, 30);

  @Test
  void paperSubtractsTheMean() {
    float[] batch = new float[2 * 3 * 2];
    new Preprocessor(Preprocessing.paper(MEAN, 8, 4))
        .write(new RgbImage(2, 1, new byte[] {1, 2, 3, (byte) 255, 5, 6}), batch, 1);
    assertThat(batch).containsExactly(0, 0, 0, 0, 0, 0, -9, 245, -18, -15, -27, -24);
  }

  @Test
  void blueComesFirstInBgr() {
    Preprocessing caffe =
        new Preprocessing(
            ChannelOrder.BGR, 255, MEAN, new Rgb(1, 2, 4), Interpolation.BILINEAR, 8, 4);
    float[] batch = new float[3];
    new Preprocessor(caffe).write(TestImages.plain(1, 1, 12, 24, 38), batch, 0);
    assertThat(batch).containsExactly(2, 2, 2);
    new Preprocessor(caffe).write(TestImages.plain(1, 1, 10, 20, 34), batch, 0);
    assertThat(batch).containsExactly(1, 0, 0);
  }

  /** torchvision: ToTensor divides by 255, Normalize subtracts and divides, all in float. */
  @Test
  void torchvisionsArithmeticIsKept() {
    Rgb mean = new Rgb(0.485f, 0.456f, 0.406f);
    Rgb std = new Rgb(0.229f, 0.224f, 0.225f);
    Preprocessing torchvision =
        new Preprocessing(ChannelOrder.RGB, 1, mean, std, Interpolation.BILINEAR, 8, 4);
    float[] batch = new float[3];
    for (int v = 0; v < 256; v++) {
      new Preprocessor(torchvision).write(TestImages.plain(1, 1, v, v, v), batch, 0);
      for (int channel = 0; channel < 3; channel++) {
        assertThat(batch[channel])
            .isEqualTo((v / 255f - mean.channel(channel)) / std.channel(channel));
      }
    }
  }

  @Test
  void centerCropRescalesThenCuts() {
    Preprocessor preprocessor =
        new Preprocessor(
            new Preprocessing(ChannelOrder.RGB, 255, MEAN, Rgb.ONE, Interpolation.BICUBIC, 10, 7));
    RgbImage image = TestImages.noise(30, 20, 1);
    RgbImage expected = Rescale.resize(image, 15, 10, Interpolation.BICUBIC).crop(4, 2, 7, 7);
    assertThat(preprocessor.centerCrop(image).pixels()).isEqualTo(expected.pixels());
  }

  @Test
  void sampleMustFitTheBatch() {
    Preprocessor preprocessor = new Preprocessor(Preprocessing.paper(MEAN, 8, 4));
    RgbImage image = TestImages.plain(4, 4, 1, 2, 3);
    float[] batch = new float[2 * 3 * 16];
    assertThatThrownBy(() -> preprocessor.write(image, batch, 2))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> preprocessor.write(image, batch, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** As torchvision's center_crop: int(round((size - crop) / 2.0)), halves to even. */
  @ParameterizedTest
  @CsvSource({"36, 32, 2", "35, 32, 2", "37, 32, 2", "33, 32, 0", "39, 32, 4", "32, 32, 0"})
  void centerCropRoundsHalfToEven(int size, int side, int offset) {
    int other = RgbImage.centered(40, side);
    assertThat(other).isEqualTo(4);
    Preprocessor preprocessor = new Preprocessor(Preprocessing.paper(Rgb.ONE, size, side));
    RgbImage cut = preprocessor.centerCrop(TestImages.coordinates(size, 40));
    assertThat(Arrays.copyOf(cut.pixels(), 3))
        .containsExactly((byte) offset, (byte) other, (byte) (offset + other));
    cut = preprocessor.centerCrop(TestImages.coordinates(40, size));
    assertThat(Arrays.copyOf(cut.pixels(), 3))
        .containsExactly((byte) other, (byte) offset, (byte) (offset + other));
    assertThat(cut.width()).isEqualTo(side);
    assertThat(cut.height()).isEqualTo(side);
  }
}
