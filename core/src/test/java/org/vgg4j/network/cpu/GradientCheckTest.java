package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.kernels.scalar.ScalarKernels;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.DoubleTwin;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;

/** The gradients of whole networks against numeric derivatives, away from kinks. */
class GradientCheckTest {
  /** Crops with odd maps at different pools; a rate that is not a power of two. */
  private static final String NETWORKS =
      """
      A_LRN, 66, 0
      A_LRN, 34, 0.5
      B_5X5, 40, 0
      B_5X5, 33, 0.3
      C, 32, 0
      C, 41, 0.5
      D, 36, 0
      D, 32, 0.5
      A_BN, 33, 0
      D_BN, 32, 0.5
      """;

  private static final int IMAGES = 3;
  private static final int CLASSES = 5;
  private static final int ELEMENTS = 10;

  /**
   * So small that few of the hundred thousand ReLUs change sign; doubles have the digits for it.
   */
  private static final double STEP = 1e-7;

  private static final DropoutKeys KEYS = Networks.keys(11, 2, 40, IMAGES);

  private final Workers workers = new Workers(2);

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  /** A network, a batch, and the gradients that one run of training gives. */
  private final class Setting {
    final Architecture architecture;
    final Parameters parameters;
    final float[] images;
    final int[] labels;
    final Training training;
    final GradientSums gradients;
    final double loss;

    Setting(Kernels kernels, Architecture architecture, double dropout, boolean frozenNorms) {
      this.architecture = architecture;
      this.parameters = Networks.random(architecture, 5);
      this.images = Networks.images(architecture, IMAGES, 6);
      this.labels = Networks.labels(architecture, IMAGES, 7);
      if (architecture.configuration().hasLrn()) {
        // inputs so large that the LRN's sum counts beside its k, and weights that make up for it
        scale(images, 30);
        scale(parameters.ofLayer("conv2_1").weight(), 1f / 30);
      }
      Set<String> frozen =
          architecture.parameters().stream()
              .map(ParameterShape::layer)
              .filter(layer -> frozenNorms && layer.startsWith("bn"))
              .collect(Collectors.toSet());
      this.training = new Training(parameters, kernels, workers, IMAGES, dropout, frozen);
      this.gradients = new GradientSums(architecture.parameters(), workers);
      this.loss = run();
    }

    /** Mean loss; adds to the gradients. */
    double run() {
      return training.run(images, Label.listOf(labels), 1f / IMAGES, KEYS, gradients).lossSum()
          / IMAGES;
    }
  }

  private static void scale(float[] values, float factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = NETWORKS)
  void singleWeightsAndRandomDirections(Configuration configuration, int crop, double dropout) {
    // the naive twin's, since it takes the same side of every kink as double precision; faster
    // kernels are held to it by their own tests
    check(Networks.smallest(configuration, crop, CLASSES), dropout, false);
  }

  /** Frozen batch norms use their running statistics: the gradient takes another way. */
  @Test
  void singleWeightsAndRandomDirectionsWithFrozenBatchNorms() {
    check(Networks.smallest(Configuration.A_BN, 33, CLASSES), 0.5, true);
  }

  /** Heads of one to four layers, of widths that are no multiple of 16. */
  @ParameterizedTest
  @CsvSource({
    "A, 66, none, none, 0.5",
    "A, 33, 23, none, 0.5",
    "A, 64, '17,9,30', none, 0.3",
    "A, 70, none, average, 0",
    "A_BN, 64, '20', average, 0.3"
  })
  void singleWeightsAndRandomDirectionsOfOtherHeads(
      Configuration configuration, int crop, String head, String pooling, double dropout) {
    HeadLayers layers = HeadLayers.of(head, pooling);
    check(Networks.smallest(configuration, crop, CLASSES, layers), dropout, false);
  }

