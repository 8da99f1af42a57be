package org.vgg4j.cuda.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.cuda.check.KernelTiming;
import org.vgg4j.cuda.check.KernelTimings;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.Device;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.Limits;
import org.vgg4j.cuda.kernels.Precision;

/** The kernels of network D in one precision, one line each, and the sum of each pass. */
final class TimingRun {
  private final Device device;
  private final Precision precision;
  private final KernelTimings.Size size;

  TimingRun(Device device, Precision precision, KernelTimings.Size size) {
    this.device = device;
    this.precision = precision;
    this.size = size;
  }

  /** Measures all; returns how many kernels fail. */
  int run(ArrayNode json) {
    System.out.println();
    System.out.printf(
        Locale.ROOT,
        "Kernels of network D, %s, %d images of %dx%d: median ms%n",
        precision,
        size.images(),
        size.crop(),
        size.crop());
    Map<String, Double> passes = new LinkedHashMap<>();
    try (Context context = Context.open(device);
        KernelLibrary library = new KernelLibrary(context)) {
      Limits limits = Limits.of(library);
      System.out.printf(
          Locale.ROOT,
          "of limit: of %.1f TFLOP/s of %s%s, or of %.0f GB/s, whichever takes longer%n",
          2e-12 * limits.products(),
          limits.origin(),
          precision == Precision.FP32 ? " (three for each multiply-add)" : "",
          1e-9 * limits.memory());
      for (KernelTiming timing : KernelTimings.all(precision, size)) {
        float milliseconds = timing.milliseconds(library, size.runs());
        double limit = limits.milliseconds(precision, timing.flops(), timing.bytes());
        print(timing, milliseconds, limit);
        json.add(node(json.objectNode(), timing, milliseconds).put("limitMilliseconds", limit));
        passes.merge(timing.pass(), (double) timing.count() * milliseconds, Double::sum);
      }
    } catch (RuntimeException e) {
      System.out.println("WRONG  " + e.getMessage());
      json.addObject().put("precision", precision.toString()).put("error", e.getMessage());
      return 1;
    }
    passes.forEach(
        (pass, sum) ->
            System.out.printf(
                Locale.ROOT, "%10.3f  sum of %s, each as often as D has it%n", sum, pass));
    return 0;
  }

  private static void print(KernelTiming timing, float milliseconds, double limit) {
    System.out.printf(
        Locale.ROOT,
        "%10.3f  %7.1f %-7s  %4.0f %% of limit  %s, %s%n",
        milliseconds,
        rate(timing, milliseconds),
        timing.flops() > 0 ? "TFLOP/s" : "GB/s",
        100 * limit / milliseconds,
        timing.pass(),
        timing.name());
  }

  private static double rate(KernelTiming timing, float milliseconds) {
    return timing.flops() > 0
        ? timing.flops() / milliseconds / 1e9
        : timing.bytes() / milliseconds / 1e6;
  }

  private ObjectNode node(ObjectNode node, KernelTiming timing, float milliseconds) {
    return node.put("precision", precision.toString())
        .put("pass", timing.pass())
        .put("name", timing.name())
        .put("count", timing.count())
        .put("milliseconds", milliseconds)
        .put(timing.flops() > 0 ? "tflops" : "gbps", rate(timing, milliseconds));
  }
}
