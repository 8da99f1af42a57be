package org.vgg4j.kernels;

import java.util.stream.Stream;
import org.vgg4j.kernels.scalar.ScalarKernels;
import org.vgg4j.kernels.vector.VectorKernels;

/**
 * An implementation that must pass all kernel tests.
 *
 * @param kernels the implementation
 * @param tolerance how far an output or gradient may be from double precision, as a share of the
 *     largest value of its array
 */
record TestedKernels(Kernels kernels, double tolerance) {
  /** Every implementation that this JVM can run. A new one is added here and nowhere else. */
  static Stream<TestedKernels> all() {
    return Stream.of(
        new TestedKernels(new ScalarKernels(), 5e-6), new TestedKernels(new VectorKernels(), 2e-5));
  }

  /** Those that are tested against the naive twin. */
  static Stream<TestedKernels> fast() {
    return all().filter(tested -> !(tested.kernels() instanceof ScalarKernels));
  }

  @Override
  public String toString() {
    return kernels.name();
  }
}