  private void check(Architecture architecture, double dropout, boolean frozenNorms) {
    Setting setting = new Setting(new ScalarKernels(), architecture, dropout, frozenNorms);
    DoubleTwin twin =
        new DoubleTwin(
            setting.parameters, setting.images, setting.labels, dropout, KEYS, frozenNorms);
    assertThat(setting.loss).isCloseTo(twin.evaluate("conv1_1").loss(), within(1e-5));
    Random random = new Random(8);
    int asked = 0;
    int checked = 0;
    for (ParameterShape shape : setting.architecture.parameters()) {
      boolean hasNone = Networks.isBeforeNorm(setting.architecture, shape) && !frozenNorms;
      if (shape.isStatistic() || hasNone) {
        continue;
      }
      float[] gradient = setting.gradients.values(shape.name());
      double norm = Networks.norm(gradient);
      assertThat(norm).as("gradient by %s", shape.name()).isPositive();
      for (int i = 0; i < ELEMENTS; i++) {
        double[] direction = new double[gradient.length];
        if (i < 2) {
          // all weights at once
          for (int j = 0; j < direction.length; j++) {
            direction[j] = random.nextGaussian() / Math.sqrt(direction.length);
          }
        } else {
          // the largest first: a random one may be a dead unit's
          direction[i == 2 ? largest(gradient) : random.nextInt(gradient.length)] = 1;
        }
        asked++;
        if (agrees(twin, shape, gradient, direction, 1e-4 * norm)) {
          checked++;
        }
      }
    }
    assertThat(checked).as("checked of %d, the rest at kinks", asked).isGreaterThan(asked * 8 / 10);
  }

  /** Returns false if a kink lies between the two points; fails if the derivatives differ. */
  private static boolean agrees(
      DoubleTwin twin,
      ParameterShape shape,
      float[] gradient,
      double[] direction,
      double tolerance) {
    double analytic = 0;
    for (int j = 0; j < direction.length; j++) {
      analytic += direction[j] * gradient[j];
    }
    double[] values = twin.parameter(shape.name());
    double[] before = values.clone();
    DoubleTwin.Evaluation above = evaluate(twin, shape, values, before, direction, STEP);
    DoubleTwin.Evaluation below = evaluate(twin, shape, values, before, direction, -STEP);
    System.arraycopy(before, 0, values, 0, before.length);
    if (above.kinks() != below.kinks()) {
      return false;
    }
    double numeric = (above.loss() - below.loss()) / (2 * STEP);
    assertThat(analytic).as("derivative by %s", shape.name()).isCloseTo(numeric, within(tolerance));
    return true;
  }

  private static DoubleTwin.Evaluation evaluate(
      DoubleTwin twin,
      ParameterShape shape,
      double[] values,
      double[] before,
      double[] direction,
      double step) {
    for (int j = 0; j < values.length; j++) {
      values[j] = before[j] + step * direction[j];
    }
    return twin.evaluate(shape.layer());
  }

  private static int largest(float[] values) {
    int largest = 0;
    for (int i = 1; i < values.length; i++) {
      if (Math.abs(values[i]) > Math.abs(values[largest])) {
        largest = i;
      }
    }
    return largest;
  }

  /** Coarse, but without the twin: what training says of the loss is what its gradients predict. */
  @ParameterizedTest
  @CsvSource({"A_LRN,34,0", "B_5X5,33,0.3", "C,32,0", "D,32,0.5", "A_BN,33,0"})
  void theLossFallsAlongTheGradient(Configuration configuration, int crop, double dropout) {
    Setting setting =
        new Setting(
            KernelLookup.get().kernels(),
            Networks.smallest(configuration, crop, CLASSES),
            dropout,
            false);
    // every further run adds to the gradients
    Map<String, float[]> gradients = TrainingRuns.copy(setting.architecture, setting.gradients);
    for (ParameterShape shape : setting.architecture.parameters()) {
      if (shape.isStatistic() || Networks.isBeforeNorm(setting.architecture, shape)) {
        continue;
      }
      float[] gradient = gradients.get(shape.name());
      float[] values = setting.parameters.values(shape.name());
      float[] before = values.clone();
      double norm = Networks.norm(gradient);
      // the loss changes by about 2e-4 each way: far above rounding, and still nearly linear
      double step = 2e-4 / (norm * norm);
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (before[i] + step * gradient[i]);
      }
      double above = setting.run();
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (before[i] - step * gradient[i]);
      }
      double below = setting.run();
      System.arraycopy(before, 0, values, 0, values.length);
      assertThat((above - below) / (2 * step * norm))
          .as("slope along the gradient by %s", shape.name())
          .isCloseTo(norm, withPercentage(5));
    }
  }
}
