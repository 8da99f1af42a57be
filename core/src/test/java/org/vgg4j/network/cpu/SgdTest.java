package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Parameters;

/** What a step makes of each kind of array. */
class SgdTest {
  private static final Architecture NETWORK = new Architecture(Configuration.A_BN, 0.02, 32, 3);

  /**
   * By hand: two steps of rate 0.1, momentum 0.9 and decay 0.01 from 2, with gradients 1 and 3; fc7
   * at ten times the rate, and bn2_1 frozen.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void weightsLearnAndRunningStatisticsMove(boolean biasDecay) {
    try (Workers workers = new Workers(1)) {
      Parameters parameters = Parameters.zeros(NETWORK);
      LearnerOptions.Descent descent =
          new LearnerOptions.Descent(0.9, 0.01, biasDecay, Set.of("bn2_1"), Map.of("fc7", 10.0));
      Parameters velocities = Parameters.zeros(NETWORK);
      Sgd sgd = new Sgd(parameters, velocities, KernelLookup.get().kernels(), workers, descent);
      sgd.setRate(0.1);
      double learnt = twoSteps(0.1, 0.01);
      double withoutDecay = twoSteps(0.1, 0);
      for (ParameterShape shape : NETWORK.parameters()) {
        float[] values = parameters.values(shape.name());
        Arrays.fill(values, 2);
        for (float gradient : new float[] {1, 3}) {
          float[] gradients = new float[shape.length()];
          Arrays.fill(gradients, gradient);
          sgd.take(shape, 0, gradients.length, gradients);
          assertThat(gradients).as("%s leaves zeros", shape.name()).containsOnly(0f);
        }
        double expected =
            switch (shape.role()) {
              case WEIGHT -> learnt;
              case BIAS, SCALE -> biasDecay ? learnt : withoutDecay;
              case MEAN, VARIANCE -> 2 - 1 - 3;
            };
        if (shape.layer().equals("fc7")) {
          expected = twoSteps(1, shape.isWeight() || biasDecay ? 0.01 : 0);
        }
        if (shape.layer().equals("bn2_1")) {
          expected = 2;
        }
        assertThat((double) values[values.length - 1])
            .as(shape.name())
            .isCloseTo(expected, within(1e-5));
      }
    }
  }

  private static double twoSteps(double rate, double decay) {
    double weight = 2;
    double velocity = 0;
    for (double gradient : new double[] {1, 3}) {
      velocity = 0.9 * velocity - rate * (gradient + decay * weight);
      weight += velocity;
    }
    return weight;
  }
}
