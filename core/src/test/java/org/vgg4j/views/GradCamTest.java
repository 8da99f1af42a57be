package org.vgg4j.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.GoldenFile;
import org.vgg4j.network.Network;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;

class GradCamTest {
  private static final int CLASSES = 10;
  private static final int IMAGES = 4;

  private static JsonNode goldens(String name) throws IOException {
    try (InputStream in = GradCamTest.class.getResourceAsStream("/goldens/gradcam/gradcam.json")) {
      return new ObjectMapper().readTree(Objects.requireNonNull(in)).get(name);
    }
  }

  /** The four images as one. */
  private static float[] mosaic(float[] images, int crop) {
    float[] out = new float[images.length];
    int side = 2 * crop;
    for (int channel = 0; channel < 3; channel++) {
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
          int image = 2 * (y / crop) + x / crop;
          out[(channel * side + y) * side + x] =
              images[((image * 3 + channel) * crop + y % crop) * crop + x % crop];
        }
      }
    }
    return out;
  }

  private static void assertEqual(float[][] map, JsonNode expected) {
    JsonNode rows = expected.get("map");
    double largest = 0;
    for (JsonNode row : rows) {
      for (JsonNode value : row) {
        largest = Math.max(largest, value.doubleValue());
      }
    }
    assertThat(largest).isPositive();
    assertThat(map).hasDimensions(rows.size(), rows.get(0).size());
    for (int row = 0; row < map.length; row++) {
      for (int column = 0; column < map[row].length; column++) {
        assertThat((double) map[row][column])
            .as("row %d, column %d", row, column)
            .isCloseTo(rows.get(row).get(column).doubleValue(), within(1e-4 * largest));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"a-lrn,A_LRN,64", "a-bn,A_BN,40", "c,C,40", "d,D,32"})
  void equalsPyTorchsGradients(String name, Configuration configuration, int crop)
      throws IOException {
    GoldenFile golden = new GoldenFile(name);
    Architecture architecture = Networks.smallest(configuration, crop, CLASSES);
    Parameters parameters = golden.parameters(architecture);
    GradCam gradCam = new GradCam(parameters);
    assertThat(gradCam.stride()).isEqualTo(16);
    JsonNode expected = goldens(name);
    try (Engine engine = Engines.open(Device.CPU, 2);
        Network network = engine.load(parameters);
        DenseFeatures pass = network.features(gradCam.taps())) {
      float[] images = golden.tensor("input");
      Map<String, FeatureMaps> crops = pass.features(images, IMAGES, crop, crop);
      for (int image = 0; image < IMAGES; image++) {
        int label = expected.get(image).get("label").intValue();
        assertEqual(gradCam.map(crops, image, label), expected.get(image));
      }
      Map<String, FeatureMaps> whole = pass.features(mosaic(images, crop), 1, 2 * crop, 2 * crop);
      int label = expected.get(IMAGES).get("label").intValue();
      assertEqual(gradCam.map(whole, 0, label), expected.get(IMAGES));
    }
  }

  /** Of means and one layer it is what Zhou et al. (2016) drew: the maps, weighted by the layer. */
  @Test
  void withoutHiddenLayersItIsTheMapsWeightedByTheLayer() {
    Architecture network =
        Networks.smallest(Configuration.A, 64, CLASSES, HeadLayers.of("none", "average"));
    Parameters parameters = Networks.random(network, 1);
    GradCam gradCam = new GradCam(parameters);
    assertThat(gradCam.taps()).containsExactly("relu5_2");
    Map<String, FeatureMaps> features = features(parameters, gradCam, 64);
    FeatureMaps maps = features.get("relu5_2");
    float[] weights = parameters.ofLayer("fc6").weight();
    float[][] map = gradCam.map(features, 0, 3);
    assertThat(map).hasDimensions(4, 4);
    for (int i = 0; i < 16; i++) {
      double sum = 0;
      for (int channel = 0; channel < 16; channel++) {
        sum += weights[3 * 16 + channel] * maps.values()[channel * 16 + i] / 16;
      }
      assertThat((double) map[i / 4][i % 4]).isCloseTo(Math.max(0, sum), within(1e-5));
    }
  }

  /** A hidden layer that passes on what it gets changes nothing. */
  @ParameterizedTest
  @CsvSource({"20, '20,20'", "'20,20', '20,20,20'"})
  void anIdentityMoreChangesNothing(String few, String more) {
    Parameters shorter =
        Networks.random(
            Networks.smallest(Configuration.A, 64, CLASSES, HeadLayers.of(few, null)), 1);
    Architecture longer =
        Networks.smallest(Configuration.A, 64, CLASSES, HeadLayers.of(more, null));
    Parameters parameters = Networks.random(longer, 1); // the same convolutions
    int hidden = shorter.architecture().connectedLayers().size() - 1;
    for (int i = 0; i <= hidden; i++) {
      Parameters.OfLayer from = shorter.ofLayer("fc" + (6 + i));
      Parameters.OfLayer to = parameters.ofLayer("fc" + (6 + i + (i == hidden ? 1 : 0)));
      System.arraycopy(from.weight(), 0, to.weight(), 0, from.weight().length);
      System.arraycopy(from.bias(), 0, to.bias(), 0, from.bias().length);
    }
    Parameters.OfLayer identity = parameters.ofLayer("fc" + (6 + hidden));
    for (int i = 0; i < 400; i++) {
      identity.weight()[i] = i / 20 == i % 20 ? 1 : 0;
    }
    Arrays.fill(identity.bias(), 0);
    GradCam expected = new GradCam(shorter);
    GradCam actual = new GradCam(parameters);
    float[][] map = expected.map(features(shorter, expected, 100), 0, 2);
    assertThat(actual.map(features(parameters, actual, 100), 0, 2)).isDeepEqualTo(map);
    assertThat(Arrays.stream(map).flatMapToDouble(row -> sum(row)).sum()).isPositive();
  }

  private static DoubleStream sum(float[] row) {
    double sum = 0;
    for (float value : row) {
      sum += value;
    }
    return DoubleStream.of(sum);
  }

  private static Map<String, FeatureMaps> features(
      Parameters parameters, GradCam gradCam, int side) {
    float[] images = new float[3 * side * side];
    for (int i = 0; i < images.length; i++) {
      images[i] = (float) Math.sin(i * 0.37);
    }
    try (Engine engine = Engines.open(Device.CPU, 2);
        Network network = engine.load(parameters);
        DenseFeatures pass = network.features(gradCam.taps())) {
      return pass.features(images, 1, side, side);
    }
  }

  @Test
  void whatItCannotUseIsRefused() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    try (Workers workers = new Workers(1)) {
      Parameters rounded = parameters.rounded(workers);
      assertThatThrownBy(() -> new GradCam(rounded))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("leave out --fc-weights");
    }
    GradCam gradCam = new GradCam(parameters);
    assertThat(gradCam.taps()).containsExactlyInAnyOrder("relu5_2", "fc6", "fc7");
    assertThatThrownBy(() -> gradCam.map(Map.of(), 0, CLASSES)).hasMessageContaining("class 10");
    assertThatThrownBy(() -> gradCam.map(Map.of(), 0, 0)).hasMessageContaining("no output relu5_2");
  }
}
