package org.vgg4j.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.evaluate.TestScales;
import org.vgg4j.experiment.Benchmark;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.LayerShape;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Inference;
import org.vgg4j.network.MachineProbe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg bench}. */
@Command(
    name = "bench",
    description = "Measures how fast a network runs here, compared with what the machine can do.")
final class BenchCommand implements Runnable {
  /** Training does not round weights. */
  private static final List<FcWeights> TRAINING = List.of(FcWeights.FP32);

  @Spec private CommandSpec spec;

  @Mixin private final NetworkOptions options = new NetworkOptions();

  @Option(
      names = "--batch",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,16",
      description = "images at a time, one or several numbers (default: ${DEFAULT-VALUE})")
  private List<Integer> batches;

  @Option(
      names = "--pass",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "forward",
      description = "forward, train, or forward,train (default: ${DEFAULT-VALUE})")
  private List<Benchmark.Pass> passes;

  @Option(
      names = "--fc-weights",
      paramLabel = "FORM",
      split = ",",
      defaultValue = "fp32",
      description =
          "how the forward pass holds the weights of fc6 to fc8: fp32, bf16 (rounded), or fp32,bf16"
              + " (default: ${DEFAULT-VALUE})")
  private List<String> fcWeights;

  @Option(
      names = "--test-scales",
      paramLabel = "Q,Q",
      split = ",",
      description =
          "also measure dense evaluation of square images with these sides, beside the forward pass"
              + " over a crop")
  private List<Integer> testScales = List.of();

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  /** A GPU's figures are a thousand times a processor's. */
  private static final double MANY_GIGAFLOPS = 10_000;

  /**
   * The units that figures are easy to read in.
   *
   * @param rate of multiplications
   * @param gigaflops that are one of it
   * @param digits of it
   * @param time of an image in a stage
   * @param perMilli how many of it are a millisecond
   */
  record Units(String rate, double gigaflops, int digits, String time, double perMilli) {
    static Units of(MachineProbe.Speed machine) {
      return machine.arithmetic() < MANY_GIGAFLOPS
          ? new Units("GFLOP/s", 1, 0, "ms/image", 1)
          : new Units("TFLOP/s", 1000, 1, "us/image", 1000);
    }

    String rate(double gigaflopsOfIt) {
      return String.format(Locale.ROOT, "%." + digits + "f", gigaflopsOfIt / gigaflops);
    }

    String time(double millis) {
      return String.format(Locale.ROOT, "%.3f", millis * perMilli);
    }
  }

  private record Measured(
      int batch, Benchmark.Pass pass, FcWeights form, Benchmark.Result result) {}

  @Override
  public void run() {
    for (int batch : batches) {
      if (batch < 1) {
        throw new InputException("option batch is " + batch + " but must be at least 1");
      }
    }
    List<FcWeights> forms = fcWeights.stream().map(FcWeights::of).toList();
    if (forms.contains(FcWeights.BF16) && !passes.contains(Benchmark.Pass.FORWARD)) {
      throw new InputException(
          "option fc-weights bf16 is for the forward pass, which option pass leaves out");
    }
    Architecture network = options.network();
    for (int scale : testScales) {
      TestScales.requirePossible(scale, network.crop());
    }
    try (Engine engine = Engines.open(device.get(), threads.count())) {
      MachineProbe.Speed machine = engine.probe().measure();
      List<Measured> results = new ArrayList<>();
      for (Benchmark.Pass pass : passes) {
        for (int batch : batches) {
          for (FcWeights form : pass == Benchmark.Pass.FORWARD ? forms : TRAINING) {
            Benchmark.Result result = new Benchmark(engine, network, batch, form).run(pass);
            results.add(new Measured(batch, pass, form, result));
          }
        }
      }
      List<Benchmark.Dense> dense = new ArrayList<>();
      for (int scale : testScales) {
        for (int batch : batches) {
          dense.add(new Benchmark(engine, network, batch, forms.get(0)).dense(scale));
        }
      }
      PrintWriter out = spec.commandLine().getOut();
      out.println(
          json
              ? Json.of(asMap(network, engine, machine, results, dense))
              : text(network, engine, machine, results) + text(network, dense));
    }
  }

