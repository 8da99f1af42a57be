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
  void sharesAndMicroBatchesMakeUpTheEpoch(int samples, int batch, int microBatch, int ranks) {
    List<List<Integer>> positions = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      BatchSequence sequence = new BatchSequence(samples, batch, microBatch, rank, ranks);
      List<Integer> own = new ArrayList<>();
      List<Integer> counts = new ArrayList<>();
      BatchSequence.MicroBatch next = sequence.from(0, 0);
      for (; next.epoch() == 0; next = sequence.after(next)) {
        assertThat(next.count()).isBetween(1, microBatch);
        assertThat(next.first() / batch).isEqualTo((next.first() + next.count() - 1) / batch);
        IntStream.range(next.first(), next.first() + next.count()).forEach(own::add);
        counts.add(next.count());
      }
      assertThat(next).isEqualTo(new BatchSequence.MicroBatch(1, own.get(0), next.count()));
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

  /** What microBatchesAt says of a rank's own micro-batches, in all batches, without empty ones. */
  private static List<Integer> announced(BatchSequence sequence) {
    List<Integer> counts = new ArrayList<>();
    for (int start = 0; start < sequence.samples(); start += sequence.batch()) {
      int[] all = sequence.microBatchesAt(start);
      int ofShare = all.length / sequence.ranks();
      for (int i = sequence.rank() * ofShare; i < (sequence.rank() + 1) * ofShare; i++) {
        if (all[i] > 0) {
          counts.add(all[i]);
        }
      }
    }
    return counts;
  }

  /** Shares of 8 in micro-batches of 3, 3 and 2; the last batch is one sample. */
  @Test
  void microBatchesOfAllShares() {
    BatchSequence sequence = new BatchSequence(33, 16, 3, 1, 2);
    assertThat(sequence.microBatchesAt(16)).containsExactly(3, 3, 2, 3, 3, 2);
    assertThat(sequence.firstAt(16)).isEqualTo(24);
    assertThat(sequence.microBatchesAt(32)).containsExactly(1, 0, 0, 0, 0, 0);
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
