package org.vgg4j.bench.compare;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.kernels.JitOptions;

/**
 * One engine that can be measured.
 *
 * @param name its name in options
 * @param title its name for people
 * @param factory creates it, in its own process
 * @param variant which form of it
 * @param trains whether it can train
 * @param precision the numbers that it computes with
 * @param jvmOptions options of its process
 */
record EngineSpec(
    String name,
    String title,
    Class<? extends Contender.Factory> factory,
    String variant,
    boolean trains,
    Precision precision,
    List<String> jvmOptions) {
  /** All engines; the first is the reference. */
  static final List<EngineSpec> ALL =
      List.of(
          new EngineSpec(
              "vgg4j",
              "vgg4j",
              VggContender.Factory.class,
              "",
              true,
              Precision.FLOAT32,
              ownOptions()),
          libtorch("libtorch", "libtorch", LibtorchContender.Form.CONTIGUOUS, Precision.FLOAT32),
          libtorch(
              "libtorch-channels-last",
              "libtorch, channels last",
              LibtorchContender.Form.CHANNELS_LAST,
              Precision.FLOAT32),
          libtorch(
              "libtorch-bf16",
              "libtorch, channels last, bfloat16",
              LibtorchContender.Form.BFLOAT16,
              Precision.BFLOAT16),
          new EngineSpec(
              "onnxruntime",
              "ONNX Runtime",
              OnnxRuntimeContender.Factory.class,
              "",
              false,
              Precision.FLOAT32,
              List.of("-Xmx1g", "--enable-native-access=ALL-UNNAMED")));

  /** As {@code ./vgg} starts Java. */
  private static List<String> ownOptions() {
    List<String> options = new ArrayList<>();
    options.addAll(List.of("--add-modules", "jdk.incubator.vector", "-XX:MaxRAMPercentage=70"));
    String further = System.getenv("VGG_JAVA_OPTS");
    if (further == null || !further.contains("GC")) {
      options.add("-XX:+UseSerialGC");
      int young = Math.min(256, 16 * Runtime.getRuntime().availableProcessors());
      options.add("-XX:MaxNewSize=" + young + "m");
      options.add("-XX:MinHeapFreeRatio=5");
      options.add("-XX:+UseCountedLoopSafepoints");
      options.add("-XX:LoopStripMiningIter=1000");
    }
    options.add("-XX:CompileCommand=quiet");
    options.addAll(JitOptions.commandLine());
    if (System.getProperty("os.name").equals("Linux")) {
      options.add("-XX:+UseTransparentHugePages");
    }
    if (further != null && !further.isBlank()) {
      options.addAll(List.of(further.strip().split(" +")));
    }
    return List.copyOf(options);
  }

  private static EngineSpec libtorch(
      String name, String title, LibtorchContender.Form form, Precision precision) {
    // otherwise JavaCPP would count native memory against the heap's size, and collect garbage
    // beyond that
    List<String> options =
        List.of(
            "-Xmx1g",
            "--enable-native-access=ALL-UNNAMED",
            "-Dorg.bytedeco.javacpp.maxBytes=0",
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");
    return new EngineSpec(
        name, title, LibtorchContender.Factory.class, form.name(), true, precision, options);
  }
}
