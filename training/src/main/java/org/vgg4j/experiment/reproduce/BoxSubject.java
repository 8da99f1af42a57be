package org.vgg4j.experiment.reproduce;

import java.util.List;
import org.vgg4j.experiment.reproduce.Net.Scale;

/** What the full protocol of localisation measures: networks and test scales (Table 9). */
enum BoxSubject {
  SMALL_ONE(List.of(Scale.SMALL), List.of(List.of(256))),
  /** Not in the paper; two scales as of the larger network. */
  SMALL_TWO(List.of(Scale.SMALL), List.of(List.of(224, 256))),
  LARGE_ONE(List.of(Scale.LARGE), List.of(List.of(384))),
  LARGE_TWO(List.of(Scale.LARGE), List.of(List.of(352, 384))),
  FUSION(List.of(Scale.SMALL, Scale.LARGE), List.of(List.of(256), List.of(352, 384)));

  private final List<Scale> trained;
  private final List<List<Integer>> paperScales;

  BoxSubject(List<Scale> trained, List<List<Integer>> paperScales) {
    this.trained = trained;
    this.paperScales = paperScales;
  }

  /** The networks that find boxes together. */
  List<BoxNet> nets() {
    return trained.stream().map(BoxNet::best).toList();
  }

  /** Q of each network, in proportion to the crop. */
  List<List<Integer>> scales(int crop) {
    return paperScales.stream()
        .map(ofNet -> ofNet.stream().map(paper -> ReproductionConfig.scale(paper, crop)).toList())
        .toList();
  }

  /** S as the paper writes it. */
  String paperTrained() {
    return String.join("; ", trained.stream().map(Scale::paper).toList());
  }
}
