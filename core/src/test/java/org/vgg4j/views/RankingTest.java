package org.vgg4j.views;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RankingTest {
  private static final float NAN = Float.NaN;

  private static int[] ranks(float... scores) {
    int[] ranks = new int[scores.length];
    for (int label = 0; label < scores.length; label++) {
      ranks[label] = Ranking.rank(scores, 0, scores.length, label);
    }
    return ranks;
  }

  @Test
  void bestFirst() {
    float[] scores = {0.1f, 0.7f, -3, 0.2f};
    assertThat(ranks(scores)).containsExactly(2, 0, 3, 1);
    assertThat(Ranking.top(scores, 0, 4, 4)).containsExactly(1, 3, 0, 2);
    assertThat(Ranking.top(scores, 0, 4, 2)).containsExactly(1, 3);
    assertThat(Ranking.top(scores, 0, 4, 9)).containsExactly(1, 3, 0, 2);
  }

  @Test
  void looksAtItsOwnRowOnly() {
    float[] scores = {9, 9, 9, 1, 3, 2, 9, 9};
    assertThat(Ranking.top(scores, 3, 3, 3)).containsExactly(1, 2, 0);
    assertThat(Ranking.rank(scores, 3, 3, 0)).isEqualTo(2);
  }

  @Test
  void ofEqualScoresTheSmallerIndexComesFirst() {
    float[] scores = {1, 2, 2, 1, 2};
    assertThat(Ranking.top(scores, 0, 5, 5)).containsExactly(1, 2, 4, 0, 3);
    assertThat(ranks(scores)).containsExactly(3, 0, 1, 4, 2);
  }

  @Test
  void zerosOfBothSignsAreEqual() {
    float[] scores = {-0f, 0f};
    assertThat(ranks(scores)).containsExactly(0, 1);
    assertThat(Ranking.top(scores, 0, 2, 2)).containsExactly(0, 1);
  }

  /** A network that broke must not look as if it were right. */
  @Test
  void whatIsNotANumberComesLast() {
    assertThat(ranks(NAN, 1, 0)).containsExactly(2, 0, 1);
    assertThat(Ranking.top(new float[] {NAN, 1, 0}, 0, 3, 3)).containsExactly(1, 2, 0);
    assertThat(ranks(NAN, NAN, NAN)).containsExactly(2, 2, 2);
    assertThat(Ranking.top(new float[] {NAN, NAN, NAN}, 0, 3, 3)).containsExactly(0, 1, 2);
  }

  @Test
  void whatIsNotANumberComesAfterMinusInfinity() {
    float[] scores = {NAN, Float.NEGATIVE_INFINITY, 0};
    assertThat(Ranking.top(scores, 0, 3, 3)).containsExactly(2, 1, 0);
    assertThat(ranks(scores)).containsExactly(2, 1, 0);
  }
}
