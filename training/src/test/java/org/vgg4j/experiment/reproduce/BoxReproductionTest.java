package org.vgg4j.experiment.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.experiment.reproduce.BoxMeasurements.Found;
import org.vgg4j.experiment.reproduce.Net.Scale;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Task;
import org.vgg4j.network.Device;

/** Tables and verdicts on measurements that are made up: so many of 200 images right. */
class BoxReproductionTest {
  private static final int IMAGES = 200;
  private static final BoxReproductionConfig CONFIG =
      new BoxReproductionConfig(
          "made-up",
          null,
          Configuration.A,
          0.25,
          64,
          0,
          0,
          2,
          15,
          20,
          32,
          0.01,
          1,
          Device.CPU,
          UnreadableLimit.AUTO);
  private static final BoxNet SCR = new BoxNet(Task.SINGLE_BOX, Scale.LARGE, true);
  private static final BoxNet PCR = new BoxNet(Task.BOX_PER_CLASS, Scale.LARGE, true);

  /** The first images are right; ten fewer by the first guess. */
  private static Found right(int count, String choice) {
    boolean[] right = new boolean[IMAGES];
    Arrays.fill(right, 0, count, true);
    boolean[] first = right.clone();
    Arrays.fill(first, count - 10, count, false);
    return new Found(right, first, count / 400.0, choice);
  }

  /** Every method has 150 right, but for those named; in the second seed two more. */
  private static Map<String, Section> sections(Map<String, Integer> others) {
    BoxMeasurements measurements = new BoxMeasurements(CONFIG.seeds());
    for (int seed = 1; seed <= CONFIG.seeds(); seed++) {
      int more = 2 * (seed - 1);
      for (BoxNet net : BoxNet.all()) {
        String name = BoxMeasurements.centre(net);
        measurements.add(name, right(others.getOrDefault(name, 150) + more, ""));
      }
      for (BoxSubject subject : BoxSubject.values()) {
        String name = BoxMeasurements.full(subject);
        String threshold = subject == BoxSubject.LARGE_ONE ? "0." + seed : "0.5";
        measurements.add(name, right(others.getOrDefault(name, 150) + more, threshold));
      }
      measurements.add(BoxMeasurements.GRAD_CAM, right(100 + more, "Q = 96, share 0.50"));
    }
    Evaluation classified =
        Evaluation.ofSums(List.of("a", "b"), new double[] {100, 100, 20, 30, 0, 0, 0});
    return new BoxReproduction(
            CONFIG, "test", IMAGES, classified, measurements, Map.of("classifier", 61.0))
        .sections().stream().collect(Collectors.toMap(Section::name, section -> section));
  }

  private static List<String> row(Section section, int index) {
    return section.rows().get(index);
  }

  @Test
  void tables() {
    Map<String, Section> sections = sections(Map.of(BoxMeasurements.centre(SCR), 130));
    assertThat(sections.keySet())
        .containsExactlyInAnyOrder("table-8", "table-9", "table-10", "networks", "claims");
    Section table8 = sections.get("table-8");
    assertThat(table8.rows()).hasSize(6);
    // (70 + 68) of 400 are wrong
    assertThat(row(table8, 3))
        .containsExactly(
            "fc6 and fc7", "SCR: one box", "384", "110", "36.4", "34.50", "28.3-41.3", "0.328");
    assertThat(row(table8, 5)).startsWith("all", "PCR: a box for each class", "384", "110", "33.1");
    Section table9 = sections.get("table-9");
    assertThat(row(table9, 1))
        .startsWith("256", "224,256", "73", "64,73", "0.5", "-", "-", "24.50")
        .endsWith("29.50");
    assertThat(row(table9, 2).get(4)).as("of both seeds").isEqualTo("0.1; 0.2");
    assertThat(row(table9, 4))
        .startsWith("256; 384", "256; 352,384", "73; 110", "73; 101,110", "0.5", "26.9", "25.3");
    Section table10 = sections.get("table-10");
    assertThat(row(table10, 0)).startsWith("VGG", "ILSVRC", "", "26.9", "25.3", "-");
    assertThat(row(table10, 6))
        .contains("test", "Q = 96, share 0.50", "49.50")
        .as("nothing of ours beside the paper's")
        .containsSubsequence("-", "-");
    assertThat(row(sections.get("networks"), 0)).containsExactly("classifier", "61");
  }

  @Test
  void verdicts() {
    Section claims =
        sections(
                Map.of(
                    BoxMeasurements.centre(SCR), 130,
                    BoxMeasurements.centre(PCR), 152,
                    BoxMeasurements.full(BoxSubject.SMALL_TWO), 153,
                    BoxMeasurements.full(BoxSubject.FUSION), 140))
            .get("claims");
    assertThat(claims.rows())
        .extracting(row -> row.get(0).split(":", 2)[0], row -> row.get(5))
        .containsExactly(
            tuple(
                "a box for each class (PCR) is better than one for all (SCR)",
                "not significant here"),
            tuple("all layers that learn are better than fc6 and fc7 only", "not significant here"),
            tuple("a box for each class (PCR) is better than one for all (SCR)", "holds"),
            tuple("all layers that learn are better than fc6 and fc7 only", "not significant here"),
            tuple(
                "the larger scale is better than the smaller one, in training and test",
                "not significant here"),
            tuple("two test scales are better than one", "holds"),
            tuple("two test scales are better than one", "not significant here"),
            tuple("fusion helps", "does not hold"),
            tuple("fusion helps", "does not hold"));
    // 152 - 130 in each of two seeds
    assertThat(row(claims, 2)).contains("44", "0").contains("23.50 % against 34.50 %");
  }

  @Test
  void nothingIsComparedWithWhatWasNotMeasured() {
    BoxMeasurements measurements = new BoxMeasurements(2);
    measurements.add("one", right(150, ""));
    assertThatThrownBy(() -> measurements.error("one"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not measured: one");
  }
}