  private static String text(Architecture network, List<Benchmark.Dense> dense) {
    if (dense.isEmpty()) {
      return "";
    }
    TextTable table =
        new TextTable()
            .row(
                "dense, Q",
                "batch",
                "ms/image",
                "ms/crop",
                "of a crop's time",
                "of its multiply-adds",
                "ratio");
    for (Benchmark.Dense one : dense) {
      double millis = one.result().millisPerImage();
      double crop = one.crop().millisPerImage();
      table.row(
          one.scale(),
          one.batch(),
          number(millis),
          number(crop),
          String.format(Locale.ROOT, "%.2f", millis / crop),
          String.format(Locale.ROOT, "%.2f", one.share()),
          String.format(Locale.ROOT, "%.2f", one.ratio()));
    }
    StringBuilder text = new StringBuilder();
    text.append(String.format("%n%sWithout mirror images, which take as long again.%n", table));
    dense.forEach(one -> text.append(stages(network, one)));
    return text.toString();
  }

  private static String stages(Architecture network, Benchmark.Dense dense) {
    TextTable table =
        new TextTable()
            .row("stage", "ms/image", "of a crop's time", "of its multiply-adds", "ratio");
    Map<String, Double> parts = dense.result().parts();
    Map<String, Double> crops = dense.crop().parts();
    List<LayerShape> small = network.shapes();
    List<LayerShape> large = network.shapes(dense.scale(), dense.scale());
    long pending = 0;
    long pendingOfCrop = 0;
    for (int i = 0; i < small.size(); i++) {
      pending += large.get(i).multiplyAdds();
      pendingOfCrop += small.get(i).multiplyAdds();
      Double millis = parts.get(small.get(i).layer().tap());
      Double crop = crops.get(small.get(i).layer().tap());
      if (millis != null && crop != null) {
        double share = (double) pending / pendingOfCrop;
        table.row(
            small.get(i).layer().tap(),
            String.format(Locale.ROOT, "%.3f", millis),
            String.format(Locale.ROOT, "%.2f", millis / crop),
            String.format(Locale.ROOT, "%.2f", share),
            String.format(Locale.ROOT, "%.2f", millis / crop / share));
        pending = 0;
        pendingOfCrop = 0;
      }
    }
    return String.format(
        "%nDense, Q = %d at batch %d, stage by stage:%n%s", dense.scale(), dense.batch(), table);
  }

  /** Effective GFLOP/s: the operations of the definition, however many were really computed. */
  private static double gigaflops(Architecture network, Measured measured) {
    // for each product of the forward pass, the backward pass has two
    int products = measured.pass() == Benchmark.Pass.FORWARD ? 1 : 3;
    return 2e-6 * products * network.multiplyAdds() / measured.result().millisPerImage();
  }

