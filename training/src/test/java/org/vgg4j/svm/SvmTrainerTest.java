package org.vgg4j.svm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.MultiLabels;

/** What training does not depend on, and what it refuses. */
class SvmTrainerTest {
  private static final SvmData DATA =
      SvmData.single("four", 150, 30, new double[] {1, 2, 1, 1}, 2, 11);
  private static final SvmOptions OPTIONS = SvmOptions.DEFAULT;

  @TempDir Path folder;

  private static SvmTrainer.Result train(Rows rows, int threads) {
    return new SvmTrainer(rows, threads).train(DATA.labels(), OPTIONS, threads);
  }

  @Test
  void theNumberOfThreadsChangesNoBit() {
    SvmTrainer.Result one = train(DATA.rows(), 1);
    SvmTrainer.Result three = train(DATA.rows(), 3);

    assertThat(three.svm().weights()).isEqualTo(one.svm().weights());
    assertThat(three.svm().offsets()).isEqualTo(one.svm().offsets());
    assertThat(three.reports()).isEqualTo(one.reports());
    assertThat(three.svm().scores(DATA.rows(), 1)).isDeepEqualTo(one.svm().scores(DATA.rows(), 3));
  }

  @Test
  void theSeedDecidesTheOrderOnly() {
    SvmOptions other = new SvmOptions(1, Loss.L2, 1, 1, 1, 1e-7, 10_000, 99);
    SvmOptions tight = new SvmOptions(1, Loss.L2, 1, 1, 1, 1e-7, 10_000, 0);

    float[] first = new SvmTrainer(DATA.rows(), 1).train(DATA.labels(), tight, 1).svm().weights();
    float[] second = new SvmTrainer(DATA.rows(), 1).train(DATA.labels(), other, 1).svm().weights();

    assertThat(second).isNotEqualTo(first).containsExactly(first, within(1e-5f));
  }

