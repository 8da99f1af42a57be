package org.vgg4j.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;

class GpuTimeTest {
  private static final Architecture D = paper(Configuration.D);

  private static Architecture paper(Configuration configuration) {
    return new Architecture(configuration, 1, 224, 1000);
  }

  /** Milliseconds of a step of 128 images on an H200, as docs/gpu.md has them. */
  @ParameterizedTest
  @CsvSource({
    "HOPPER, 989.4, false, 22.87",
    "HOPPER, 989.4, true, 60.21",
    "AMPERE, 570, false, 43.07",
    "AMPERE, 570, true, 116.71"
  })
  void stepsThatWereMeasured(GpuKernels kernels, double teraflops, boolean exact, double millis) {
    GpuTime time = new GpuTime(kernels, 1e12 * teraflops, GpuCard.H200.memory(), 31e9, exact);
    assertThat(1000 * time.step(D, 128, 128)).isCloseTo(millis, withPercentage(2));
  }

  /**
   * What the model was not fitted to: inference of 128 images, and the memory of training. The pass
   * was measured while patches took half a millisecond longer than they need to.
   */
  @Test
  void otherMeasurements() {
    assertThat(1000 * GpuCard.H200.pass(D, false, 128, 224, 224))
        .isCloseTo(9.6 - 0.5, withPercentage(3));
    assertThat(1000 * GpuCard.H200.pass(D, true, 128, 224, 224)).isCloseTo(21.4, withPercentage(3));
    assertThat(GpuCard.H200.bytes(D, false, 128, false)).isCloseTo(5.62e9, withPercentage(3));
    assertThat(GpuCard.H200.bytes(D, true, 128, false)).isCloseTo(9.48e9, withPercentage(3));
  }

  /**
   * By hand: a card whose memory costs nothing has its products, 2 x 128 x 15.5e9 operations for
   * each of three passes, at rates between those of 64 channels and its peak.
   */
  @Test
  void productsAlone() {
    GpuTime time = new GpuTime(GpuKernels.HOPPER, 989.4e12, 1e18, 31e9, false);
    double operations = 3 * 2 * 128 * (double) D.multiplyAdds();
    assertThat(time.step(D, 128, 128))
        .isGreaterThan(operations / 758e12)
        .isLessThan(1.08 * operations / 411e12 + 1e-3);
  }

  /** By hand: without products, what the memory moves, of which SGD's 22 bytes are a part. */
  @Test
  void memoryAlone() {
    GpuTime time = new GpuTime(GpuKernels.HOPPER, 1e18, 1e10, 31e9, false);
    GpuTime half = new GpuTime(GpuKernels.HOPPER, 1e18, 5e9, 31e9, false);
    assertThat(time.step(D, 128, 128)).isGreaterThan(1.08 * 22 * D.parameterCount() / 1e10);
    assertThat(half.step(D, 128, 128) / time.step(D, 128, 128)).isCloseTo(2, within(0.01));
  }

  /**
   * By hand, at the peak 165.2: the layers of 64 channels, 193 TFLOP/s of 570, take 165.2 (1/193 -
   * 1/570) of their products' time besides.
   */
  @Test
  void aCardOfALowerPeakSpendsItsTimeOnProducts() {
    double rate = GpuKernels.AMPERE.rate(GpuKernels.Product.FORWARD, 64, 165.2e12);
    assertThat(rate).isCloseTo(165.2e12 / (1 + 165.2 / 193 - 165.2 / 570), withPercentage(0.01));
    assertThat(GpuKernels.AMPERE.rate(GpuKernels.Product.FORWARD, 64, 570e12))
        .isCloseTo(193e12, withPercentage(0.01));
    assertThat(GpuKernels.HOPPER.rate(GpuKernels.Product.DATA, 4096, 989.4e12))
        .isCloseTo(722e12, withPercentage(0.01));
    assertThat(GpuKernels.HOPPER.rate(GpuKernels.Product.DATA, 16, 989.4e12))
        .isCloseTo(411e12, withPercentage(0.01));
  }

  @ParameterizedTest
  @EnumSource(GpuCard.class)
  void moreWorkTakesLonger(GpuCard card) {
    double a = card.step(paper(Configuration.A), false, 256, 256);
    double b = card.step(paper(Configuration.B), false, 256, 256);
    double c = card.step(paper(Configuration.C), false, 256, 256);
    double d = card.step(D, false, 256, 256);
    double e = card.step(paper(Configuration.E), false, 256, 256);
    assertThat(new double[] {a, b, c, d, e}).isSorted();
    assertThat(card.step(paper(Configuration.A_LRN), false, 256, 256)).isGreaterThan(a);
    assertThat(card.step(paper(Configuration.D_BN), false, 256, 256)).isGreaterThan(d);
    assertThat(card.step(D, true, 256, 256)).isGreaterThan(2 * d);
    assertThat(card.step(D, false, 256, 128)).isGreaterThan(d);
    assertThat(card.step(D, false, 128, 128)).isBetween(d / 2, d);
    assertThat(card.pass(D, false, 1, 256, 341)).isLessThan(card.pass(D, false, 1, 512, 683));
    assertThat(card.bytes(D, false, 128, true)).isGreaterThan(card.bytes(D, false, 128, false));
  }

  @Test
  void cardsInOrder() {
    double h200 = GpuCard.H200.step(D, false, 128, 128);
    double h100 = GpuCard.H100.step(D, false, 128, 128);
    assertThat(h100).isBetween(h200, 1.2 * h200);
    assertThat(GpuCard.RTX4090.step(D, false, 128, 128)).isBetween(3 * h200, 6 * h200);
    assertThat(GpuCard.RTX4090.fits(20.3e9)).isTrue();
    assertThat(GpuCard.RTX4090.fits(20.5e9)).isFalse();
  }

  /** Small networks do not get faster without end: a kernel takes some microseconds. */
  @Test
  void smallNetworksWaitForTheirKernels() {
    Architecture small = new Architecture(Configuration.A, 0.25, 32, 10);
    assertThat(GpuCard.H200.step(small, false, 1, 1)).isBetween(30 * 14e-6, 2e-3);
  }

  @Test
  void names() {
    assertThat(GpuCard.of("rtx 4090")).isEqualTo(GpuCard.RTX4090);
    assertThatThrownBy(() -> GpuCard.of("titan"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option gpu is 'titan' but must be one of H100, H200, RTX4090: any other GPU is"
                + " measured where it is, by --device cuda");
  }
}
