package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Label;
import org.vgg4j.model.Target;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.HeldArrays;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;

/** The memory said before a run is the memory that the run then holds. */
class MemoryPlanTest {
  private static final int BATCH = 5;

  private final Kernels kernels = KernelLookup.get().kernels();

  @ParameterizedTest
  @EnumSource(names = {"A_LRN", "B_5X5", "C", "D", "A_BN"})
  void inferenceHoldsWhatWasPlanned(Configuration configuration) {
    inferenceHoldsWhatWasPlanned(
        new Architecture(configuration, 0.1, 47, 10), FcWeights.FP32, parameters -> parameters);
  }

  /** With fully connected layers that are most of the network: their originals must not be held. */
  @ParameterizedTest
  @ValueSource(ints = {10, 1000})
  void inferenceWithRoundedWeightsHoldsWhatWasPlanned(int classes) {
    Architecture architecture = new Architecture(Configuration.A, 0.25, 100, classes);
    try (Workers workers = new Workers(2)) {
      inferenceHoldsWhatWasPlanned(
          architecture, FcWeights.BF16, parameters -> parameters.rounded(workers));
    }
  }

  private void inferenceHoldsWhatWasPlanned(
      Architecture architecture, FcWeights form, UnaryOperator<Parameters> held) {
    MemoryPlan plan = MemoryPlanner.inference(architecture, kernels, BATCH, 1, form);
    try (Workers workers = new Workers(1)) {
      Parameters parameters = held.apply(Networks.random(architecture, 1));
      Inference inference = new CpuInference(parameters, kernels, workers, BATCH, Set.of());
      float[] images = Networks.images(architecture, BATCH, 2);
      inference.outputs(images, BATCH);
      // with what batch norms were folded into is what they were read into
      Object both = List.of(parameters, inference);
      long bytes = HeldArrays.bytes(both) + (long) images.length * Float.BYTES;
      assertThat(plan.total()).isCloseTo(bytes, withPercentage(1));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"A_LRN", "B_5X5", "C", "D", "A_BN", "D_BN"})
  void trainingHoldsWhatWasPlanned(Configuration configuration) {
    Architecture architecture = new Architecture(configuration, 0.1, 47, 10);
    trainingHoldsWhatWasPlanned(architecture, BATCH, BATCH);
    trainingHoldsWhatWasPlanned(architecture, BATCH, 12); // fc6 and fc7 as factors
    trainingHoldsWhatWasPlanned(architecture, BATCH, 500); // none
  }

  /** So large that the first block takes the batch in groups: its maps would be 150 MB. */
  @ParameterizedTest
  @EnumSource(names = {"A", "A_LRN", "D", "B_BN"})
  void largeTrainingHoldsWhatWasPlanned(Configuration configuration) {
    trainingHoldsWhatWasPlanned(new Architecture(configuration, 0.02, 448, 10), 12, 12);
  }

  private static LearnerOptions.Size size(int microBatch, int batch) {
    return new LearnerOptions.Size(microBatch, batch, false, false);
  }

  /** The gradients of one micro-batch are collected, and there is a third copy of the weights. */
  @ParameterizedTest
  @EnumSource(names = {"A", "D_BN"})
  void clippedAndAveragedTrainingHoldsWhatWasPlanned(Configuration configuration) {
    trainingHoldsWhatWasPlanned(
        new Architecture(configuration, 0.1, 47, 10),
        new LearnerOptions(
            BATCH,
            BATCH,
            0.5,
            new LearnerOptions.Descent(0.9, 5e-4, true, Set.of(), Map.of(), 1),
            BoxLoss.SQUARED,
            ClassLoss.PLAIN,
            true));
  }

  private void trainingHoldsWhatWasPlanned(Architecture architecture, int part, int batch) {
    trainingHoldsWhatWasPlanned(
        architecture,
        new LearnerOptions(batch, part, 0.5, new LearnerOptions.Descent(0.9, 5e-4, true)));
  }

  private void trainingHoldsWhatWasPlanned(Architecture architecture, LearnerOptions options) {
    int part = options.microBatch();
    MemoryPlan plan = MemoryPlanner.training(architecture, kernels, options.size(), 1);
    try (Workers workers = new Workers(1)) {
      Parameters parameters = Networks.random(architecture, 1);
      Learner learner = new CpuLearner(parameters, options, Exchange.ALONE, plan, kernels, workers);
      float[] images = Networks.images(architecture, part, 2);
      List<Target> targets = Label.listOf(Networks.labels(architecture, part, 3));
      learner.begin(new Learner.Batch(new int[] {part}, 0.01));
      learner.add(images, targets, Networks.keys(0, 0, 0, part));
      assertThat(learner.update().lossSum()).isFinite();
      learner.posteriors(images, part);
      long inputs = 3L * images.length * Float.BYTES; // two of training, one of validation
      assertThat(learner.memory()).isEqualTo(plan);
      assertThat(plan.total()).isCloseTo(HeldArrays.bytes(learner) + inputs, withPercentage(0.5));
    }
  }

