package org.vgg4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;

/** The family against the paper's tables and torchvision's names. */
class ArchitectureTest {
  private static Architecture full(Configuration configuration) {
    return new Architecture(configuration, 1, 224, 1000);
  }

  private static LayerShape shape(Architecture architecture, String layer) {
    return architecture.shapes().stream()
        .filter(s -> s.layer().name().equals(layer))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "A,132863336,7.609",
    "A_LRN,132863336,7.609",
    "B,133047848,11.308",
    "B_5X5,134503528,9.356",
    "C,133638952,11.771",
    "D,138357544,15.470",
    "E,143667240,19.632"
  })
  void parametersAndMultiplyAddsAtThePapersSize(
      Configuration configuration, long parameters, double billions) {
    Architecture architecture = full(configuration);
    assertThat(architecture.parameterCount()).isEqualTo(parameters);
    assertThat(architecture.multiplyAdds() / 1e9).isCloseTo(billions, within(5e-4));
    assertThat(architecture.shapes().stream().mapToLong(LayerShape::parameters).sum())
        .isEqualTo(parameters);
  }

  @ParameterizedTest
  @CsvSource({
    "A,150,342",
    "A_LRN,150,342",
    "B,156,348",
    "B_5X5,156,348",
    "C,156,348",
    "D,212,404",
    "E,268,460"
  })
  void receptiveFields(Configuration configuration, int pool5, int fc6) {
    Architecture architecture = full(configuration);
    assertThat(shape(architecture, "pool5").receptiveField()).isEqualTo(pool5);
    assertThat(shape(architecture, "pool5").stride()).isEqualTo(32);
    assertThat(shape(architecture, "fc6").receptiveField()).isEqualTo(fc6);
    assertThat(shape(architecture, "fc8").receptiveField()).isEqualTo(fc6);
    assertThat(shape(architecture, "fc8").stride()).isEqualTo(32);
  }

  @ParameterizedTest
  @CsvSource({
    "A,'0,3,6,8,11,13,16,18'",
    "A_LRN,'0,4,7,9,12,14,17,19'", // torchvision's rule, with one index for the LRN
    "B,'0,2,5,7,10,12,15,17,20,22'",
    "B_5X5,'0,3,6,9,12'",
    "C,'0,2,5,7,10,12,14,17,19,21,24,26,28'",
    "D,'0,2,5,7,10,12,14,17,19,21,24,26,28'",
    "E,'0,2,5,7,10,12,14,16,19,21,23,25,28,30,32,34'"
  })
  void parametersAreNamedAsInTorchvision(Configuration configuration, String features) {
    List<String> names =
        full(configuration).parameters().stream().map(ParameterShape::name).toList();
    List<String> expected =
        List.of((features + ",c0,c3,c6").split(",")).stream()
            .map(i -> i.startsWith("c") ? "classifier." + i.substring(1) : "features." + i)
            .flatMap(prefix -> List.of(prefix + ".weight", prefix + ".bias").stream())
            .toList();
    assertThat(names).isEqualTo(expected);
  }

  @Test
  void parametersOfDAreShapedAsInTorchvision() {
    List<ParameterShape> parameters = full(Configuration.D).parameters();
    assertThat(parameters.get(0))
        .isEqualTo(new ParameterShape("features.0.weight", "conv1_1", List.of(64, 3, 3, 3)));
    assertThat(parameters.get(1))
        .isEqualTo(new ParameterShape("features.0.bias", "conv1_1", List.of(64)));
    assertThat(parameters.get(24))
        .isEqualTo(new ParameterShape("features.28.weight", "conv5_3", List.of(512, 512, 3, 3)));
    assertThat(parameters.get(26))
        .isEqualTo(new ParameterShape("classifier.0.weight", "fc6", List.of(4096, 25088)));
    assertThat(parameters.get(28))
        .isEqualTo(new ParameterShape("classifier.3.weight", "fc7", List.of(4096, 4096)));
    assertThat(parameters.get(31))
        .isEqualTo(new ParameterShape("classifier.6.bias", "fc8", List.of(1000)));
  }

  @Test
  void fansAreThoseOfTheFilters() {
    List<ParameterShape> parameters = full(Configuration.D).parameters();
    assertThat(parameters.get(2).fanIn()).isEqualTo(64 * 9);
    assertThat(parameters.get(0).fanIn()).isEqualTo(27);
    assertThat(parameters.get(0).fanOut()).isEqualTo(64 * 9);
    assertThat(parameters.get(26).fanIn()).isEqualTo(25088);
    assertThat(parameters.get(26).fanOut()).isEqualTo(4096);
    assertThat(parameters.get(26).isWeight()).isTrue();
    assertThat(parameters.get(27).isWeight()).isFalse();
  }

  /** One column of Table 1: filters as kernel-channels, n for LRN, p for a pool. */
  @ParameterizedTest
  @CsvSource({
    "A,3-64 p 3-128 p 3-256 3-256 p 3-512 3-512 p 3-512 3-512 p",
    "A_LRN,3-64 n p 3-128 p 3-256 3-256 p 3-512 3-512 p 3-512 3-512 p",
    "B,3-64 3-64 p 3-128 3-128 p 3-256 3-256 p 3-512 3-512 p 3-512 3-512 p",
    "B_5X5,5-64 p 5-128 p 5-256 p 5-512 p 5-512 p",
    "C,3-64 3-64 p 3-128 3-128 p 3-256 3-256 1-256 p 3-512 3-512 1-512 p 3-512 3-512 1-512 p",
    "D,3-64 3-64 p 3-128 3-128 p 3-256 3-256 3-256 p 3-512 3-512 3-512 p 3-512 3-512 3-512 p",
    "E,3-64 3-64 p 3-128 3-128 p 3-256 3-256 3-256 3-256 p 3-512 3-512 3-512 3-512 p"
        + " 3-512 3-512 3-512 3-512 p"
  })
  void columnsOfTableOne(Configuration configuration, String column) {
    String actual =
        full(configuration).layers().stream()
            .map(ArchitectureTest::inTableOne)
            .collect(Collectors.joining(" "));
    assertThat(actual).isEqualTo(column + " 25088>4096r 4096>4096r 4096>1000");
  }

  private static String inTableOne(Layer layer) {
    if (layer instanceof Layer.Convolution c) {
      return c.kernel() + "-" + c.outChannels();
    } else if (layer instanceof Layer.LocalResponseNorm) {
      return "n";
    } else if (layer instanceof Layer.MaxPool) {
      return "p";
    }
    Layer.FullyConnected f = (Layer.FullyConnected) layer;
    return f.inFeatures() + ">" + f.outFeatures() + (f.hidden() ? "r" : "");
  }

  @ParameterizedTest
  @EnumSource
  void everyLayerTakesWhatTheOneBeforeGives(Configuration configuration) {
    int channels = 3;
    for (Layer layer : new Architecture(configuration, 0.5, 64, 7).layers()) {
      if (layer instanceof Layer.Convolution c) {
        assertThat(c.inChannels()).as(c.name()).isEqualTo(channels);
        channels = c.outChannels();
      }
    }
  }

  @Test
  void layersAndTapsHaveTheFieldsNames() {
    List<Layer> layers = full(Configuration.C).layers();
    assertThat(layers.stream().map(Layer::name))
        .containsExactly(
            "conv1_1", "conv1_2", "pool1", "conv2_1", "conv2_2", "pool2", "conv3_1", "conv3_2",
            "conv3_3", "pool3", "conv4_1", "conv4_2", "conv4_3", "pool4", "conv5_1", "conv5_2",
            "conv5_3", "pool5", "fc6", "fc7", "fc8");
    assertThat(layers.get(8).tap()).isEqualTo("relu3_3");
    assertThat(layers.get(9).tap()).isEqualTo("pool3");
    assertThat(full(Configuration.A_LRN).layers().get(1))
        .isEqualTo(new Layer.LocalResponseNorm("lrn1", 5, 2f, 1e-4f, 0.75f));
  }

  @Test
  void mapsHalveAndOddOnesLoseTheirLastRow() {
    Architecture paper = full(Configuration.D);
    assertThat(shape(paper, "conv1_2").height()).isEqualTo(224);
    assertThat(shape(paper, "pool1").width()).isEqualTo(112);
    assertThat(shape(paper, "pool5").outputs()).isEqualTo(512L * 7 * 7);
    Architecture odd = new Architecture(Configuration.A, 1, 63, 10);
    assertThat(shape(odd, "pool1").height()).isEqualTo(31);
    assertThat(shape(odd, "pool5").height()).isEqualTo(1);
    assertThat(odd.lastMapSide()).isEqualTo(1);
    assertThat(new Architecture(Configuration.A, 1, 64, 10).lastMapSide()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 33, 63, 64, 95, 96, 100, 223, 224, 225, 255, 256})
  void fc6FitsPool5AtEveryCrop(int crop) {
    Architecture architecture = new Architecture(Configuration.A, 0.25, crop, 10);
    LayerShape pool5 = shape(architecture, "pool5");
    assertThat(pool5.height()).isEqualTo(architecture.lastMapSide());
    assertThat(((Layer.FullyConnected) shape(architecture, "fc6").layer()).inFeatures())
        .isEqualTo(pool5.outputs());
  }

  @ParameterizedTest
  @CsvSource({
    "1,64,128,256,512,4096",
    "0.25,16,32,64,128,1024",
    "0.5,32,64,128,256,2048",
    "0.03,16,16,16,16,128", // never below 16
    "0.3,16,32,80,160,1232", // 19.2, 38.4, 76.8, 153.6 and 1228.8: to the nearest multiple of 16
    "2,128,256,512,1024,8192"
  })
  void widthScalesAllChannelsToMultiplesOf16(
      double width, int block1, int block2, int block3, int block4, int hidden) {
    Architecture architecture = new Architecture(Configuration.E, width, 32, 10);
    assertThat(shape(architecture, "conv1_2").channels()).isEqualTo(block1);
    assertThat(shape(architecture, "conv2_1").channels()).isEqualTo(block2);
    assertThat(shape(architecture, "conv3_4").channels()).isEqualTo(block3);
    assertThat(shape(architecture, "conv4_1").channels()).isEqualTo(block4);
    assertThat(shape(architecture, "conv5_4").channels()).isEqualTo(block4);
    assertThat(shape(architecture, "fc6").channels()).isEqualTo(hidden);
    assertThat(shape(architecture, "fc7").channels()).isEqualTo(hidden);
    assertThat(shape(architecture, "fc8").channels()).isEqualTo(10);
  }

  @ParameterizedTest
  @ValueSource(ints = {31, 16, 0, -5})
  void aCropTooSmallForFivePoolsNamesTheSmallest(int crop) {
    assertThatThrownBy(() -> new Architecture(Configuration.A, 1, crop, 10))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "crop %d is too small for the five 2x2 pools: the smallest legal crop is 32", crop);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, 8.5, Double.NaN, Double.POSITIVE_INFINITY})
  void anImpossibleWidthIsRefused(double width) {
    assertThatThrownBy(() -> new Architecture(Configuration.A, width, 32, 10))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(String.format(Locale.ROOT, "width %s is not in (0, 8]", width));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 0, -1})
  void fewerThanTwoClassesAreRefused(int classes) {
    assertThatThrownBy(() -> new Architecture(Configuration.A, 1, 32, classes))
        .isInstanceOf(InputException.class)
        .hasMessage("a network needs at least two classes, not %d", classes);
  }

  @Test
  void networksAreEqualIfTheirLayersAndCropAre() {
    Architecture a = new Architecture(Configuration.A, 0.25, 32, 10);
    assertThat(new Architecture(Configuration.A, 0.25, 32, 10)).isEqualTo(a).hasSameHashCodeAs(a);
    // rounds to the same channels
    assertThat(new Architecture(Configuration.A, 0.2501, 32, 10)).isEqualTo(a);
    assertThat(new Architecture(Configuration.A, 0.25, 33, 10)).isNotEqualTo(a);
    assertThat(new Architecture(Configuration.A, 0.25, 32, 11)).isNotEqualTo(a);
    assertThat(new Architecture(Configuration.A, 0.5, 32, 10)).isNotEqualTo(a);
    assertThat(new Architecture(Configuration.B, 0.25, 32, 10)).isNotEqualTo(a);
    assertThat(a).hasToString("A (width 0.25, crop 32, 10 classes)");
  }
}
