package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;

/** Factors that are multiplied at the end give what gradients give that are summed. */
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
        gradients.beginMicroBatch(first / PART);
        int count = Math.min(PART, batch - first);
        Learner.Result one =
            TrainingRuns.run(training, architecture, first, first + count, 0, sums);
        assertThat(TrainingRuns.run(training, architecture, first, first + count, 0, gradients))
            .isEqualTo(one);
      }
      Map<String, float[]> expected = new HashMap<>();
      sums.passTo(
          (shape, first, count, gradient) -> {
            expected.put(shape.name(), Arrays.copyOf(gradient, count));
            Arrays.fill(gradient, 0, count, 0f);
          });
      Map<String, float[]> actual = handedOver(architecture, gradients, training);
      for (ParameterShape shape : architecture.parameters()) {
        String name = shape.name();
        if (gradients.factors(shape.layer()).isEmpty()) {
          assertThat(actual.get(name)).as(name).isEqualTo(expected.get(name));
        } else { // which are summed image by image, not part by part
          assertThat(Networks.relativeDistance(actual.get(name), expected.get(name)))
              .as(name)
              .isLessThan(1e-6);
        }
      }
    }
    assertThat(gradients.factors("fc7")).isNotEmpty();
    assertThat(gradients.factors("fc8")).isEmpty(); // 4 outputs: less than the factors
  }

  /** Shares of 3 images in parts of 2: each part of each share has its own room. */
  @Test
  void partsOfOtherSharesAreTheirs() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 4);
    BatchGradients gradients = new BatchGradients(architecture, BATCH, PART, 2, Set.of(), workers);
    Parameters parameters = Networks.random(architecture, 1);
    Training training = new Training(parameters, kernels, workers, PART, 0);
    gradients.begin(new int[] {2, 1, 2, 1}, 1);
    gradients.beginMicroBatch(1); // a part whose loss is no number would have left its room empty
    TrainingRuns.run(training, architecture, 5, 6, 0, gradients);
    gradients.beginMicroBatch(0);
    TrainingRuns.run(training, architecture, 3, 5, 0, gradients);

    // inputs and gradients of the first parts of both shares, then of the second parts
    List<List<float[]>> rooms = gradients.factors("fc7");
    assertThat(rooms).hasSize(4).allMatch(arrays -> arrays.size() == 2);
    int in = rooms.get(2).get(0).length;
    assertThat(rooms.get(0)).allMatch(array -> array.length == 2 * in);
    for (List<float[]> arrays : rooms) {
      assertThat(arrays.get(0)).containsOnly(0f);
      assertThat(Networks.norm(arrays.get(1))).isPositive();
    }
    assertThatThrownBy(
            () -> {
              gradients.begin(new int[] {2, 1, 1, 1}, 1);
              TrainingRuns.run(training, architecture, 3, 5, 0, gradients);
            })
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a micro-batch of 1 images was announced, one of 2 has come");
  }

  /** Only the last part that has images completes layers, from the last layer to the first. */
  @Test
  void layersBecomeCompleteWithTheLastPart() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 4);
    BatchGradients gradients =
        new BatchGradients(architecture, BATCH, PART, 1, Set.of("fc8"), workers);
    List<String> complete = new ArrayList<>();
    gradients.whenComplete(complete::add);
    Training training = new Training(Networks.random(architecture, 1), kernels, workers, PART, 0.5);
    gradients.begin(new int[] {PART, 1, 0}, 0);
    TrainingRuns.run(training, architecture, 0, PART, 0, gradients);
    assertThat(complete).isEmpty();
    gradients.beginMicroBatch(1);
    TrainingRuns.run(training, architecture, PART, PART + 1, 0, gradients);
    List<String> layers = new ArrayList<>();
    for (ParameterShape shape : architecture.parameters()) {
      if (!shape.layer().equals("fc8") && !layers.contains(shape.layer())) {
        layers.add(0, shape.layer());
      }
    }
    assertThat(complete).isEqualTo(layers);
  }

  @Test
  void nothingIsKeptOfFrozenLayers() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 4);
    Set<String> frozen = Set.of("conv1_1", "fc7");
    BatchGradients gradients = new BatchGradients(architecture, BATCH, PART, 1, frozen, workers);
    Training training = new Training(Networks.random(architecture, 1), kernels, workers, PART, 0.5);
    gradients.begin(new int[] {PART, PART, PART}, 0);
    TrainingRuns.run(training, architecture, 0, PART, 0, gradients);
    assertThat(gradients.factors("fc7")).isEmpty();
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
    assertThat(Exchange.isOfFactors(fc6, 1760)).isTrue();
    assertThat(Exchange.isOfFactors(fc6, 1761)).isFalse();
    Layer.FullyConnected fc8 = new Layer.FullyConnected("fc8", 4096, 1000, false);
    assertThat(Exchange.isOfFactors(fc8, 401)).isTrue();
    assertThat(Exchange.isOfFactors(fc8, 402)).isFalse();
  }
}
