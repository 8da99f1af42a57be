package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Bfloat16WeightsTest {
  private final Workers workers = new Workers(2);

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  /** Every upper half, with lower halves at, around and far from the middle between two. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF})
  void roundsToTheNearestAndTiesToEven(int lowerHalf) {
    for (int upperHalf = 0; upperHalf < 1 << 16; upperHalf++) {
      float value = Float.intBitsToFloat(upperHalf << 16 | lowerHalf);
      int rounded = Bfloat16Weights.round(value);
      if (Float.isNaN(value)) {
        assertThat(Bfloat16Weights.lower(rounded)).isNaN();
        assertThat(rounded >>> 15).as("sign of NaN").isEqualTo(upperHalf >>> 15);
      } else {
        assertThat(rounded).as("bits of %s", value).isEqualTo(nearest(value, upperHalf));
      }
    }
  }

  /** By distances in double precision, which holds all of them exactly. */
  private static int nearest(float value, int towardsZero) {
    if (Float.isInfinite(value)) {
      return towardsZero;
    }
    int away = towardsZero + 1;
    double below = Math.abs(value - value(towardsZero));
    double above = Math.abs(value(away) - value);
    if (below == above) {
      return towardsZero % 2 == 0 ? towardsZero : away;
    }
    return below < above ? towardsZero : away;
  }

  /** What 16 bits mean by the definition of the format, with 2^128 for infinity. */
  private static double value(int bits) {
    int exponent = bits >>> 7 & 0xFF;
    int fraction = bits & 0x7F;
    double magnitude =
        exponent == 0
            ? Math.scalb(fraction / 128.0, -126)
            : Math.scalb(1 + fraction / 128.0, exponent - 127);
    return bits >>> 15 == 0 ? magnitude : -magnitude;
  }

  @ParameterizedTest
  @CsvSource({"16,1", "16,16", "48,17", "16,32", "80,33", "512,101"})
  void everyWeightIsInItsPlace(int in, int out) {
    float[] weights = Maps.gaussian(new Random(3), in * out);
    Bfloat16Weights rounded = Bfloat16Weights.round(in, out, weights, workers);
    int[] pairs = rounded.pairs();
    assertThat(pairs).hasSize(Bfloat16Weights.length(in, out)).hasSize((out + 31) / 32 * in * 16);
    for (int o = 0; o < (out + 31) / 32 * 32; o++) {
      for (int i = 0; i < in; i++) {
        int pair = pairs[(o / 32 * in + i) * 16 + o % 16];
        float actual = o % 32 < 16 ? Bfloat16Weights.lower(pair) : Bfloat16Weights.upper(pair);
        float expected =
            o < out ? Float.intBitsToFloat(Bfloat16Weights.round(weights[o * in + i]) << 16) : 0f;
        assertThat(actual).as("weight of output %d, input %d", o, i).isEqualTo(expected);
      }
    }
  }

  @Test
  void relativeErrorIsThatOfAllWeights() {
    int in = 64;
    int out = 100;
    float[] weights = Maps.gaussian(new Random(4), in * out);
    double error = 0;
    double square = 0;
    for (float weight : weights) {
      double rounded = Float.intBitsToFloat(Bfloat16Weights.round(weight) << 16);
      error += (rounded - weight) * (rounded - weight);
      square += (double) weight * weight;
    }
    double expected = Math.sqrt(error / square);
    // half of the last of 8 bits at most, and not much less on average
    assertThat(expected).isBetween(0x1p-10, 0x1p-9);
    assertThat(Bfloat16Weights.round(in, out, weights, workers).relativeError())
        .isCloseTo(expected, within(1e-12));
    try (Workers one = new Workers(1)) {
      assertThat(Bfloat16Weights.round(in, out, weights, one).relativeError())
          .isEqualTo(Bfloat16Weights.round(in, out, weights, workers).relativeError());
    }
  }

  @Test
  void relativeErrorOfSpecialWeights() {
    float[] weights = new float[16 * 3];
    assertThat(Bfloat16Weights.round(16, 3, weights, workers).relativeError()).isZero();
    weights[5] = 1.5f;
    assertThat(Bfloat16Weights.round(16, 3, weights, workers).relativeError()).isZero();
    weights[6] = Float.NaN;
    assertThat(Bfloat16Weights.round(16, 3, weights, workers).relativeError()).isNaN();
    weights[6] = Float.NEGATIVE_INFINITY;
    assertThat(Bfloat16Weights.round(16, 3, weights, workers).relativeError()).isNaN();
  }

  @Test
  void weightsOfAnotherLayerAreRefused() {
    assertThatThrownBy(() -> Bfloat16Weights.round(16, 3, new float[47], workers))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("47 weights, but the layer has 16 x 3");
  }
}
