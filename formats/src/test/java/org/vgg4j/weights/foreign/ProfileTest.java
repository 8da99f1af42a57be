package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Rgb;

class ProfileTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torchvision | RGB, 0..1, minus (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225)",
        "caffe       | BGR, 0..255, minus (103.939, 116.779, 123.68)",
        "paper       | RGB, 0..255, minus (123.68, 116.779, 103.939)",
        "VGG-Face    | BGR, 0..255, minus (93.594, 104.7624, 129.1863)",
        "half        | RGB, 0..1, minus (0.5, 0.5, 0.5), divided by (0.5, 0.5, 0.5)",
        "unit        | RGB, 0..1",
        "mean=1,2,3,range=255,order=bgr | BGR, 0..255, minus (1, 2, 3)",
        "range=0..1 std=0.5 mean=0      | RGB, 0..1, divided by (0.5, 0.5, 0.5)",
      })
  void saysWhatItDoes(String text, String sentence) {
    assertThat(Profile.of(text).sentence()).isEqualTo(sentence);
  }

  @Test
  void numbersAreInTheOrderOfTheChannelsAndTheLabelReadsBack() {
    Profile profile = Profile.of("mean=103.939,116.779,123.68,std=2,range=255,order=bgr");
    assertThat(profile.order()).isEqualTo(ChannelOrder.BGR);
    assertThat(profile.mean()).isEqualTo(new Rgb(123.68f, 116.779f, 103.939f));
    assertThat(profile.std()).isEqualTo(new Rgb(2, 2, 2));
    assertThat(Profile.of(profile.label())).isEqualTo(profile);
    for (Profile named : Profile.named()) {
      assertThat(Profile.of(named.label())).isEqualTo(named);
    }
    assertThat(Profile.of(Profile.PAPER.preprocessing(224))).isEqualTo(Profile.PAPER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "imagenet                         | choose one of torchvision, caffe, keras, paper,"
            + " vgg-face, half, unit, or describe it: mean=",
        "mean=0.5,std=0,range=1           | a std of 0 is not above 0",
        "mean=0.5,std=-1,range=1          | a std of -1 is not above 0",
        "mean=0.5,std=nan,range=1         | 'nan' is not a number",
        "mean=123,117,104,range=1         | a mean of 123 is outside the range 0..1",
        "mean=-3,range=255                | a mean of -3 is outside the range 0..255",
        "mean=0.485,0.456,0.406,range=255 | a mean of 0.485 is a number for range=1",
        "mean=124,std=0.229,range=255     | a std of 0.229 is a number for range=1",
        "mean=0.5,std=58.4,range=1        | a std of 58.4 is not above 0 and at most the range, 1",
        "mean=1,2,range=255               | mean takes three numbers, or one for all channels, not"
            + " 2",
        "mean=1,2,3                       | range is missing",
        "range=255                        | mean is missing",
        "mean=1,range=127                 | range is the value of white before the mean is"
            + " subtracted, either 255 or 1",
        "mean=1,range=255,order=gbr       | order must be rgb or bgr",
        "mean=1,range=255,scale=2         | 'scale' is not one of mean, std, range, order",
        "mean=1,mean=2,range=255          | mean is given twice",
        "mean=one,range=255               | 'one' is not a number",
      })
  void refusesWhatCannotBeMeant(String text, String sentence) {
    assertThatThrownBy(() -> Profile.of(text))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(text)
        .hasMessageContaining(sentence);
  }
}
