package org.vgg4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;

/** The profile that travels with weights. */
class PreprocessingTest {
  private static final Rgb MEAN = new Rgb(123, 117, 104);

  @Test
  void thePapersSubtractsTheMeanOnly() {
    Preprocessing paper = Preprocessing.paper(MEAN, 256, 224);
    assertThat(paper.channelOrder()).isEqualTo(ChannelOrder.RGB);
    assertThat(paper.valueRange()).isEqualTo(255);
    assertThat(paper.mean()).isEqualTo(MEAN);
    assertThat(paper.std()).isEqualTo(Rgb.ONE);
    assertThat(paper.scale()).isEqualTo(256);
    assertThat(paper.crop()).isEqualTo(224);
  }

  @Test
  void aScaleBelowTheCropIsRefused() {
    assertThat(Preprocessing.paper(MEAN, 224, 224).scale()).isEqualTo(224);
    assertThatThrownBy(() -> Preprocessing.paper(MEAN, 223, 224))
        .isInstanceOf(InputException.class)
        .hasMessage("scale 223 is below crop 224: take a scale of at least the crop");
  }

  @Test
  void aStdMustBePositive() {
    for (Rgb std : new Rgb[] {new Rgb(0, 1, 1), new Rgb(1, -1, 1), new Rgb(1, 1, Float.NaN)}) {
      assertThatThrownBy(
              () ->
                  new Preprocessing(
                      ChannelOrder.RGB, 255, MEAN, std, Interpolation.BILINEAR, 256, 224))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("preprocessing std must be positive");
    }
  }

  @Test
  void channelsAreRedGreenBlue() {
    assertThat(MEAN.channel(0)).isEqualTo(123);
    assertThat(MEAN.channel(1)).isEqualTo(117);
    assertThat(MEAN.channel(2)).isEqualTo(104);
    assertThatThrownBy(() -> MEAN.channel(3)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
