package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Label;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Target;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Network;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.Precision;

/** Networks whose head is not the paper's, on the emulated GPU, beside the CPU's. */
@ExtendWith(Emulator.class)
class CudaHeadsTest {
  private static final String HEADS =
      """
      none, none, 0.5
      '17,9,30', none, 0.3
      none, average, 0
      '23', average, 0.5
      """;

  private static final int CLASSES = 7;
  private static final int CROP = 64;

  private static Architecture network(String head, String pooling) {
    return Networks.smallest(Configuration.A, CROP, CLASSES, HeadLayers.of(head, pooling));
  }

  private static void assertClose(String name, float[] actual, float[] expected) {
    assertThat(actual).as(name).hasSameSizeAs(expected);
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(largest).isPositive();
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).as("%s[%d]", name, i).isCloseTo(expected[i], within(1e-4f * largest));
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = HEADS)
  void cropsAndWholeImagesAreTheCpus(String head, String pooling, double dropout) {
    Architecture architecture = network(head, pooling);
    Parameters parameters = Networks.random(architecture, 1);
    Set<String> taps =
        architecture.layers().stream()
            .filter(l -> l instanceof Layer.FullyConnected || l instanceof Layer.GlobalAverage)
            .map(Layer::tap)
            .collect(Collectors.toSet());
    try (Engine gpu = Devices.gpu(Precision.FP32);
        Engine cpu = Devices.cpu();
        Network network = gpu.load(parameters);
        Network reference = cpu.load(parameters)) {
      float[] images = Networks.images(architecture, 2, 2);
      Inference crops = network.inference(2, taps);
      Inference expected = reference.inference(2, taps);
      assertClose("scores", crops.outputs(images, 2), expected.outputs(images, 2).clone());
      for (String tap : taps) {
        assertClose(tap, crops.tap(tap), expected.tap(tap));
      }
      float[] whole = new float[3 * 70 * 130];
      for (int i = 0; i < whole.length; i++) {
        whole[i] = (float) Math.sin(i * 0.37);
      }
      try (DenseFeatures dense = network.features(taps);
          DenseFeatures denseReference = reference.features(taps)) {
        Map<String, FeatureMaps> maps = dense.features(whole, 1, 70, 130);
        denseReference
            .features(whole, 1, 70, 130)
            .forEach(
                (tap, map) -> {
                  assertThat(maps.get(tap).width()).as(tap).isEqualTo(3).isEqualTo(map.width());
                  assertClose("dense " + tap, maps.get(tap).values(), map.values());
                });
      }
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = HEADS)
  void gradientsAreTheCpusInOneOrMoreMicroBatches(String head, String pooling, double dropout) {
    Architecture network = network(head, pooling);
    Map<String, float[]> expected;
    try (Engine cpu = Devices.cpu()) {
      expected = gradients(cpu, network, 2, dropout);
    }
    for (int microBatch : new int[] {2, 1}) {
      try (Engine gpu = Devices.gpu(Precision.FP32)) {
        Map<String, float[]> actual = gradients(gpu, network, microBatch, dropout);
        for (ParameterShape shape : network.parameters()) {
          assertThat(
                  Networks.relativeDistance(actual.get(shape.name()), expected.get(shape.name())))
              .as("gradient with respect to %s of %s", shape.name(), shape.layer())
              .isLessThan(5e-4);
        }
      }
    }
  }

  private static Map<String, float[]> gradients(
      Engine engine, Architecture network, int microBatch, double dropout) {
    LearnerOptions options =
        new LearnerOptions(2, microBatch, dropout, new LearnerOptions.Descent(0, 0, false));
    float[] images = Networks.images(network, 2, 100);
    List<Target> labels = Label.listOf(Networks.labels(network, 2, 0));
    try (Learner learner = engine.learner(Networks.random(network, 5), options, Exchange.ALONE)) {
      int[] parts = microBatch == 2 ? new int[] {2} : new int[] {1, 1};
      learner.begin(new Learner.Batch(parts, 1));
      for (int from = 0; from < 2; from += microBatch) {
        int to = from + microBatch;
        learner.add(
            Networks.part(network, images, from, to),
            labels.subList(from, to),
            Networks.keys(7, 0, from, microBatch));
      }
      assertThat(learner.update().lossSum()).isFinite();
      Map<String, float[]> copies = new LinkedHashMap<>();
      for (ParameterShape shape : network.parameters()) {
        copies.put(shape.name(), learner.velocities().values(shape.name()).clone());
      }
      return copies;
    }
  }
}
