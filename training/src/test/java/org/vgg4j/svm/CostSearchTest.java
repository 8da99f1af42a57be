package org.vgg4j.svm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.svm.CostSearch.Measure;
import org.vgg4j.svm.CostSearch.Parts;

/** How C is chosen, and with which images. */
class CostSearchTest {
  private static final SvmData DATA =
      SvmData.single("blobs", 300, 40, new double[] {6, 3, 1}, 1.2, 21);

  @Test
  void eachClassGivesTheSameShareAndTheSeedDecides() {
    Parts parts = CostSearch.split(DATA.labels(), 0.2, 7);

    assertThat(
            IntStream.concat(Arrays.stream(parts.train()), Arrays.stream(parts.validation()))
                .sorted())
        .containsExactlyElementsOf(IntStream.range(0, 300).boxed().toList());
    MultiLabels held = DATA.labels().subset(parts.validation());
    for (int k = 0; k < 3; k++) {
      long all = DATA.labels().count(k, MultiLabels.POSITIVE);
      assertThat(held.count(k, MultiLabels.POSITIVE)).isEqualTo((int) Math.round(0.2 * all));
    }
    assertThat(CostSearch.split(DATA.labels(), 0.2, 7).train()).isEqualTo(parts.train());
    assertThat(CostSearch.split(DATA.labels(), 0.2, 8).train()).isNotEqualTo(parts.train());
    assertThatThrownBy(() -> CostSearch.split(DATA.labels(), 1, 7))
        .isInstanceOf(InputException.class)
        .hasMessage("the share to choose C with must be between 0 and 1, not 1.0: 0.2 is usual");
  }

  @Test
  void imagesOfSeveralClassesGoWithTheirRarest() {
    // all show "common"; ten of them "rare", too
    byte[] states = new byte[200];
    for (int n = 0; n < 100; n++) {
      states[2 * n] = 1;
      states[2 * n + 1] = (byte) (n % 10 == 0 ? 1 : -1);
    }
    MultiLabels labels = new MultiLabels(List.of("common", "rare"), states);

    for (int seed = 0; seed < 20; seed++) {
      Parts parts = CostSearch.split(labels, 0.2, seed);
      assertThat(labels.subset(parts.validation()).count(1, MultiLabels.POSITIVE)).isEqualTo(2);
      assertThat(parts.validation()).hasSize(20);
    }
  }

  @Test
  void theBestCostWinsAndIsMeasuredOnImagesNotLearnt() {
    Parts parts = CostSearch.split(DATA.labels(), 0.3, 1);
    double[] grid = CostSearch.grid(10, -4, 2);
    for (Measure measure : Measure.values()) {
      CostSearch.Choice choice =
          CostSearch.choose(
              DATA.rows(), DATA.labels(), parts, SvmOptions.DEFAULT, grid, measure, 2);

      assertThat(choice.tried()).hasSize(7);
      double best =
          choice.tried().stream().mapToDouble(CostSearch.Tried::measured).max().orElseThrow();
      CostSearch.Tried first =
          choice.tried().stream().filter(t -> t.measured() == best).findFirst().orElseThrow();
      assertThat(choice.cost()).isEqualTo(first.cost());
      LinearSvm svm =
          new SvmTrainer(new ChosenRows(DATA.rows(), parts.train()), 1)
              .train(
                  DATA.labels().subset(parts.train()),
                  SvmOptions.DEFAULT.withCost(choice.cost()),
                  1)
              .svm();
      double[][] scores = svm.scores(new ChosenRows(DATA.rows(), parts.validation()), 1);
      assertThat(CostSearch.measure(measure, scores, DATA.labels().subset(parts.validation())))
          .as("%s", measure)
          .isEqualTo(best);
    }
  }

  @Test
  void aClassThatIsInOnePartOnlyIsRefused() {
    MultiLabels labels = MultiLabels.ofSingle(List.of("a", "b"), new int[] {0, 0, 0, 0, 0, 1});
    Rows rows = new ArrayRows(new float[12], 2);
    Parts parts = CostSearch.split(labels, 0.2, 0);

    assertThatThrownBy(
            () ->
                CostSearch.choose(
                    rows, labels, parts, SvmOptions.DEFAULT, new double[] {1}, Measure.ACCURACY, 1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "class b has 1 images, and none of them is in one of the parts that C is chosen with:"
                + " add images, or give C");
  }

  @Test
  void accuracyNeedsOneClassAnImage() {
    double[][] scores = {{1, 2}};
    MultiLabels both = new MultiLabels(List.of("a", "b"), new byte[] {1, 1});
    MultiLabels none = new MultiLabels(List.of("a", "b"), new byte[] {-1, -1});

    assertThatThrownBy(() -> CostSearch.measure(Measure.ACCURACY, scores, both))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "image 0 shows a and b, so there is no one class that is right for it: measure average"
                + " precision instead");
    assertThatThrownBy(() -> CostSearch.measure(Measure.CLASS_RECALL, scores, none))
        .hasMessageStartingWith("image 0 shows no class, ");
  }
}
