package org.vgg4j.cli;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.experiment.Benchmark;
import org.vgg4j.experiment.TrainingCost;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.MemoryPlan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg plan}. */
@Command(
    name = "plan",
    description =
        "Predicts what a training run takes on one machine or several identical ones: time, memory,"
            + " energy, network traffic and the rate at which images must be decoded. Default:"
            + " the paper's run on ILSVRC-2012.",
    sortOptions = false)
final class PlanCommand implements Runnable {
  /** Of one core, for ILSVRC's images: what benchmarks/decode measured, see docs/performance.md. */
  private static final double DECODED_PER_CORE = 455;

  @Spec private CommandSpec spec;

  @Mixin private final NetworkOptions options = new NetworkOptions();

  @Option(
      names = "--images",
      paramLabel = "N",
      defaultValue = "1281167",
      description = "training images (default: ${DEFAULT-VALUE})")
  private long images;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "74",
      description = "how often each is seen (default: ${DEFAULT-VALUE})")
  private int epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "256",
      description = "images per step, over all machines (default: ${DEFAULT-VALUE})")
  private int batch;

  @Option(
      names = "--micro-batch",
      paramLabel = "N",
      defaultValue = "16",
      description =
          "images that a machine has at a time, for its memory and for measuring its rate (default:"
              + " ${DEFAULT-VALUE})")
  private int microBatch;

  @Option(
      names = "--machines",
      paramLabel = "N,N",
      split = ",",
      defaultValue = "1,4,16",
      description = "how many, one or several numbers (default: ${DEFAULT-VALUE})")
  private List<Integer> machines;

  @Option(
      names = "--images-per-second",
      paramLabel = "R",
      description = "of one machine in training (default: measured on this one)")
  private @Nullable Double imagesPerSecond;

  @Option(
      names = "--gigabits",
      paramLabel = "F",
      defaultValue = "10",
      description = "bandwidth of each machine, in Gbit/s (default: ${DEFAULT-VALUE})")
  private double gigabits;

  @Option(
      names = "--watts",
      paramLabel = "F",
      defaultValue = "200",
      description = "power of each machine (default: ${DEFAULT-VALUE})")
  private double watts;

  @Option(
      names = "--decoded-per-core",
      paramLabel = "R",
      defaultValue = "" + DECODED_PER_CORE,
      description =
          "images that one core decodes and rescales per second; benchmarks/decode measures it"
              + " (default: ${DEFAULT-VALUE})")
  private double decodedPerCore;

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Override
  public void run() {
    if (!(decodedPerCore > 0)) {
      throw new InputException(
          "option decoded-per-core is " + decodedPerCore + " but must be more than 0");
    }
    Architecture network = options.network();
    costs(network, 1); // finds mistakes in options before anything is measured
    try (Engine engine = Engines.open(Device.CPU, threads.count())) {
      double rate = imagesPerSecond != null ? imagesPerSecond : measure(engine, network);
      List<TrainingCost> costs = costs(network, rate);
      MemoryPlan memory = engine.memory().training(network, imagesAtATime(), batch);
      spec.commandLine()
          .getOut()
          .println(json ? Json.of(asMap(costs, memory)) : text(engine, costs, memory));
    }
  }

  private List<TrainingCost> costs(Architecture network, double rate) {
    List<TrainingCost> costs = new ArrayList<>();
    for (int count : machines) {
      TrainingCost.Machine machine =
          new TrainingCost.Machine(rate, threads.count(), gigabits, watts);
      costs.add(new TrainingCost(network, images, epochs, batch, microBatch, count, machine));
    }
    return costs;
  }

  private int imagesAtATime() {
    return Math.min(microBatch, batch);
  }

  private double measure(Engine engine, Architecture network) {
    spec.commandLine().getErr().println("measuring how fast this machine trains...");
    int count = imagesAtATime();
    Benchmark benchmark = new Benchmark(engine, network, count, FcWeights.FP32);
    return 1000 / benchmark.run(Benchmark.Pass.TRAIN).millisPerImage();
  }

  private String text(Engine engine, List<TrainingCost> costs, MemoryPlan memory) {
    TrainingCost first = costs.get(0);
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "Network %s: %,d images, %d epochs, batches of %d: %,d steps.%nOne machine trains on"
                + " %.2f images/s (%s), has %.0f W and %s Gbit/s, and needs %,.0f MB for %d images"
                + " at a time.%n%n",
            first.architecture(),
            images,
            epochs,
            batch,
            first.steps(),
            first.machine().imagesPerSecond(),
            imagesPerSecond != null
                ? "as given"
                : "measured here, " + engine.hostThreads().count() + " threads",
            watts,
            new DecimalFormat("0.###", DecimalFormatSymbols.getInstance(Locale.ROOT))
                .format(gigabits),
            memory.total() / 1e6,
            imagesAtATime()));
    TextTable table =
        new TextTable()
            .row(
                "machines",
                "images each",
                "time",
                "speed-up",
                "kWh",
                "s computing",
                "s dividing",
                "s waiting",
                "MB sent",
                "decoded/s each",
                "cores for that");
    for (TrainingCost cost : costs) {
      table.row(
          cost.machines(),
          cost.imagesPerMachine(),
          time(cost.days()),
          String.format(Locale.ROOT, "%.2f", cost.speedUp()),
          String.format(Locale.ROOT, "%,.0f", cost.kilowattHours()),
          String.format(Locale.ROOT, "%.2f", cost.computeSeconds()),
          String.format(Locale.ROOT, "%.2f", cost.extraSeconds()),
          String.format(Locale.ROOT, "%.2f", cost.waitSeconds()),
          String.format(Locale.ROOT, "%,.0f", cost.trafficBytes() / 1e6),
          String.format(Locale.ROOT, "%.1f", cost.decodeRate()),
          String.format(Locale.ROOT, "%.2f", cost.decodeRate() / decodedPerCore));
    }
    text.append(table)
        .append(
            "\n"
                + "images each: of a batch; in each step: computing the gradients of these images,"
                + " dividing the work (products of the\n"
                + "others' factors, and sending), and waiting for gradients that arrive after the"
                + " end of the backward pass.\n"
                + "Validation is not counted, and all batches count as full.\n");
    text.append(
        String.format(
            Locale.ROOT,
            "The paper: four GTX Titan Black, %.0f to %.0f days, which is %.0f to %.0f images/s for"
                + " this many images and epochs; four were %.2f times as fast as one.%n",
            TrainingCost.PAPER_DAYS_LOW,
            TrainingCost.PAPER_DAYS_HIGH,
            first.paperRate(TrainingCost.PAPER_DAYS_HIGH),
            first.paperRate(TrainingCost.PAPER_DAYS_LOW),
            TrainingCost.PAPER_SPEED_UP));
    return text.toString();
  }

  /** In the unit that is easiest to read. */
  static String time(double days) {
    if (days >= 2) {
      return String.format(Locale.ROOT, "%,.1f d", days);
    }
    double hours = days * 24;
    return hours >= 2
        ? String.format(Locale.ROOT, "%.1f h", hours)
        : String.format(Locale.ROOT, "%.1f min", hours * 60);
  }

  private Map<String, Object> asMap(List<TrainingCost> costs, MemoryPlan memory) {
    TrainingCost first = costs.get(0);
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("arch", first.architecture().configuration().label());
    map.put("width", first.architecture().width());
    map.put("crop", first.architecture().crop());
    map.put("images", images);
    map.put("epochs", epochs);
    map.put("batch", batch);
    map.put("steps", first.steps());
    map.put("imagesPerSecond", first.machine().imagesPerSecond());
    map.put("measured", imagesPerSecond == null);
    map.put("memoryBytes", memory.total());
    map.put("microBatch", imagesAtATime());
    map.put("watts", watts);
    map.put("gigabitsPerSecond", gigabits);
    map.put("paperDays", List.of(TrainingCost.PAPER_DAYS_LOW, TrainingCost.PAPER_DAYS_HIGH));
    map.put("paperSpeedUpOfFour", TrainingCost.PAPER_SPEED_UP);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (TrainingCost cost : costs) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("machines", cost.machines());
      row.put("imagesEach", cost.imagesPerMachine());
      row.put("days", cost.days());
      row.put("speedUp", cost.speedUp());
      row.put("kilowattHours", cost.kilowattHours());
      row.put("computeSecondsPerStep", cost.computeSeconds());
      row.put("extraSecondsPerStep", cost.extraSeconds());
      row.put("waitSecondsPerStep", cost.waitSeconds());
      row.put("trafficSecondsPerStep", cost.trafficSeconds());
      row.put("trafficBytesPerStep", cost.trafficBytes());
      row.put("decodedPerSecondEach", cost.decodeRate());
      row.put("decodingCoresEach", cost.decodeRate() / decodedPerCore);
      rows.add(row);
    }
    map.put("machines", rows);
    return map;
  }
}
