package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Task;
import org.vgg4j.network.Parameters;

class InitialisationTest {
  private static Architecture architecture(double width) {
    return new Architecture(Configuration.C, width, 32, 10);
  }

  private static Parameters filled(Initialisation initialisation, double width, long seed) {
    Parameters parameters = Parameters.zeros(architecture(width));
    for (ParameterShape shape : parameters.architecture().parameters()) {
      Arrays.fill(parameters.values(shape.name()), 99); // everything is overwritten
    }
    initialisation.fill(parameters, seed);
    return parameters;
  }

  private static double moment(float[] values, int power) {
    return IntStream.range(0, values.length).mapToDouble(i -> Math.pow(values[i], power)).sum()
        / values.length;
  }

  /** Variances are Glorot's, He's and the paper's for the layer at hand: conv2_1 and fc7. */
  @ParameterizedTest
  @CsvSource({
    "GLOROT,features.5.weight",
    "GLOROT,classifier.3.weight",
    "HE,features.5.weight",
    "HE,classifier.3.weight",
  })
  void variances(Initialisation initialisation, String name) {
    float[] values = filled(initialisation, 0.25, 1).values(name);
    boolean convolution = name.startsWith("features");
    double fanIn = convolution ? 16 * 9 : 1024;
    double fanOut = convolution ? 32 * 9 : 1024;
    double variance = initialisation == Initialisation.GLOROT ? 2 / (fanIn + fanOut) : 2 / fanIn;
    double deviations = 5 / Math.sqrt(values.length); // five times that of the estimates
    assertThat(moment(values, 1)).isCloseTo(0, within(Math.sqrt(variance) * deviations));
    assertThat(moment(values, 2)).isCloseTo(variance, within(variance * 1.5 * deviations));
  }

  @Test
  void glorotIsUniformAndTheOthersAreNormal() {
    double[] kurtosis = new double[Initialisation.values().length];
    for (Initialisation initialisation : Initialisation.values()) {
      float[] values = filled(initialisation, 0.25, 1).values("classifier.3.weight");
      kurtosis[initialisation.ordinal()] = moment(values, 4) / Math.pow(moment(values, 2), 2);
    }
    assertThat(kurtosis[Initialisation.GLOROT.ordinal()]).isCloseTo(1.8, within(0.02));
    assertThat(kurtosis[Initialisation.GAUSSIAN.ordinal()]).isCloseTo(3, within(0.05));
    assertThat(kurtosis[Initialisation.HE.ordinal()]).isCloseTo(3, within(0.05));
    assertThat(kurtosis[Initialisation.DIRAC.ordinal()]).isCloseTo(1.8, within(0.02));
    float[] uniform = filled(Initialisation.GLOROT, 0.25, 1).values("classifier.3.weight");
    double bound = Math.sqrt(6.0 / 2048);
    for (float value : uniform) {
      assertThat((double) Math.abs(value)).isLessThanOrEqualTo(bound + 1e-8);
    }
  }

  @Test
  void gaussianHasStandardDeviationOfAHundredthInEveryLayer() {
    Parameters parameters = filled(Initialisation.GAUSSIAN, 0.25, 1);
    for (String name : new String[] {"features.5.weight", "classifier.3.weight"}) {
      float[] values = parameters.values(name);
      assertThat(Math.sqrt(moment(values, 2)))
          .isCloseTo(0.01, within(0.05 / Math.sqrt(values.length)));
    }
  }

