package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.cuda.kernels.Limits;
import org.vgg4j.network.Engine;
import org.vgg4j.network.MachineProbe;
import org.vgg4j.network.Precision;

@ExtendWith(Emulator.class)
class CudaProbeTest {
  private static MachineProbe.Speed measure(Precision precision) {
    try (Engine engine = Devices.gpu(precision)) {
      return engine.probe().measure();
    }
  }

  /** Two multiprocessors of 1 MHz, 2,048 multiply-adds a cycle; three for one of fp32. */
  @Test
  void whatAHopperCanDoIsCounted() {
    Emulator.pose(1, 12040, 90, 1L << 30);
    MachineProbe.Speed speed = measure(Precision.BF16);
    assertThat(speed.arithmetic()).isCloseTo(2 * 2 * 2048 * 1e6 / 1e9, withPercentage(0.01));
    assertThat(speed.arithmeticOf()).isEqualTo("products at its highest clock");
    assertThat(speed.product()).isPositive();
    assertThat(speed.read()).isPositive();
    assertThat(measure(Precision.FP32).arithmetic())
        .isCloseTo(speed.arithmetic() / 3, withPercentage(0.01));
  }

  @Test
  void whatOthersCanDoIsMeasured() {
    MachineProbe.Speed speed = measure(Precision.BF16);
    assertThat(speed.arithmeticOf()).isEqualTo("products on registers");
    assertThat(speed.arithmetic()).isPositive();
    assertThat(speed.product()).isPositive();
  }

  /**
   * By hand: 6e9 operations are 3 ms at 1e12 multiply-adds a second, 3e9 bytes 6 ms at 500 GB/s.
   */
  @Test
  void theLongerOfTwoIsTheLimit() {
    Limits limits = new Limits(1e12, 5e11, "");
    assertThat(limits.milliseconds(BF16, 6e9, 1e9)).isCloseTo(3, withPercentage(0.01));
    assertThat(limits.milliseconds(BF16, 6e9, 3e9)).isCloseTo(6, withPercentage(0.01));
    assertThat(limits.milliseconds(FP32, 6e9, 3e9)).isCloseTo(9, withPercentage(0.01));
    assertThat(limits.milliseconds(BF16, 0, 1e9)).isCloseTo(2, withPercentage(0.01));
  }

  private static final org.vgg4j.cuda.kernels.Precision BF16 =
      org.vgg4j.cuda.kernels.Precision.BF16;
  private static final org.vgg4j.cuda.kernels.Precision FP32 =
      org.vgg4j.cuda.kernels.Precision.FP32;
}
