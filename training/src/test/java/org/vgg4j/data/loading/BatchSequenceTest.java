package org.vgg4j.data.loading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchSequenceTest {
  /** All positions of an epoch are worked on once, each batch by the ranks in their order. */
  @ParameterizedTest
  @CsvSource({
    "33,16,16,1",
    "33,16,3,2",
    "33,16,8,2",
    "7,7,1,4",
    "100,10,4,4",
    "5,5,9,5",
    "60,64,9,5",
    "9,3,2,3"
  })
  void sharesAndPartsMakeUpTheEpoch(int samples, int batch, int part, int ranks) {
    List<List<Integer>> positions = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      BatchSequence sequence = new BatchSequence(samples, batch, part, rank, ranks);
      List<Integer> own = new ArrayList<>();
      List<Integer> counts = new ArrayList<>();
      BatchSequence.Piece piece = sequence.from(0, 0);
      for (; piece.epoch() == 0; piece = sequence.after(piece)) {
        assertThat(piece.count()).isBetween(1, part);
        assertThat(piece.first() / batch).isEqualTo((piece.first() + piece.count() - 1) / batch);
        IntStream.range(piece.first(), piece.first() + piece.count()).forEach(own::add);
        counts.add(piece.count());
      }
      assertThat(piece).isEqualTo(new BatchSequence.Piece(1, own.get(0), piece.count()));
      positions.add(own);
      for (int start = 0; start < samples; start += batch) {
        int first = start;
        assertThat(own.stream().filter(p -> p / batch == first / batch))
            .hasSize(sequence.shareAt(start));
        if (sequence.shareAt(start) > 0) {
          assertThat(own).contains(sequence.firstAt(start));
        }
      }
      assertThat(counts).isEqualTo(announced(sequence));
    }
    List<Integer> all = new ArrayList<>();
    for (int start = 0; start < samples; start += batch) {
      int first = start;
      positions.forEach(
          own -> own.stream().filter(p -> p / batch == first / batch).forEach(all::add));
    }
    assertThat(all).isEqualTo(IntStream.range(0, samples).boxed().toList());
  }

  /** What partsAt says of a rank's own parts, of all batches, without empty ones. */
  private static List<Integer> announced(BatchSequence sequence) {
    List<Integer> counts = new ArrayList<>();
    for (int start = 0; start < sequence.samples(); start += sequence.batch()) {
      int[] all = sequence.partsAt(start);
      int parts = all.length / sequence.ranks();
      for (int i = sequence.rank() * parts; i < (sequence.rank() + 1) * parts; i++) {
        if (all[i] > 0) {
          counts.add(all[i]);
        }
      }
    }
    return counts;
  }

  /** Shares of 8 in parts of 3, 3 and 2; the last batch is one sample. */
  @Test
  void partsOfAllShares() {
    BatchSequence sequence = new BatchSequence(33, 16, 3, 1, 2);
    assertThat(sequence.partsAt(16)).containsExactly(3, 3, 2, 3, 3, 2);
    assertThat(sequence.firstAt(16)).isEqualTo(24);
    assertThat(sequence.partsAt(32)).containsExactly(1, 0, 0, 0, 0, 0);
  }

  @Test
  void everyRankMustHaveWork() {
    assertThat(BatchSequence.everyShareHasSamples(33, 16, 8)).isTrue();
    assertThat(BatchSequence.everyShareHasSamples(33, 16, 9)).isFalse(); // shares of two
    assertThat(BatchSequence.everyShareHasSamples(7, 16, 4)).isFalse();
    assertThatThrownBy(() -> new BatchSequence(33, 16, 16, 0, 9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("too few for 9 shares");
  }
}