  private static String text(
      Architecture network, Engine engine, MachineProbe.Speed machine, List<Measured> results) {
    Units units = Units.of(machine);
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "Network %s; %s kernels (%s), %d threads, Java %s.%nThis machine: %.1f %s of"
                + " %s; the kernels' product %.1f %s (%.0f %%); memory"
                + " read at %.1f GB/s.%n%n",
            network,
            engine.kernels().name(),
            engine.kernels().description(),
            engine.hostThreads().count(),
            Runtime.version().feature(),
            machine.arithmetic() / units.gigaflops(),
            units.rate(),
            machine.arithmeticOf(),
            machine.product() / units.gigaflops(),
            units.rate(),
            100 * machine.product() / machine.arithmetic(),
            machine.read()));
    TextTable table =
        new TextTable()
            .row(
                "pass",
                "batch",
                "fc weights",
                "ms/image",
                "fastest",
                "slowest",
                "images/s",
                units.rate(),
                "of peak");
    for (Measured one : results) {
      double gigaflops = gigaflops(network, one);
      table.row(
          name(one.pass()),
          one.batch(),
          one.form().label(),
          number(one.result().millisPerImage()),
          number(one.result().fastest()),
          number(one.result().slowest()),
          String.format(Locale.ROOT, "%.1f", 1000 / one.result().millisPerImage()),
          units.rate(gigaflops),
          String.format(Locale.ROOT, "%.0f %%", 100 * gigaflops / machine.arithmetic()));
    }
    text.append(table);
    if (engine.device().kind().equals(Device.CPU.kind())) {
      text.append(
          "\nGFLOP/s count the multiplications of the definition; minimal filtering needs fewer, so"
              + " more than 100 % of the peak is possible.\n");
    } else {
      text.append(
          "\nms/image: with the copies of images to the device, which the stages below are"
              + " without.\n");
    }
    for (Measured one : results) {
      if (one.form() != FcWeights.FP32) {
        text.append(
            String.format(
                Locale.ROOT,
                "%s weights changed the scores of batch %d by at most %.3f %% of the largest.%n",
                one.form().label(),
                one.batch(),
                100 * one.result().scoreDifference()));
      }
    }
    for (Measured one : results) {
      if (!one.result().parts().isEmpty()) {
        text.append(layers(network, machine, one));
      }
    }
    ProcessMemory.peak()
        .ifPresent(
            bytes ->
                text.append(
                    String.format(
                        Locale.ROOT, "%nPeak memory of the process: %,.0f MB%n", bytes / 1e6)));
    return text.toString();
  }

  private static String layers(
      Architecture network, MachineProbe.Speed machine, Measured measured) {
    Units units = Units.of(machine);
    TextTable table =
        new TextTable()
            .row("stage", units.time(), units.rate(), "of peak", "products", "memory", "of limit");
    // a convolution whose pool is in the same stage has the pool's name
    long pending = 0;
    for (LayerShape shape : network.shapes()) {
      pending += shape.multiplyAdds();
      Double millis = measured.result().parts().get(shape.layer().tap());
      Inference.Work work = measured.result().work().get(shape.layer().tap());
      if (millis != null && work != null) {
        double gigaflops = 2e-6 * pending / millis;
        double products = 2e-6 * work.multiplyAdds() / machine.arithmetic() / measured.batch();
        double memory = 1e-6 * work.bytes() / machine.read() / measured.batch();
        table.row(
            shape.layer().tap(),
            units.time(millis),
            units.rate(gigaflops),
            String.format(Locale.ROOT, "%.0f %%", 100 * gigaflops / machine.arithmetic()),
            units.time(products),
            units.time(memory),
            String.format(Locale.ROOT, "%.0f %%", 100 * Math.max(products, memory) / millis));
        pending = 0;
      }
    }
    return String.format(
        "%nForward pass at batch %1$d, %2$s fc weights, stage by stage:%n%3$s%nproducts: %4$s that"
            + " the multiply-adds really done take at this machine's peak; memory: %4$s that"
            + " moving input,%nweights and output once takes at the speed of reading; of limit: the"
            + " larger of the two as a share of the time taken (more than 100 %%: the data were in"
            + " a cache).%n",
        measured.batch(), measured.form().label(), table, units.time());
  }

  private static Map<String, Object> asMap(Benchmark.Dense dense) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("testScale", dense.scale());
    map.put("batch", dense.batch());
    map.put("medianMsPerImage", dense.result().millisPerImage());
    map.put("cropMedianMsPerImage", dense.crop().millisPerImage());
    map.put("shareOfMultiplyAdds", dense.share());
    map.put("ratio", dense.ratio());
    map.put("stageMsPerImage", dense.result().parts());
    map.put("cropStageMsPerImage", dense.crop().parts());
    return map;
  }

  private static Map<String, Object> asMap(
      Architecture network,
      Engine engine,
      MachineProbe.Speed machine,
      List<Measured> results,
      List<Benchmark.Dense> dense) {
    List<Map<String, Object>> list = new ArrayList<>();
    for (Measured one : results) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("arch", network.configuration().label());
      map.put("width", network.width());
      map.put("crop", network.crop());
      map.put("batch", one.batch());
      map.put("pass", name(one.pass()));
      map.put("fcWeights", one.form().label());
      map.put("scoreDifference", one.result().scoreDifference());
      map.put("medianMsPerImage", one.result().millisPerImage());
      map.put("fastestMsPerImage", one.result().fastest());
      map.put("slowestMsPerImage", one.result().slowest());
      map.put("imagesPerSecond", 1000 / one.result().millisPerImage());
      map.put("effectiveGflops", gigaflops(network, one));
      map.put("shareOfPeak", gigaflops(network, one) / machine.arithmetic());
      map.put("stageMsPerImage", one.result().parts());
      map.put("stageWork", one.result().work());
      list.add(map);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("device", engine.device().text());
    map.put("kernels", engine.kernels().name());
    map.put("kernelsUse", engine.kernels().description());
    map.put("threads", engine.hostThreads().count());
    map.put("java", Runtime.version().toString());
    map.put("peakGflops", machine.arithmetic());
    map.put("peakIs", machine.arithmeticOf());
    map.put("productGflops", machine.product());
    map.put("readGigabytesPerSecond", machine.read());
    map.put("results", list);
    map.put("dense", dense.stream().map(BenchCommand::asMap).toList());
    ProcessMemory.peak().ifPresent(bytes -> map.put("peakMemoryBytes", bytes));
    return map;
  }

  private static String name(Benchmark.Pass pass) {
    return pass.name().toLowerCase(Locale.ROOT);
  }

  private static String number(double millis) {
    return String.format(Locale.ROOT, millis < 10 ? "%.3f" : "%.1f", millis);
  }
}
