package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;

/** What batch normalisations do in training; their values are GoldenTest's matter. */
class NormalisedTrainingTest {
  private final Kernels kernels = KernelLookup.get().kernels();
  private final Workers workers = new Workers(2);

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  private Training training(Parameters parameters, int capacity, String... frozen) {
    return new Training(parameters, kernels, workers, capacity, 0, Set.of(frozen));
  }

  private GradientSums sums(Architecture architecture) {
    return new GradientSums(architecture.parameters(), workers);
  }

  /**
   * The running statistics move a tenth of the way to the batch's: whatever its parts, since those
   * of the first normalisation are means of the same numbers.
   */
  @Test
  void runningStatisticsMoveATenthWhateverTheParts() {
    Architecture architecture = Networks.smallest(Configuration.A_BN, 40, 4);
    Parameters parameters = Networks.random(architecture, 1);
    GradientSums whole = sums(architecture);
    TrainingRuns.run(training(parameters, 6), architecture, 0, 6, 0, whole);
    GradientSums parts = sums(architecture);
    Training training = training(parameters, 4);
    TrainingRuns.run(training, architecture, 0, 4, 0, parts);
    TrainingRuns.run(training, architecture, 4, 6, 0, parts);
    String mean = "features.1.running_mean";
    assertThat(Networks.relativeDistance(parts.values(mean), whole.values(mean))).isLessThan(1e-5);

    float[] images = Networks.images(architecture, 6, 2);
    Inference inference =
        new CpuInference(withUnitNorm(parameters), kernels, workers, 6, Set.of("relu1_1"));
    inference.outputs(images, 6);
    float[] outputs = inference.tap("relu1_1"); // of a bias so large that no ReLU is off
    int plane = 40 * 40;
    for (int channel = 0; channel < 16; channel++) {
      double sum = 0;
      for (int n = 0; n < 6; n++) {
        for (int i = 0; i < plane; i++) {
          sum += outputs[(n * 16 + channel) * plane + i] - 1000;
        }
      }
      float running = parameters.values(mean)[channel];
      assertThat((double) whole.values(mean)[channel])
          .isCloseTo(0.1 * (running - sum / (6 * plane)), within(1e-4));
    }
  }

  /** The same first convolution, its outputs raised by 1000, and normalised by 1 and 0. */
  private static Parameters withUnitNorm(Parameters parameters) {
    Map<String, float[]> arrays = Networks.copy(parameters);
    Arrays.fill(arrays.get("features.1.weight"), (float) Math.sqrt(1 + 1e-5));
    Arrays.fill(arrays.get("features.1.bias"), 1000);
    Arrays.fill(arrays.get("features.1.running_mean"), 0);
    Arrays.fill(arrays.get("features.1.running_var"), 1);
    return new Parameters(parameters.architecture(), arrays);
  }

  /** A frozen batch norm uses its running statistics and leaves them alone; others do not. */
  @Test
  void frozenBatchNormsUseTheirRunningStatistics() {
    Architecture architecture = Networks.smallest(Configuration.A_BN, 40, 4);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(architecture, 6, 2);
    int[] labels = Networks.labels(architecture, 6, 3);
    Training training = training(parameters, 6);
    double ofBatch =
        TrainingRuns.run(training, architecture, 0, 6, 0, sums(architecture)).lossSum();
    float[] posteriors = training.posteriors(images, 6);
    double expected = 0;
    for (int n = 0; n < 6; n++) {
      expected -= Math.log(posteriors[n * 4 + labels[n]]);
    }
    assertThat(ofBatch).isNotCloseTo(expected, within(0.01));
    String[] allButHead =
        architecture.parameters().stream()
            .map(ParameterShape::layer)
            .filter(layer -> !layer.equals("fc8"))
            .distinct()
            .toArray(String[]::new);
    Set<String> handedOver = new HashSet<>();
    double ofRunning =
        TrainingRuns.run(
                training(parameters, 6, allButHead),
                architecture,
                0,
                6,
                0,
                (shape, first, count, gradient) -> {
                  handedOver.add(shape.layer());
                  Arrays.fill(gradient, 0, count, 0f);
                })
            .lossSum();
    assertThat(ofRunning).isCloseTo(expected, within(1e-4));
    assertThat(handedOver).containsExactly("fc8");
    // one batch norm alone: the gradient passes it as a factor
    GradientSums sums = sums(architecture);
    TrainingRuns.run(training(parameters, 6, "bn3_1"), architecture, 0, 6, 0, sums);
    assertThat(sums.values("features.9.running_mean")).containsOnly(0f);
    assertThat(Networks.norm(sums.values("features.5.running_mean"))).isPositive();
  }
}