  @Test
  void partsAddUpAndGrowWithBatchAndThreads() {
    Architecture architecture = new Architecture(Configuration.D, 1, 224, 1000);
    MemoryPlan one = MemoryPlanner.training(architecture, kernels, size(1, 1), 1);
    MemoryPlan sixteen = MemoryPlanner.training(architecture, kernels, size(16, 16), 2);
    long weights = 138_357_544L * Float.BYTES;
    assertThat(one.parts())
        .containsEntry("weights", weights)
        .containsEntry("momentum", weights)
        .doesNotContainKey("sums of gradients");
    // a batch of 256 in parts: only convolutions are summed
    long perImage = 25_088 + 4096 + 4096 + 4096 + 4096 + 1000;
    assertThat(MemoryPlanner.training(architecture, kernels, size(1, 256), 1).parts())
        .containsEntry("factors of gradients", 256 * perImage * Float.BYTES)
        .containsEntry("sums of gradients", 14_714_688L * Float.BYTES);
    assertThat(one.total())
        .isEqualTo(one.parts().values().stream().mapToLong(Long::longValue).sum());
    assertThat(sixteen.parts().get("scratch of the threads"))
        .isEqualTo(2 * one.parts().get("scratch of the threads"));
    // beyond the range of int, too; and linear once the first block takes several groups
    MemoryPlan thousands = MemoryPlanner.training(architecture, kernels, size(6000, 6000), 2);
    MemoryPlan half = MemoryPlanner.training(architecture, kernels, size(3000, 3000), 2);
    for (String part : new String[] {"activations", "input"}) {
      long difference = thousands.parts().get(part) - half.parts().get(part);
      assertThat(half.parts().get(part)).as(part).isCloseTo(difference, withPercentage(0.1));
    }
    MemoryPlan inference = MemoryPlanner.inference(architecture, kernels, 6000, 1, FcWeights.FP32);
    assertThat(inference.parts())
        .containsEntry(
            "activations",
            6000
                * MemoryPlanner.inference(architecture, kernels, 1, 1, FcWeights.FP32)
                    .parts()
                    .get("activations"));
  }

  /** 494 MB of net D's weights are those of its fully connected layers. */
  @Test
  void roundingHalvesTheWeightsOfFullyConnectedLayers() {
    Architecture architecture = new Architecture(Configuration.D, 1, 224, 1000);
    long fc = 102_760_448L + 16_777_216 + 4_096_000;
    long paddingOfFc8 = 24L * 4096; // 1000 outputs in blocks of 32
    long weights = 138_357_544L * Float.BYTES;
    assertThat(MemoryPlanner.inference(architecture, kernels, 1, 1, FcWeights.FP32).parts())
        .containsEntry("weights", weights);
    assertThat(MemoryPlanner.inference(architecture, kernels, 1, 1, FcWeights.BF16).parts())
        .containsEntry("weights", weights - 4 * fc + 2 * (fc + paddingOfFc8));
  }

  /** The goal of the design: 1.1 GB of weights and momentum, and 45 MB for each image. */
  @Test
  void netDOfFullSizeTrainsSixteenImagesInLessThanTwoGigabytes() {
    Architecture architecture = new Architecture(Configuration.D, 1, 224, 1000);
    MemoryPlan plan = MemoryPlanner.training(architecture, kernels, size(16, 16), 2);
    assertThat(plan.total()).isLessThan(1_840_000_000L);
  }

  @Test
  void arraysLongerThanJavaAllowsAreNoticed() {
    Architecture architecture = new Architecture(Configuration.D, 1, 224, 1000);
    // the longest is that of conv2_1's output: 128 channels of 116 x 116
    int most = (Integer.MAX_VALUE - 8) / (128 * 116 * 116);
    assertThat(MemoryPlanner.training(architecture, kernels, size(most, most), 2).hasTooLongArray())
        .isFalse();
    assertThat(
            MemoryPlanner.training(architecture, kernels, size(most + 1, most + 1), 2)
                .hasTooLongArray())
        .isTrue();
  }

  @Test
  void noBatchIsSoLargeHoweverLargeTheHeap() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 10);
    CpuMemory endless = new CpuMemory(kernels, 1, Long.MAX_VALUE);
    try (HostThreads threads = new HostThreads(1)) {
      CpuNetwork network = new CpuNetwork(Networks.random(architecture, 1), endless, threads);
      int batch = network.capacity(Integer.MAX_VALUE);
      assertThat(endless.inference(architecture, batch, FcWeights.FP32).hasTooLongArray())
          .isFalse();
      assertThat(endless.inference(architecture, 2 * batch + 1, FcWeights.FP32).hasTooLongArray())
          .isTrue();
    }
  }
}