  /** Convolutions of 3x3 and 1x1, in C; what they do not pass on is drawn as glorot does. */
  @Test
  void diracPassesOnInputsAsFarAsThereAreOutputs() {
    Parameters dirac = filled(Initialisation.DIRAC, 0.25, 1);
    Parameters glorot = filled(Initialisation.GLOROT, 0.25, 1);
    for (ParameterShape shape : dirac.architecture().parameters()) {
      float[] values = dirac.values(shape.name());
      float[] drawn = glorot.values(shape.name()).clone();
      if (shape.isWeight()
          && shape.layer().startsWith("conv")
          && !shape.layer().equals("conv1_1")) {
        int inputs = shape.dimensions().get(1);
        int side = shape.dimensions().get(2);
        for (int output = 0; output < Math.min(inputs, shape.dimensions().get(0)); output++) {
          Arrays.fill(drawn, output * shape.fanIn(), (output + 1) * shape.fanIn(), 0);
          drawn[((output * inputs + output) * side + side / 2) * side + side / 2] = 1;
        }
      }
      assertThat(values).as(shape.name()).isEqualTo(drawn);
    }
    assertThat(dirac.values("features.5.weight")).isNotEqualTo(glorot.values("features.5.weight"));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DIRAC")
  void biasesAreZeroAndWeightsAreNot(Initialisation initialisation) {
    Parameters parameters = filled(initialisation, 0.02, 1);
    for (ParameterShape shape : parameters.architecture().parameters()) {
      float[] values = parameters.values(shape.name());
      if (shape.isWeight()) {
        assertThat(values).doesNotContain(0f).doesNotContain(99f);
      } else {
        assertThat(values).containsOnly(0f);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DIRAC")
  void seedsDecideEveryBit(Initialisation initialisation) {
    Parameters one = filled(initialisation, 0.02, 1);
    Parameters same = filled(initialisation, 0.02, 1);
    Parameters other = filled(initialisation, 0.02, 2);
    for (ParameterShape shape : one.architecture().parameters()) {
      assertThat(same.values(shape.name())).isEqualTo(one.values(shape.name()));
      if (shape.isWeight()) {
        assertThat(other.values(shape.name())).isNotEqualTo(one.values(shape.name()));
      }
    }
  }

  /** Layers of one shape must not begin with equal weights. */
  @Test
  void everyParameterHasItsOwnStream() {
    Parameters parameters = filled(Initialisation.HE, 0.02, 1);
    float[] conv1 = parameters.values("features.2.weight");
    float[] conv2 = parameters.values("features.5.weight");
    assertThat(conv1).hasSameSizeAs(conv2).isNotEqualTo(conv2);
  }

  /** The number of classes changes fc8, and nothing before it. */
  @Test
  void streamsDoNotRunIntoEachOther() {
    Parameters ten = filled(Initialisation.GLOROT, 0.02, 1);
    Parameters three = Parameters.zeros(new Architecture(Configuration.C, 0.02, 32, 3));
    Initialisation.GLOROT.fill(three, 1);
    for (ParameterShape shape : ten.architecture().parameters()) {
      if (!shape.layer().equals("fc8")) {
        assertThat(three.values(shape.name())).isEqualTo(ten.values(shape.name()));
      }
    }
  }

  @Test
  void names() {
    for (Initialisation initialisation : Initialisation.values()) {
      assertThat(Initialisation.of(initialisation.label())).isEqualTo(initialisation);
    }
    assertThat(Initialisation.of("Glorot")).isEqualTo(Initialisation.GLOROT);
    assertThatThrownBy(() -> Initialisation.of("xavier"))
        .isInstanceOf(InputException.class)
        .hasMessage("there is no initialisation 'xavier': choose glorot, gaussian, he or dirac");
  }

  @ParameterizedTest
  @EnumSource(Initialisation.class)
  void aNetworkThatFindsBoxesBeginsWithOneInTheMiddle(Initialisation initialisation) {
    Architecture classifier = new Architecture(Configuration.A, 0.02, 32, 3);
    Parameters boxes = Parameters.zeros(classifier.withTask(Task.BOX_PER_CLASS));
    initialisation.fill(boxes, 1);
    assertThat(boxes.ofLayer("fc8").weight()).containsOnly(0f);
    Parameters scores = Parameters.zeros(classifier);
    initialisation.fill(scores, 1);
    assertThat(boxes.ofLayer("fc7").weight()).isEqualTo(scores.ofLayer("fc7").weight());
    assertThat(scores.ofLayer("fc8").weight()).doesNotContain(0f);
  }
}
