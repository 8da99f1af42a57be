package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Soft-max, cross-entropy and the step of SGD against their definitions. */
@ParameterizedClass
@MethodSource("org.vgg4j.kernels.TestedKernels#all")
class LossAndUpdateTest {
  @Parameter TestedKernels tested;

  private final Workers workers = Threads.workers(2);

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  @ParameterizedTest
  @CsvSource({"1,2", "1,1000", "5,10", "3,17", "4,101"})
  void softmaxAndItsLossFollowTheirFormulas(int images, int classes) {
    Random random = new Random(images + classes);
    float[] scores = Maps.gaussian(random, images * classes);
    for (int i = 0; i < scores.length; i++) {
      scores[i] *= 4;
    }
    int[] labels = random.ints(images, 0, classes).toArray();
    ClassTargets targets = ClassTargets.of(labels);
    float[] posteriors = Maps.garbage(images * classes);
    float[] gradient = Maps.garbage(images * classes);
    double[] losses = new double[images];
    Arrays.fill(losses, Double.NaN);
    float scale = 0.125f;

    tested.kernels().softmax(images, classes, scores, posteriors);
    tested.kernels().softmaxCrossEntropy(images, classes, scores, targets, scale, gradient, losses);

    double[] expected = Reference.softmax(images, classes, Maps.doubles(scores));
    Maps.assertClose("posteriors", posteriors, expected, 1e-6);
    for (int n = 0; n < images; n++) {
      int label = n * classes + labels[n];
      assertThat(losses[n]).isCloseTo(-Math.log(expected[label]), within(1e-10));
      expected[label] -= 1;
    }
    for (int i = 0; i < expected.length; i++) {
      expected[i] *= scale;
    }
    Maps.assertClose("gradient", gradient, expected, 1e-6);
  }

  @ParameterizedTest
  @CsvSource({"1,2", "5,10", "3,17"})
  void anyTargetsFollowTheFormula(int images, int classes) {
    Random random = new Random(images + classes);
    float[] scores = Maps.gaussian(random, images * classes);
    int[] labels = random.ints(2L * images, 0, classes).toArray();
    labels[1] = labels[0]; // both of the first image's labels are the same
    double[] shares = random.doubles(2L * images).toArray();
    double[] common = random.doubles(classes).toArray();
    double[] wanted = new double[images * classes];
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = common[i % classes];
    }
    for (int i = 0; i < labels.length; i++) {
      wanted[i / 2 * classes + labels[i]] += shares[i];
    }
    float[] gradient = Maps.garbage(images * classes);
    double[] losses = new double[images];

    ClassTargets targets = new ClassTargets(labels, shares, common);
    tested.kernels().softmaxCrossEntropy(images, classes, scores, targets, 0.5f, gradient, losses);

    double[] posteriors = Reference.softmax(images, classes, Maps.doubles(scores));
    double[] expected = new double[wanted.length];
    for (int n = 0; n < images; n++) {
      double loss = 0;
      double sum = 0;
      for (int i = n * classes; i < (n + 1) * classes; i++) {
        loss -= wanted[i] * Math.log(posteriors[i]);
        sum += wanted[i];
      }
      assertThat(losses[n]).isCloseTo(loss, within(1e-10));
      for (int i = n * classes; i < (n + 1) * classes; i++) {
        expected[i] = (posteriors[i] * sum - wanted[i]) / 2;
      }
    }
    Maps.assertClose("gradient", gradient, expected, 1e-6);
  }

  @Test
  void whatIsNoTargetAddsNothingHoweverSmallItsPosterior() {
    float[] scores = {Float.NEGATIVE_INFINITY, 1f, 2f};
    double[] losses = new double[1];
    ClassTargets targets = new ClassTargets(new int[] {1, 0}, new double[] {1, 0}, new double[3]);

    tested.kernels().softmaxCrossEntropy(1, 3, scores, targets, 1f, new float[3], losses);

    assertThat(losses[0]).isCloseTo(1 + Math.log1p(Math.exp(-1)), within(1e-12));
  }

  @Test
  void hugeScoresOverflowNothing() {
    float[] scores = {3e38f, 1f, -3e38f, 500f, 500f, 499f};
    float[] posteriors = new float[6];
    float[] gradient = new float[6];
    double[] losses = new double[2];

    tested.kernels().softmax(2, 3, scores, posteriors);
    tested.kernels().softmaxCrossEntropy(2, 3, scores, ClassTargets.of(0, 2), 1f, gradient, losses);

    assertThat(Arrays.copyOf(posteriors, 3)).containsExactly(1f, 0f, 0f);
    assertThat(losses[0]).isZero();
    assertThat(losses[1]).isCloseTo(1 + Math.log(2 + Math.exp(-1)), within(1e-12));
    for (float value : gradient) {
      assertThat(value).isFinite();
    }
  }

  @Test
  void notANumberInTheScoresShowsInTheLossOfItsImageOnly() {
    float[] scores = {0f, Float.NaN, 1f, 2f};
    double[] losses = new double[2];

    tested
        .kernels()
        .softmaxCrossEntropy(2, 2, scores, ClassTargets.of(0, 0), 1f, new float[4], losses);

    assertThat(losses[0]).isNaN();
    assertThat(losses[1]).isFinite();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 1000, 65_536, 150_001})
  void sgdIsMomentumWithDecayAndZeroesTheGradient(int length) {
    Random random = new Random(length);
    float[] weights = Maps.gaussian(random, length);
    float[] velocity = Maps.gaussian(random, length);
    float[] gradient = Maps.gaussian(random, length);
    double[] expectedVelocity = new double[length];
    double[] expectedWeights = new double[length];
    for (int i = 0; i < length; i++) {
      expectedVelocity[i] = 0.9 * velocity[i] - 0.01 * (gradient[i] + 5e-4 * weights[i]);
      expectedWeights[i] = weights[i] + expectedVelocity[i];
    }

    tested.kernels().sgd(0, length, weights, velocity, gradient, 0.01f, 0.9f, 5e-4f, workers);

    Maps.assertClose("velocity", velocity, expectedVelocity, 1e-6);
    Maps.assertClose("weights", weights, expectedWeights, 1e-6);
    assertThat(gradient).containsOnly(0f);
  }

  @Test
  void sgdOfAPartIsThatPartOfSgd() {
    Random random = new Random(12);
    int length = 150_001;
    float[] weights = Maps.gaussian(random, length);
    float[] velocity = Maps.gaussian(random, length);
    float[] gradient = Maps.gaussian(random, length);
    float[] weightsInParts = weights.clone();
    float[] velocityInParts = velocity.clone();
    int[] bounds = {0, 7, 70_007, 70_008, length};

    for (int part = 0; part + 1 < bounds.length; part++) {
      int count = bounds[part + 1] - bounds[part];
      float[] own = Arrays.copyOf(Arrays.copyOfRange(gradient, bounds[part], length), count + 1);
      own[count] = 5f; // beyond the part
      tested
          .kernels()
          .sgd(
              bounds[part],
              count,
              weightsInParts,
              velocityInParts,
              own,
              0.01f,
              0.9f,
              5e-4f,
              workers);
      assertThat(Arrays.copyOf(own, count)).containsOnly(0f);
      assertThat(own[count]).isEqualTo(5f);
    }
    tested.kernels().sgd(0, length, weights, velocity, gradient, 0.01f, 0.9f, 5e-4f, workers);

    assertThat(weightsInParts).isEqualTo(weights);
    assertThat(velocityInParts).isEqualTo(velocity);
  }
}
