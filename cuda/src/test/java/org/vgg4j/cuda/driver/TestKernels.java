package org.vgg4j.cuda.driver;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The kernels of {@code faults.cu} and {@code faults_hopper.cu}, which exist for the emulator only:
 * PTX with heads and no code.
 */
final class TestKernels {
  /** The type of a tensor map by value. */
  static final String MAP = "map";

  private TestKernels() {}

  static String ptx(String name, String... types) {
    return ptxFor("7.1", "sm_80", name, types);
  }

  static String ptxFor(String version, String target, String name, String... types) {
    String parameters =
        IntStream.range(0, types.length)
            .mapToObj(i -> parameter(types[i], name + "_param_" + i))
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

  private static String parameter(String type, String name) {
    return type.equals(MAP)
        ? "\t.param .align 64 .b8 " + name + "[128]"
        : "\t.param ." + type + " " + name;
  }

  /** A kernel for Hopper alone. */
  static Kernel loadHopper(Context context, String name, String... types) {
    String ptx = ptxFor("8.0", "sm_90a", name, types);
    return KernelModule.load(context, ptx, name).kernel(name);
  }

  static Kernel load(Context context, String name, String... types) {
    return KernelModule.load(context, ptx(name, types), name).kernel(name);
  }
}