  @Test
  void aMappedFileGivesTheSameBits() throws Exception {
    Path file = folder.resolve("rows");
    ByteBuffer bytes =
        ByteBuffer.allocate(10 + 4 * DATA.values().length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(10);
    for (float value : DATA.values()) {
      bytes.putFloat(value);
    }
    Files.write(file, bytes.array());

    SvmTrainer.Result mapped = train(new MappedRows(file, 10, 150, 30), 2);

    assertThat(mapped.svm().weights()).isEqualTo(train(DATA.rows(), 2).svm().weights());
    assertThatThrownBy(() -> new MappedRows(file, 11, 150, 30))
        .isInstanceOf(InputException.class)
        .hasMessage(
            file
                + " has 18,010 bytes, too few for 150 descriptors of 30 numbers: it was cut short;"
                + " make it again");
    assertThatThrownBy(() -> new MappedRows(folder.resolve("none"), 0, 1, 1))
        .isInstanceOf(InputException.class)
        .hasMessage("cannot read %s: there is no such file", folder.resolve("none"));
  }

  @Test
  void stackedBlocksAreOneLongRow() {
    float[] left = new float[150 * 12];
    float[] right = new float[150 * 18];
    for (int n = 0; n < 150; n++) {
      System.arraycopy(DATA.values(), n * 30, left, n * 12, 12);
      System.arraycopy(DATA.values(), n * 30 + 12, right, n * 18, 18);
    }
    Rows stacked = new StackedRows(List.of(new ArrayRows(left, 12), new ArrayRows(right, 18)));
    SvmOptions tight = new SvmOptions(1, Loss.L2, 1, 1, 1, 1e-7, 10_000, 0);

    float[] weights = new SvmTrainer(stacked, 2).train(DATA.labels(), tight, 2).svm().weights();

    assertThat(stacked.width()).isEqualTo(30);
    assertThat(weights)
        .containsExactly(
            new SvmTrainer(DATA.rows(), 2).train(DATA.labels(), tight, 2).svm().weights(),
            within(1e-6f));
  }

  @Test
  void chosenRowsAndIgnoredImagesAreTheSameAsOthersLeftOut() {
    int[] chosen = IntStream.range(0, 150).filter(i -> i % 3 != 0).toArray();
    byte[] states = new byte[150 * 4];
    for (int n = 0; n < 150; n++) {
      for (int k = 0; k < 4; k++) {
        states[n * 4 + k] = n % 3 == 0 ? MultiLabels.IGNORED : DATA.labels().state(n, k);
      }
    }
    MultiLabels ignoring = new MultiLabels(DATA.labels().classNames(), states);

    float[] byIndices =
        new SvmTrainer(DATA.rows(), 1).train(DATA.labels(), chosen, OPTIONS, 1).svm().weights();
    float[] byRows =
        new SvmTrainer(new ChosenRows(DATA.rows(), chosen), 1)
            .train(DATA.labels().subset(chosen), OPTIONS, 1)
            .svm()
            .weights();
    float[] byStates = new SvmTrainer(DATA.rows(), 1).train(ignoring, OPTIONS, 1).svm().weights();

    assertThat(byRows).isEqualTo(byIndices);
    assertThat(byStates).isEqualTo(byIndices);
  }

  @Test
  void twoPointsHaveTheSolutionThatCanBeWrittenDown() {
    // without bias and with a large C: the widest margin of x = +-(3, 4) is w = x / |x|^2
    MultiLabels labels = new MultiLabels(List.of("a"), new byte[] {1, -1});
    SvmOptions hard = new SvmOptions(1e6, Loss.L1, 0, 1, 1, 1e-9, 1000, 0);
    Rows rows = new ArrayRows(new float[] {3, 4, -3, -4}, 2);

    SvmTrainer.Result result = new SvmTrainer(rows, 1).train(labels, hard, 1);

    assertThat(result.svm().weights()).containsExactly(new float[] {0.12f, 0.16f}, within(1e-7f));
    assertThat(result.reports().get(0).primal()).isCloseTo(0.02, within(1e-8));
    assertThat(result.svm().scores(rows, 1)[1]).containsExactly(new double[] {-1}, within(1e-6));
  }

  @Test
  void rowsOfZerosAreNoObstacle() {
    MultiLabels labels = new MultiLabels(List.of("a"), new byte[] {1, -1, 1});
    Rows rows = new ArrayRows(new float[] {1, 0, 0, 0, 0, 0}, 2);
    for (Loss loss : Loss.values()) {
      SvmOptions options = new SvmOptions(1, loss, 0, 1, 1, 1e-6, 1000, 0);
      SvmTrainer.Report report = new SvmTrainer(rows, 1).train(labels, options, 1).reports().get(0);
      assertThat(report.converged()).isTrue();
      assertThat(report.primal()).isFinite().isCloseTo(report.dual(), within(1e-6));
    }
  }

  @Test
  void whatDidNotConvergeSaysSo() {
    SvmOptions hasty = new SvmOptions(100, Loss.L2, 1, 1, 1, 1e-9, 2, 0);

    SvmTrainer.Report report =
        new SvmTrainer(DATA.rows(), 1).train(DATA.labels(), hasty, 1).reports().get(0);

    assertThat(report.converged()).isFalse();
    assertThat(report.iterations()).isEqualTo(2);
    assertThat(report.primal()).isGreaterThan(report.dual());
  }

  @Test
  void aClassWithOneSideOnlyIsRefused() {
    MultiLabels all = new MultiLabels(List.of("cat"), new byte[] {1, 1, 0});
    MultiLabels none = new MultiLabels(List.of("cat"), new byte[] {-1, 0, -1});
    SvmTrainer trainer = new SvmTrainer(new ArrayRows(new float[6], 2), 1);

    assertThatThrownBy(() -> trainer.train(all, OPTIONS, 1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "class cat has no negative image to learn from: add some, or leave the class out");
    assertThatThrownBy(() -> trainer.train(none, OPTIONS, 1))
        .hasMessage(
            "class cat has no positive image to learn from: add some, or leave the class out");
  }

  @Test
  void numbersThatAreNoneAreRefused() {
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      float[] values = DATA.values().clone();
      values[7 * 30 + 29] = bad;
      assertThatThrownBy(() -> new SvmTrainer(new ArrayRows(values, 30), 2))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("descriptor 7 holds a number that is infinite or none: ");
    }
  }

  @Test
  void optionsOutOfRangeAreRefused() {
    assertThatThrownBy(() -> OPTIONS.withCost(0))
        .isInstanceOf(InputException.class)
        .hasMessage("C must be above 0, not 0.0: 1 is usual");
    assertThatThrownBy(() -> OPTIONS.withCost(Double.NaN)).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> new SvmOptions(1, Loss.L1, -1, 1, 1, 0.1, 10, 0))
        .hasMessage("the bias must be at least 0, not -1.0: 1 is usual");
  }

  @Test
  void theBestClassIsTheFirstOfTheLargestScores() {
    assertThat(LinearSvm.best(new double[] {-2, 1, 1, 0})).isEqualTo(1);
    assertThat(Arrays.stream(train(DATA.rows(), 1).svm().scores(DATA.rows(), 1)))
        .allMatch(scores -> scores.length == 4);
  }
}
