package org.vgg4j.cuda.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.cuda.kernels.Family;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.Precision;

/** Every kernel against doubles, on the emulator. */
@ExtendWith(Emulator.class)
class KernelChecksTest {
  static List<KernelCheck> checks() {
    return KernelChecks.all(Family.AMPERE);
  }

  /** Those of what multiplies; the other kernels are the same. */
  static List<KernelCheck> checksOfHopper() {
    return ConvolutionChecks.all(Family.HOPPER);
  }

  @ParameterizedTest
  @MethodSource("checks")
  void computesWhatDoublesDo(KernelCheck check) {
    Emulator.pose(Family.AMPERE);
    compute(check);
  }

  @ParameterizedTest
  @MethodSource("checksOfHopper")
  void computesOnHopperWhatDoublesDo(KernelCheck check) {
    Emulator.pose(Family.HOPPER);
    compute(check);
  }

  private static void compute(KernelCheck check) {
    try (Context context = Context.open(Driver.open().device(0));
        KernelLibrary library = new KernelLibrary(context)) {
      assertThat(check.run(library)).as(check.name()).isLessThanOrEqualTo(check.allowed());
    }
  }

  @Test
  void oneWrongValueAmongManyIsAnError() {
    double[] wanted = new double[1000];
    Arrays.fill(wanted, 1);
    double[] got = wanted.clone();
    got[999] = 1.01;
    assertThat(Errors.largest(got, wanted)).isBetween(0.004, 0.006);
    got[3] = Double.NaN;
    assertThat(Errors.largest(got, wanted)).isInfinite();
    wanted[3] = Double.NaN;
    assertThat(Errors.largest(got, wanted)).isBetween(0.004, 0.006);
    got[3] = 1;
    assertThat(Errors.largest(got, wanted)).isInfinite();
  }

  /** What {@code benchmarks/gpu} runs at full size: that nothing is launched wrongly. */
  @ParameterizedTest
  @EnumSource
  void timingsRun(Family family) {
    Emulator.pose(family);
    for (Precision precision : Precision.values()) {
      try (Context context = Context.open(Driver.open().device(0));
          KernelLibrary library = new KernelLibrary(context)) {
        KernelTimings.Size size = KernelTimings.Size.TINY;
        for (KernelTiming timing : KernelTimings.all(precision, size)) {
          assertThat(timing.milliseconds(library, size.runs())).as(timing.name()).isPositive();
        }
      }
    }
  }
}
