package org.vgg4j.cuda.check;

import java.util.ArrayList;
import java.util.List;

/** All checks of kernels. */
public final class KernelChecks {
  private KernelChecks() {}

  /** All of them; together they take less than a minute on a CPU that plays a GPU. */
  public static List<KernelCheck> all() {
    List<KernelCheck> checks = new ArrayList<>(ConvolutionChecks.all());
    checks.addAll(MapChecks.all());
    checks.addAll(BatchNormChecks.all());
    checks.addAll(StepChecks.all());
    return checks;
  }
}
