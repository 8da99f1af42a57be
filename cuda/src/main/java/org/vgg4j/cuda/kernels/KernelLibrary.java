package org.vgg4j.cuda.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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
          "box_loss",
          "convolution",
          "dropout",
          "layout",
          "local_response_norm",
          "loss",
          "pool",
          "probe",
          "sgd",
          "slices",
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
  private final Map<String, Assembly> modules = new ConcurrentHashMap<>();
  private final Map<String, Kernel> kernels = new ConcurrentHashMap<>();

  /** With the kernels that are best for the GPU. */
  public KernelLibrary(Context context) {
    this(context, Family.of(context.device()));
  }

  /**
   * @param family which kernels multiply
   */
  public KernelLibrary(Context context, Family family) {
    this.context = context;
    this.family = family;
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
            ? List.of("convolution", "slices", "layout")
            : List.of(maps, "forward_sums_hopper", "slices", "layout"));
  }

  /** Each file on a thread of its own: the driver's assembler uses one. */
  private void assemble(List<String> files) {
    files.parallelStream().forEach(this::module);
  }

  /** A file of kernels, assembled once; others are not waited for. */
  private final class Assembly {
    private final String file;
    private @Nullable KernelModule module;

    Assembly(String file) {
      this.file = file;
    }

    synchronized KernelModule module() {
      KernelModule there = module;
      if (there == null) {
        there = KernelModule.load(context, ptx(file), file);
        module = there;
      }
      return there;
    }

    synchronized void close() {
      if (module != null) {
        module.close();
        module = null;
      }
    }
  }

  private KernelModule module(String file) {
    return modules.computeIfAbsent(file, Assembly::new).module();
  }

  Kernel kernel(String file, String name) {
    Kernel known = kernels.get(name);
    if (known == null) {
      known = module(file).kernel(name);
      kernels.put(name, known);
    }
    return known;
  }

  /** Launches a kernel with a thread for each item. */
  void forEach(long items, CudaStream stream, String file, String name, Object... arguments) {
    int blocks = Math.toIntExact((items + THREADS - 1) / THREADS);
    kernel(file, name).launch(stream, blocks, 1, 1, THREADS, 0, arguments);
  }

  @Override
  public void close() {
    kernels.clear();
    modules.values().forEach(Assembly::close);
    modules.clear();
  }
}
