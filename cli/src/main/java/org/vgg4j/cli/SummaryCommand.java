package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.BatchSequence;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.weights.Models;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vgg summary}. */
@Command(
    name = "summary",
    description = "Prints a network, or all of them, with sizes, costs and memory.")
final class SummaryCommand implements Runnable {
  private static final double MB = 1e6;

  @Spec private CommandSpec spec;

  @Mixin private final NetworkOptions options = new NetworkOptions();

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "the network of that model, instead of --arch, --width, --crop, --classes")
  private @Nullable Path model;

  @Option(names = "--all", description = "print the paper's Tables 1 and 2 instead")
  private boolean all;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      description = "images at a time, for the memory (default: ${DEFAULT-VALUE})")
  private int batch;

  @Mixin private final FcWeightsOption fcWeights = new FcWeightsOption();

  @Option(
      names = "--micro-batch",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "images of a training batch at a time, for the memory; 0: all (default:"
              + " ${DEFAULT-VALUE})")
  private int microBatch;

  @Mixin private final DeviceOption device = new DeviceOption();
  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @SuppressWarnings("UnusedVariable") // it quietens the log
  @Mixin
  private final QuietOption quiet = new QuietOption();

  @Override
  public void run() {
    if (batch < 1) {
      throw new InputException("option batch is " + batch + " but must be at least 1");
    }
    if (microBatch < 0 || microBatch > batch) {
      throw new InputException(
          "option micro-batch is "
              + microBatch
              + " but must be from 1 to the batch, "
              + batch
              + ", or 0 for all");
    }
    if (model != null) {
      requireNoOtherNetwork();
    }
    try (Engine engine = Engines.open(device.get(), threads.count())) {
      PrintWriter out = spec.commandLine().getOut();
      if (all) {
        List<Architecture> family = new ArrayList<>();
        for (Configuration configuration : Configuration.ofThePaper()) {
          family.add(options.network(configuration));
        }
        out.println(
            json ? Json.of(family.stream().map(a -> asMap(a, engine)).toList()) : tables(family));
      } else {
        Architecture network =
            model == null ? options.network() : Models.readWithoutArrays(model).architecture();
        out.println(json ? Json.of(asMap(network, engine)) : text(network, engine));
      }
    }
  }

  private void requireNoOtherNetwork() {
    for (String option :
        List.of("--all", "--arch", "--width", "--crop", "--classes", "--head", "--pooling")) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new ParameterException(
            spec.commandLine(), option + " contradicts --model: leave out one of the two");
      }
    }
  }

  private String text(Architecture network, Engine engine) {
    TextTable table =
        new TextTable()
            .row("layer", "kind", "output", "sees", "stride", "parameters", "mult-adds", "memory");
    for (LayerShape shape : network.shapes()) {
      table.row(
          shape.layer().name(),
          kind(shape.layer()),
          shape.height() == 1
                  && (shape.layer() instanceof Layer.FullyConnected
                      || shape.layer() instanceof Layer.GlobalAverage)
              ? String.valueOf(shape.channels())
              : shape.channels() + "x" + shape.height() + "x" + shape.width(),
          shape.receptiveField(),
          shape.stride(),
          grouped(shape.parameters()),
          grouped(shape.multiplyAdds()),
          String.format(Locale.ROOT, "%,.1f KB", shape.outputs() * Float.BYTES / 1e3));
    }
    return String.format(
            Locale.ROOT,
            "Network %s, %d weight layers. Sizes are channels x rows x columns; 'sees' is the"
                + " receptive field and%n'stride' the step in input pixels; mult-adds and memory of"
                + " the output are for one image.%n%n",
            network,
            network.weightLayers())
        + table
        + String.format(
            Locale.ROOT,
            "%nTotal: %s parameters, %s multiply-adds.%nOutputs: %s.%s%n",
            grouped(network.parameterCount()),
            grouped(network.multiplyAdds()),
            network.task().about(network.classes()),
            network.task().isBoxes() ? " " + CropBox.ABOUT_CODE : "")
        + memory(
            inferenceTitle(),
            batch,
            engine.memory().inference(network, batch, fcWeights.get()),
            engine)
        + memory("Training", imagesAtATime(engine), trainingMemory(network, engine), engine)
        + ofEach(engine);
  }

  private String inferenceTitle() {
    FcWeights form = fcWeights.get();
    return form == FcWeights.FP32 ? "Inference" : "Inference with " + form.label() + " fc weights";
  }

  /** Of several devices each takes no more than its share of a batch. */
  private int imagesAtATime(Engine engine) {
    int share = BatchSequence.share(batch, engine.memory().devices());
    return microBatch > 0 ? Math.min(microBatch, share) : share;
  }

  private static String ofEach(Engine engine) {
    int devices = engine.memory().devices();
    return devices == 1
        ? ""
        : "Each of the %d devices of %s takes this in training; inference uses only the first.%n"
            .formatted(devices, engine.device().text());
  }

  private MemoryPlan trainingMemory(Architecture network, Engine engine) {
    return engine.memory().training(network, imagesAtATime(engine), batch);
  }

  private static String memory(String title, int images, MemoryPlan plan, Engine engine) {
    TextTable table = new TextTable();
    plan.parts().forEach((name, bytes) -> table.row("  " + name, megabytes(bytes)));
    OptionalLong beside = ProcessMemory.besideTheNetwork();
    return String.format(
        Locale.ROOT,
        "%n%s, %d images at a time, %s kernels, %d threads: %s of arrays%s%n%s",
        title,
        images,
        engine.kernels().name(),
        engine.hostThreads().count(),
        megabytes(plan.total()),
        beside.isPresent() && engine.device().equals(Device.CPU)
            ? "; with Java itself the process takes about "
                + megabytes(plan.total() + beside.getAsLong())
            : "",
        table);
  }

  private static String tables(List<Architecture> family) {
    List<List<String>> columns = new ArrayList<>();
    for (Architecture network : family) {
      List<String> column = new ArrayList<>();
      for (Layer layer : network.layers()) {
        column.add(kind(layer));
      }
      columns.add(aligned(column));
    }
    TextTable table1 = new TextTable();
    table1.row(family.stream().map(a -> a.configuration().label()).toArray());
    table1.row(family.stream().map(a -> a.weightLayers() + " layers").toArray());
    int rows = columns.stream().mapToInt(List::size).max().orElse(0);
    for (int row = 0; row < rows; row++) {
      int r = row;
      table1.row(columns.stream().map(c -> c.get(r)).toArray());
    }
    TextTable table2 = new TextTable().row("network", "parameters", "millions", "mult-adds");
    for (Architecture network : family) {
      table2.row(
          network.configuration().label(),
          grouped(network.parameterCount()),
          String.format(Locale.ROOT, "%.1f", network.parameterCount() / 1e6),
          grouped(network.multiplyAdds()));
    }
    return "Table 1: the networks (convK-C is a convolution with KxK filters and C channels)\n\n"
        + table1
        + "\nTable 2: their parameters\n\n"
        + table2;
  }

  /** Pads every block to the longest one's length, so that the pools line up. */
  private static List<String> aligned(List<String> layers) {
    int longestBlock = 4;
    List<String> rows = new ArrayList<>();
    int inBlock = 0;
    for (String layer : layers) {
      if (layer.equals("maxpool")) {
        while (inBlock++ < longestBlock) {
          rows.add("");
        }
        inBlock = 0;
      } else {
        inBlock++;
      }
      rows.add(layer);
    }
    return rows;
  }

  private static String kind(Layer layer) {
    if (layer instanceof Layer.Convolution c) {
      return "conv" + c.kernel() + "-" + c.outChannels();
    }
    if (layer instanceof Layer.FullyConnected f) {
      return "FC-" + f.outFeatures();
    }
    if (layer instanceof Layer.BatchNorm) {
      return "batch norm";
    }
    if (layer instanceof Layer.GlobalAverage) {
      return "average";
    }
    return layer instanceof Layer.MaxPool ? "maxpool" : "LRN";
  }

  private Map<String, Object> asMap(Architecture network, Engine engine) {
    List<Map<String, Object>> layers = new ArrayList<>();
    for (LayerShape shape : network.shapes()) {
      Map<String, Object> layer = new LinkedHashMap<>();
      layer.put("name", shape.layer().name());
      layer.put("kind", kind(shape.layer()));
      layer.put("output", List.of(shape.channels(), shape.height(), shape.width()));
      layer.put("receptiveField", shape.receptiveField());
      layer.put("stride", shape.stride());
      layer.put("parameters", shape.parameters());
      layer.put("multiplyAdds", shape.multiplyAdds());
      layer.put("activationBytes", shape.outputs() * Float.BYTES);
      layers.add(layer);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("arch", network.configuration().label());
    map.put("width", network.width());
    map.put("crop", network.crop());
    map.put("classes", network.classes());
    String head = network.head().headText();
    if (head != null) {
      map.put("head", head);
    }
    map.put("pooling", network.head().poolingText());
    map.put("task", network.task().label());
    map.put("outputs", network.outputs());
    map.put("weightLayers", network.weightLayers());
    map.put("parameters", network.parameterCount());
    map.put("multiplyAdds", network.multiplyAdds());
    map.put("layers", layers);
    map.put("batch", batch);
    MemoryPlan inference = engine.memory().inference(network, batch, fcWeights.get());
    map.put("inferenceBytes", inference.parts());
    map.put("microBatch", imagesAtATime(engine));
    if (engine.memory().devices() > 1) {
      map.put("devices", engine.memory().devices());
    }
    MemoryPlan training = trainingMemory(network, engine);
    map.put("trainingBytes", training.parts());
    ProcessMemory.besideTheNetwork()
        .ifPresent(
            beside -> {
              map.put("inferenceProcessBytes", inference.total() + beside);
              map.put("trainingProcessBytes", training.total() + beside);
            });
    return map;
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MB", bytes / MB);
  }
}
