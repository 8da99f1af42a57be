package org.vgg4j.cuda.check;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.cuda.kernels.Family;

/** All checks of kernels. */
public final class KernelChecks {
  private KernelChecks() {}

  /**
   * All of them; together they take less than a minute on a CPU that plays a GPU.
   *
   * @param family which kernels multiply
   */
  public static List<KernelCheck> all(Family family) {
    List<KernelCheck> checks = new ArrayList<>(ConvolutionChecks.all(family));
    checks.addAll(MapChecks.all());
    checks.addAll(BatchNormChecks.all());
    checks.addAll(StepChecks.all());
    checks.addAll(BoxChecks.all());
    return checks;
  }
}
