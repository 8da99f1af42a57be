package org.vgg4j.experiment.reproduce;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.evaluate.Posteriors;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Device;
import org.vgg4j.views.Protocol;

/** Verdicts and cells on posteriors that are made up: so many of 200 images right. */
class ClaimsTest {
  private static final int IMAGES = 200;
  private static final ReproductionConfig CONFIG =
      new ReproductionConfig(
          "made-up", 0.05, 64, 100, IMAGES, 2, 8, 20, 0.01, 1, Device.CPU, UnreadableLimit.AUTO);

  /** Of two classes; the first images are right, surely, or the last. */
  private static Posteriors right(int count, boolean first, Protocol protocol) {
    float[] values = new float[2 * IMAGES];
    for (int n = 0; n < IMAGES; n++) {
      boolean isRight = first ? n < count : n >= IMAGES - count;
      values[2 * n] = isRight ? 0.9f : 0.1f;
      values[2 * n + 1] = 1 - values[2 * n];
    }
    Posteriors.About about =
        new Posteriors.About(
            "m", "d", protocol, true, 5, List.of(73), 64, 1, "1x1", "2x2", 1, 0, List.of());
    List<String> ids = IntStream.range(0, IMAGES).mapToObj(Integer::toString).toList();
    return new Posteriors(List.of(about), List.of("a", "b"), ids, new int[IMAGES], values);
  }

  /** Every network has 150 right, but for those named. */
  private static Reproduction reproduction(Map<String, Integer> others) {
    Measurements measurements = new Measurements(CONFIG.seeds());
    Map<String, Double> seconds = new HashMap<>();
    for (Net net : Net.all()) {
      measurements.put(net.name(), new Architecture(net.configuration(), 0.05, 64, 2));
      seconds.put(net.name(), 10.0);
      List<Integer> scales = new ArrayList<>(CONFIG.testScales(net));
      scales.add(CONFIG.testScale(net));
      scales.add(CONFIG.farTestScale());
      for (int seed = 1; seed <= CONFIG.seeds(); seed++) {
        for (int scale : scales) {
          for (Protocol protocol : List.of(Protocol.DENSE, Protocol.MULTI_CROP)) {
            int count = others.getOrDefault(net.name(), 150);
            measurements.put(
                new Measurements.Key(seed, net.name(), protocol, scale),
                right(count, true, protocol));
          }
        }
      }
    }
    return new Reproduction(CONFIG, "made-up/test", IMAGES, measurements, seconds);
  }

  private static String verdict(Reproduction found, String claim) {
    List<List<String>> rows =
        Claims.of(found).rows().stream().filter(row -> row.get(0).contains(claim)).toList();
    assertThat(rows).as(claim).hasSize(1);
    return rows.get(0).get(5);
  }

  @Test
  void verdicts() {
    Reproduction found =
        reproduction(Map.of("A-LRN", 150, "B", 160, "B-5x5", 152, "C-256", 140, "D-256", 161));
    String lrn = "local response normalisation does not help";
    assertThat(verdict(found, lrn)).isEqualTo("holds");
    // ten images of 200, twice: 20 against 0
    assertThat(verdict(found, "B (13 layers) is better than A")).isEqualTo("holds");
    // one image, twice
    assertThat(verdict(found, "D (16) is better than B (13)")).isEqualTo("not significant here");
    assertThat(verdict(found, "C (1x1) is better than B")).isEqualTo("does not hold");
    assertThat(verdict(found, "B than B-5x5")).isEqualTo("holds");
    assertThat(verdict(found, "E is no better than D")).isEqualTo("holds");
    Reproduction better = reproduction(Map.of("A-LRN", 170, "E-256", 170));
    assertThat(verdict(better, lrn)).isEqualTo("does not hold");
    assertThat(verdict(better, "E is no better than D")).isEqualTo("does not hold");
  }

  @Test
  void cellsAreMeansOfTheSeeds() {
    Reproduction found = reproduction(Map.of("D-jitter", 150, "E-jitter", 170));
    List<Section> sections = found.sections();
    Section table3 = sections.get(0);
    assertThat(table3.rows()).hasSize(12);
    // the paper's E with jitter: 25.5 and 8.0; here 30 of 200 wrong; one of two guesses is right
    assertThat(table3.rows().get(11))
        .isEqualTo(
            Arrays.asList(
                "E",
                "[256;512]",
                "384",
                "73-146",
                "110",
                "25.5",
                "8.0",
                "15.00",
                "10.7-20.6",
                "0.00",
                "1x1, 2x2"));
    assertThat(sections.get(1).rows().get(9).get(4)).isEqualTo("73,110,146");
    assertThat(sections).extracting(Section::name).endsWith("table-7");
  }

  @Test
  void filesSayTheSame() {
    Section section =
        new Section("x", "Title", "Note", List.of("a", "b"), List.of(List.of("1,5", "p|q\"")));
    assertThat(TableFiles.csv(section)).isEqualTo("a,b\n\"1,5\",\"p|q\"\"\"\n");
    assertThat(TableFiles.markdown(List.of(section), Map.of("k", "v")))
        .contains("- k: v\n")
        .contains("## Title\n\n| a | b |\n|---|---|\n| 1,5 | p\\|q\" |\n\nNote\n");
  }

  @Test
  void scalesAreThePapersInProportion() {
    assertThat(List.of(CONFIG.scale(256), CONFIG.scale(384), CONFIG.scale(512)))
        .containsExactly(73, 110, 146);
  }
}
