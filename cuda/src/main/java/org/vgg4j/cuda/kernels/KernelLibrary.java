package org.vgg4j.cuda.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.Kernel;
import org.vgg4j.cuda.driver.KernelModule;

/**
 * The kernels of one GPU, assembled by its driver file by file when they are first used.
 * Thread-safe.
 */
public final class KernelLibrary implements AutoCloseable {
  /** Threads of a block, in all kernels but Hopper's. */
  static final int THREADS = 256;

  /** The files of kernels for every GPU. */
  private static final List<String> PLAIN_FILES =
      List.of(
          "batch_norm",
          "convolution",
          "dropout",
          "layout",
          "local_response_norm",
          "loss",
          "pool",
          "probe",
          "sgd",
          "sums",
          "weight_gradient");

  /** The files of kernels for Hopper alone. */
  private static final List<String> HOPPER_FILES =
      List.of(
          "backward_bf16_hopper",
          "backward_fp32_hopper",
          "backward_sums_hopper",
          "forward_bf16_hopper",
          "forward_fp32_hopper",
          "forward_sums_hopper",
          "weight_gradient_hopper");

  private final Context context;
  private final Family family;
  private final Map<String, KernelModule> modules = new ConcurrentHashMap<>();
  private final Map<String, Kernel> kernels = new ConcurrentHashMap<>();

  public KernelLibrary(Context context) {
    this.context = context;
    this.family = Family.of(context.device());
  }

  /** Which kernels multiply on this GPU. */
  public Family family() {
    return family;
  }

  /** The files of kernels that GPUs of a family load. */
  public static List<String> files(Family family) {
    return family == Family.AMPERE
        ? PLAIN_FILES
        : Stream.concat(PLAIN_FILES.stream(), HOPPER_FILES.stream()).toList();
  }

  /** The folder of a file's PTX, which is named after the GPUs that it is for. */
  public static String folder(String file) {
    return HOPPER_FILES.contains(file) ? "sm_90a" : "sm_80";
  }

  /** The GPU in use. */
  public Context context() {
    return context;
  }

  /** The PTX of a file of kernels. */
  public static String ptx(String file) {
    String resource = "/org/vgg4j/cuda/" + folder(file) + "/" + file + ".ptx";
    try (InputStream in = KernelLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + resource + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Assembles all kernels now, so that none is waited for later. */
  public void assembleAll() {
    assemble(files(family));
  }

  /** Assembles the kernels of inference, most of those that it needs. */
  public void assembleForInference(Precision precision) {
    String maps = precision == Precision.BF16 ? "forward_bf16_hopper" : "forward_fp32_hopper";
    assemble(
        family == Family.AMPERE
            ? List.of("convolution", "layout")
            : List.of(maps, "forward_sums_hopper", "convolution", "layout"));
  }

  /** Each file on a thread of its own: the driver's assembler uses one. */
  private void assemble(List<String> files) {
    files.parallelStream().forEach(this::module);
  }

  private KernelModule module(String file) {
    return modules.computeIfAbsent(file, name -> KernelModule.load(context, ptx(name), name));
  }

  Kernel kernel(String file, String name) {
    return kernels.computeIfAbsent(name, it -> module(file).kernel(it));
  }

  /** Launches a kernel with a thread for each item. */
  void forEach(long items, CudaStream stream, String file, String name, Object... arguments) {
    int blocks = Math.toIntExact((items + THREADS - 1) / THREADS);
    kernel(file, name).launch(stream, blocks, 1, 1, THREADS, 0, arguments);
  }

  @Override
  public void close() {
    kernels.clear();
    modules.values().forEach(KernelModule::close);
    modules.clear();
  }
}
