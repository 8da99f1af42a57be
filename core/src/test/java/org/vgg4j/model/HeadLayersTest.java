package org.vgg4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;

class HeadLayersTest {
  private static Architecture network(double width, int crop, HeadLayers head) {
    return new Architecture(Configuration.D, width, crop, 10, Task.CLASSIFICATION, head);
  }

  private static List<String> shapes(Architecture network) {
    return network.parameters().stream()
        .filter(shape -> shape.isWeight() && shape.layer().startsWith("fc"))
        .map(shape -> shape.layer() + " " + shape.name() + " " + shape.dimensions())
        .toList();
  }

  @Test
  void layersAreCountedFromFc6AndNamedAsTorchvisionDoes() {
    assertThat(shapes(network(1, 224, HeadLayers.of("[]", null))))
        .containsExactly("fc6 classifier.0.weight [10, 25088]");
    assertThat(shapes(network(1, 224, HeadLayers.of("[500]", "none"))))
        .containsExactly(
            "fc6 classifier.0.weight [500, 25088]", "fc7 classifier.3.weight [10, 500]");
    assertThat(shapes(network(0.25, 224, HeadLayers.of("512, 256,20", "average"))))
        .containsExactly(
            "fc6 classifier.0.weight [512, 128]",
            "fc7 classifier.3.weight [256, 512]",
            "fc8 classifier.6.weight [20, 256]",
            "fc9 classifier.9.weight [10, 20]");
    assertThat(network(1, 224, HeadLayers.of("512", null)).outputLayer().name()).isEqualTo("fc7");
  }

  /** Hidden features are those that are given; those of the paper are scaled. */
  @Test
  void thePapersHeadInNumbersIsThePapers() {
    assertThat(network(1, 224, HeadLayers.of("4096,4096", null)))
        .isEqualTo(new Architecture(Configuration.D, 1, 224, 10))
        .extracting(Architecture::head)
        .isEqualTo(HeadLayers.PAPER);
    assertThat(network(0.25, 224, HeadLayers.of("4096,4096", null)).head().hidden())
        .containsExactly(4096, 4096);
    assertThat(network(0.25, 224, HeadLayers.of("1024,1024", null)).head())
        .isEqualTo(HeadLayers.PAPER);
  }

  @Test
  void theMeanSeesWhatTheLayersOverAllPositionsSee() {
    Architecture averaged = network(1, 224, HeadLayers.of("none", "average"));
    LayerShape mean = averaged.shapes(320, 256).get(averaged.layers().size() - 2);
    LayerShape scores = averaged.shapes(320, 256).get(averaged.layers().size() - 1);
    assertThat(List.of(mean.channels(), mean.height(), mean.width())).containsExactly(512, 4, 2);
    assertThat(List.of(scores.channels(), scores.height(), scores.width()))
        .containsExactly(10, 4, 2);
    List<LayerShape> paper = new Architecture(Configuration.D, 1, 224, 10).shapes();
    assertThat(scores.receptiveField()).isEqualTo(paper.get(paper.size() - 1).receptiveField());
    assertThat(averaged.parameterCount()).isEqualTo(14_714_688 + 5130);
    assertThat(averaged.withoutBatchNorm()).isEqualTo(averaged);
    assertThat(averaged.withTask(Task.SINGLE_BOX).outputLayer().inFeatures()).isEqualTo(512);
    assertThat(averaged)
        .hasToString("D (width 1.0, crop 224, 10 classes, average pooling, head none)");
  }

  @ParameterizedTest
  @CsvSource({"'', none", "'512,', none", "512.5, none", "many, none", "512, mean"})
  void whatCannotBeUnderstoodIsRefused(String head, String pooling) {
    assertThatThrownBy(() -> HeadLayers.of(head, pooling))
        .isInstanceOf(InputException.class)
        .hasMessageMatching("option (head|pooling) is '.*' but must be .*");
  }

  @Test
  void layersThatAreTooLargeAreRefused() {
    assertThatThrownBy(() -> network(1, 448, HeadLayers.of("65536", null)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("a layer of 6,576,668,672 weights does not fit");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2000000000", "99999999999", "65537", "0"})
  void outOfRange(String features) {
    assertThatThrownBy(() -> HeadLayers.of("512," + features, null))
        .isInstanceOf(InputException.class)
        .hasMessage("a hidden layer of %s features is not possible: take 1 to 65536", features);
  }
}
