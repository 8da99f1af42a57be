package org.vgg4j.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RandomStreamTest {
  @Test
  void sameKeySameNumbers() {
    RandomStream first = new RandomStream(7, 2, 3, Purpose.SHUFFLE);
    RandomStream second = new RandomStream(7, 2, 3, Purpose.SHUFFLE);
    for (int i = 0; i < 100; i++) {
      assertThat(second.nextInt()).isEqualTo(first.nextInt());
    }
  }

  /** Mean and variance, and for 1 and 2 the share below a quarter, of the beta distribution. */
  @ParameterizedTest
  @ValueSource(doubles = {0.001, 0.2, 1, 2, 30})
  void betaHasItsMoments(double shape) {
    RandomStream random = new RandomStream(3, 0, 0, Purpose.MIXING);
    int count = 40_000;
    double sum = 0;
    double squares = 0;
    int below = 0;
    for (int i = 0; i < count; i++) {
      double value = random.nextBeta(shape);
      assertThat(value).isBetween(0.0, 1.0);
      sum += value;
      squares += (value - 0.5) * (value - 0.5);
      below += value < 0.25 ? 1 : 0;
    }
    double variance = 1 / (4 * (2 * shape + 1));
    double fourStandardErrors = 4 * Math.sqrt(variance / count);
    assertThat(sum / count).isCloseTo(0.5, within(fourStandardErrors));
    assertThat(squares / count).isCloseTo(variance, within(0.03 * variance));
    if (shape == 1 || shape == 2) {
      double expected = shape == 1 ? 0.25 : 0.15625; // 3 x^2 - 2 x^3
      assertThat((double) below / count).isCloseTo(expected, within(0.01));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, 1e-4, 1e4, Double.NaN})
  void betaOfAnotherShapeIsRefused(double shape) {
    RandomStream random = new RandomStream(3, 0, 0, Purpose.MIXING);
    assertThatThrownBy(() -> random.nextBeta(shape)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void everyPartOfTheKeyCounts() {
    List<RandomStream> streams = new ArrayList<>();
    streams.add(new RandomStream(7, 2, 3, Purpose.SHUFFLE));
    streams.add(new RandomStream(8, 2, 3, Purpose.SHUFFLE));
    streams.add(new RandomStream(7 + (1L << 32), 2, 3, Purpose.SHUFFLE));
    streams.add(new RandomStream(7, 3, 3, Purpose.SHUFFLE));
    streams.add(new RandomStream(7, 2, 4, Purpose.SHUFFLE));
    streams.add(new RandomStream(7, 2, 3, Purpose.AUGMENTATION));
    Set<Integer> seen = new HashSet<>();
    for (RandomStream stream : streams) {
      for (int i = 0; i < 100; i++) {
        seen.add(stream.nextInt());
      }
    }
    // 600 numbers of 2^32: a single chance collision would have a probability of 4e-5.
    assertThat(seen).hasSize(600);
  }

  /** The codes decide every draw of every run ever made, so they are pinned. */
  @ParameterizedTest
  @EnumSource(Purpose.class)
  void purposesKeepTheirCodes(Purpose purpose) {
    List<Purpose> inOrderOfCodes =
        List.of(
            Purpose.INITIALISATION,
            Purpose.SPLIT,
            Purpose.SHUFFLE,
            Purpose.AUGMENTATION,
            Purpose.DROPOUT_FC6,
            Purpose.DROPOUT_FC7,
            Purpose.EXPORT_CHECK,
            Purpose.FASHION_BOXES,
            Purpose.COORDINATE_ORDER,
            Purpose.BENCHMARK_SPLIT,
            Purpose.COST_SPLIT,
            Purpose.PRINCIPAL_AXES,
            Purpose.DROPOUT_FC8,
            Purpose.BALANCED_SAMPLING,
            Purpose.RESIZED_CROP,
            Purpose.ERASING,
            Purpose.TRIVIAL_AUGMENT,
            Purpose.MIXING);
    assertThat(purpose.code()).isEqualTo(1 + inOrderOfCodes.indexOf(purpose));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 10, 16, 37})
  void boundedIntegersAreUniform(int bound) {
    int draws = 2000 * bound;
    int[] counts = new int[bound];
    RandomStream random = new RandomStream(1, 0, bound, Purpose.SHUFFLE);
    for (int i = 0; i < draws; i++) {
      counts[random.nextInt(bound)]++;
    }
    // The count of one value has a standard deviation below sqrt(2000) = 45.
    assertThat(IntStream.of(counts))
        .allSatisfy(count -> assertThat(count).isBetween(2000 - 225, 2000 + 225));
  }

  /** Of 3 * 2^29 values, multiplication without rejection gives every third one 2/3 as often. */
  @Test
  void largeBoundsAreNotBiased() {
    int bound = 0x60000000;
    int draws = 30_000;
    int lowThird = 0;
    int[] remainders = new int[3];
    RandomStream random = new RandomStream(5, 0, 0, Purpose.SHUFFLE);
    for (int i = 0; i < draws; i++) {
      int value = random.nextInt(bound);
      assertThat(value).isBetween(0, bound - 1);
      lowThird += value < bound / 3 ? 1 : 0;
      remainders[value % 3]++;
    }
    assertThat(lowThird).isCloseTo(draws / 3, within(500));
    assertThat(IntStream.of(remainders))
        .allSatisfy(n -> assertThat(n).isCloseTo(draws / 3, within(500)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1})
  void refusesBoundsBelowOne(int bound) {
    RandomStream random = new RandomStream(1, 0, 0, Purpose.SHUFFLE);
    assertThatThrownBy(() -> random.nextInt(bound)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void doublesAreUniform() {
    int draws = 100_000;
    double sum = 0;
    double sumOfSquares = 0;
    RandomStream random = new RandomStream(2, 0, 0, Purpose.SHUFFLE);
    for (int i = 0; i < draws; i++) {
      double value = random.nextDouble();
      assertThat(value >= 0 && value < 1).isTrue();
      sum += value;
      sumOfSquares += value * value;
    }
    assertThat(sum / draws).isCloseTo(1.0 / 2, within(0.005));
    assertThat(sumOfSquares / draws).isCloseTo(1.0 / 3, within(0.005));
  }

  @Test
  void gaussiansHaveMeanZeroAndVarianceOne() {
    int draws = 100_000;
    double sum = 0;
    double sumOfSquares = 0;
    int beyondTwo = 0;
    RandomStream random = new RandomStream(3, 0, 0, Purpose.INITIALISATION);
    for (int i = 0; i < draws; i++) {
      double value = random.nextGaussian();
      sum += value;
      sumOfSquares += value * value;
      beyondTwo += Math.abs(value) > 2 ? 1 : 0;
    }
    assertThat(sum / draws).isCloseTo(0, within(0.015));
    assertThat(sumOfSquares / draws).isCloseTo(1, within(0.025));
    assertThat(beyondTwo / (double) draws).isCloseTo(0.0455, within(0.004));
  }

  @Test
  void booleansAreFair() {
    RandomStream random = new RandomStream(4, 0, 0, Purpose.AUGMENTATION);
    long heads = IntStream.range(0, 10_000).filter(i -> random.nextBoolean()).count();
    assertThat(heads).isBetween(4750L, 5250L);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 1000})
  void permutationHoldsEveryNumberOnce(int n) {
    int[] order = new RandomStream(5, 0, 0, Purpose.SHUFFLE).permutation(n);
    assertThat(IntStream.of(order).sorted().toArray()).isEqualTo(IntStream.range(0, n).toArray());
  }

  @Test
  void allPermutationsAreEquallyLikely() {
    int[] counts = new int[6];
    for (int sample = 0; sample < 6000; sample++) {
      int[] order = new RandomStream(6, 0, sample, Purpose.SHUFFLE).permutation(3);
      counts[2 * order[0] + (order[1] > order[2] ? 1 : 0)]++;
    }
    assertThat(IntStream.of(counts)).allSatisfy(count -> assertThat(count).isBetween(850, 1150));
  }
}
