package org.vgg4j.cuda.driver;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The kernels of {@code faults.cu}, which exist for the emulator only: PTX with heads and no code.
 */
final class TestKernels {
  private TestKernels() {}

  static String ptx(String name, String... types) {
    return ptxFor("7.1", "sm_80", name, types);
  }

  static String ptxFor(String version, String target, String name, String... types) {
    String parameters =
        IntStream.range(0, types.length)
            .mapToObj(i -> "\t.param ." + types[i] + " " + name + "_param_" + i)
            .collect(Collectors.joining(",\n"));
    return """
    .version %s
    .target %s
    .address_size 64
    .visible .entry %s(
    %s
    )
    .maxntid 1024, 1, 1
    {
    	ret;
    }
    """
        .formatted(version, target, name, parameters);
  }

  static Kernel load(Context context, String name, String... types) {
    return KernelModule.load(context, ptx(name, types), name).kernel(name);
  }
}
