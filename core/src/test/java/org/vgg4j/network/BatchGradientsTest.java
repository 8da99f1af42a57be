package org.vgg4j.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;

/** Factors that are multiplied at the end give the bits of gradients that are summed. */
class BatchGradientsTest {
  private static final int BATCH = 6;
  private static final int PART = 2;

  private final Kernels kernels = KernelLookup.get().kernels();
  private final Workers workers = new Workers(2);

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  /** What is handed over, and that each value is once. */
  private static Map<String, float[]> handedOver(
      Architecture architecture, BatchGradients gradients, Training training) {
    Map<String, float[]> all = new HashMap<>();
    Map<String, Integer> values = new HashMap<>();
    gradients.passTo(
        training,
        (shape, first, count, gradient) -> {
          float[] whole = all.computeIfAbsent(shape.name(), name -> new float[shape.length()]);
          System.arraycopy(gradient, 0, whole, first, count);
          Arrays.fill(gradient, 0, count, 0f);
          values.merge(shape.name(), count, Integer::sum);
        });
    for (ParameterShape shape : architecture.parameters()) {
      assertThat(values).as(shape.name()).containsEntry(shape.name(), shape.length());
    }
    return all;
  }

  /** At a width of 0.5 the weights of fc7 are handed over in two parts. */
  @ParameterizedTest
  @CsvSource({"A_LRN,0.03", "C,0.03", "A_BN,0.03", "A,0.5"})
  void asManyPartsSumUp(Configuration configuration, double width) {
    Architecture architecture = new Architecture(configuration, width, 32, 4);
    Parameters parameters = Networks.random(architecture, 1);
    Training training = new Training(parameters, kernels, workers, PART, 0.5);
    GradientSums sums = new GradientSums(architecture.parameters(), workers);
    BatchGradients gradients = new BatchGradients(architecture, BATCH, PART, 1, Set.of(), workers);
    // the second batch is smaller, and must not see what the first has left
    for (int batch : new int[] {BATCH, 3}) {
      gradients.begin(new int[] {PART, Math.min(PART, batch - PART), batch == BATCH ? PART : 0}, 0);
      for (int first = 0; first < batch; first += PART) {
        gradients.beginPart(first / PART);
        int count = Math.min(PART, batch - first);
        Training.Result one = Networks.run(training, architecture, first, first + count, 0, sums);
        assertThat(Networks.run(training, architecture, first, first + count, 0, gradients))
            .isEqualTo(one);
      }
      Map<String, float[]> expected = new HashMap<>();
      sums.passTo(
          (shape, first, count, gradient) -> {
            expected.put(shape.name(), Arrays.copyOf(gradient, count));
            Arrays.fill(gradient, 0, count, 0f);
          });
      Map<String, float[]> actual = handedOver(architecture, gradients, training);
      expected.forEach((name, values) -> assertThat(actual.get(name)).as(name).isEqualTo(values));
    }
    assertThat(gradients.factors("fc7")).isNotNull();
    assertThat(gradients.factors("fc8")).isNull(); // 4 outputs: less than the factors
  }

  /** Shares of 3 images in parts of 2: each part of each share has its own room. */
  @Test
  void partsOfOtherSharesAreTheirs() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 4);
    BatchGradients gradients = new BatchGradients(architecture, BATCH, PART, 2, Set.of(), workers);
    Parameters parameters = Networks.random(architecture, 1);
    Training training = new Training(parameters, kernels, workers, PART, 0);
    gradients.begin(new int[] {2, 1, 2, 1}, 1);
    gradients.beginPart(1); // a part whose loss is no number would have left its room empty
    Networks.run(training, architecture, 5, 6, 0, gradients);
    gradients.beginPart(0);
    Networks.run(training, architecture, 3, 5, 0, gradients);

    assertThat(gradients.partsOfShare()).isEqualTo(2);
    List<Factors> parts = Objects.requireNonNull(gradients.factors("fc7"));
    assertThat(parts).extracting(Factors::images).containsExactly(2, 1, 2, 1);
    int in = parts.get(1).input().length;
    assertThat(parts.get(0).input()).hasSize(2 * in).containsOnly(0f);
    assertThat(parts.get(1).outputGradient()).containsOnly(0f);
    assertThat(parts.get(2).outputGradient()).isNotEqualTo(parts.get(0).outputGradient());
    assertThat(parts.get(3).outputGradient()).isNotEqualTo(parts.get(1).outputGradient());
    assertThatThrownBy(
            () -> {
              gradients.begin(new int[] {2, 1, 1, 1}, 1);
              Networks.run(training, architecture, 3, 5, 0, gradients);
            })
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a part of 1 images was announced, one of 2 has come");
  }

  @Test
  void nothingIsKeptOfFrozenLayers() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 4);
    Set<String> frozen = Set.of("conv1_1", "fc7");
    BatchGradients gradients = new BatchGradients(architecture, BATCH, PART, 1, frozen, workers);
    Training training = new Training(Networks.random(architecture, 1), kernels, workers, PART, 0.5);
    gradients.begin(new int[] {PART, PART, PART}, 0);
    Networks.run(training, architecture, 0, PART, 0, gradients);
    assertThat(gradients.factors("fc7")).isNull();
    gradients.passTo(
        training,
        (shape, first, count, gradient) -> {
          assertThat(frozen).doesNotContain(shape.layer());
          Arrays.fill(gradient, 0, count, 0f);
        });
  }

  /** Net D, by hand: fc6 from 1,761 images on is better summed, fc8 from 402. */
  @Test
  void factorsPayForBatchesThatAreSmallBesideTheLayer() {
    Layer.FullyConnected fc6 = new Layer.FullyConnected("fc6", 25_088, 4096, true);
    assertThat(Factors.pay(fc6, 1760)).isTrue();
    assertThat(Factors.pay(fc6, 1761)).isFalse();
    Layer.FullyConnected fc8 = new Layer.FullyConnected("fc8", 4096, 1000, false);
    assertThat(Factors.pay(fc8, 401)).isTrue();
    assertThat(Factors.pay(fc8, 402)).isFalse();
  }
}
