package org.vgg4j.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.BatchSequence;
import org.vgg4j.evaluate.TestScales;
import org.vgg4j.experiment.Benchmark;
import org.vgg4j.experiment.GpuCard;
import org.vgg4j.experiment.GradientExchange;
import org.vgg4j.experiment.HostExchange;
import org.vgg4j.experiment.LineExchange;
import org.vgg4j.experiment.PeerExchange;
import org.vgg4j.experiment.TrainingCost;
import org.vgg4j.experiment.TrainingMachine;
import org.vgg4j.experiment.TrainingRun;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.MemoryOracle;
import org.vgg4j.network.Precision;
import org.vgg4j.train.AutoBatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg plan}. */
@Command(
    name = "plan",
    description =
        "Predicts what a training run takes on one machine or GPU, or on several identical ones:"
            + " time, memory, energy, traffic and the rate at which images must be decoded."
            + " Default: the paper's run on ILSVRC-2012.",
    sortOptions = false)
final class PlanCommand implements Runnable {
  /** Of one core, for ILSVRC's images: what benchmarks/decode measured, see docs/performance.md. */
  private static final double DECODED_PER_CORE = 455;

  /** Images that processors have at a time. */
  private static final int MICRO_BATCH = 16;

  /** Of a machine with two processors or so. */
  private static final double WATTS = 200;

  /** Whole images at a time in dense evaluation, as vgg evaluate has it. */
  private static final int WHOLE = 64;

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
      description =
          "images per step, over all machines or GPUs; auto: as many as the fewest of them hold at"
              + " once, as vgg train chooses it (default: ${DEFAULT-VALUE})")
  private String batchText;

  /** What {@link #batchText} comes to. */
  private int batch;

  @Option(
      names = "--micro-batch",
      paramLabel = "N",
      description =
          "images that a machine or GPU has at a time, for its memory and its rate (default: 16; on"
              + " a GPU its share of a batch, or what fits of that)")
  private @Nullable Integer microBatch;

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
      description = "of one machine in training (default: measured on this one, see --device)")
  private @Nullable Double imagesPerSecond;

  @Option(
      names = "--gigabits",
      paramLabel = "F",
      defaultValue = "10",
      description =
          "bandwidth of each machine to the others, in Gbit/s (default: ${DEFAULT-VALUE})")
  private double gigabits;

  @Option(
      names = "--watts",
      paramLabel = "F",
      description = "power of each machine or GPU (default: 200, or what --gpu takes at most)")
  private @Nullable Double watts;

  @Option(
      names = "--decoded-per-core",
      paramLabel = "R",
      defaultValue = "" + DECODED_PER_CORE,
      description =
          "images that one core decodes and rescales per second; benchmarks/decode measures it"
              + " (default: ${DEFAULT-VALUE})")
  private double decodedPerCore;

  @Option(
      names = {"--mixup", "--cutmix"},
      paramLabel = "ALPHA",
      description =
          "as for vgg train: each training image is decoded with the one that it is mixed with, so"
              + " twice as many are; 0: not (default: 0)")
  private List<Double> mixing = List.of();

  @Mixin private final GpuOptions gpu = new GpuOptions();

  @Option(
      names = "--test-scales",
      paramLabel = "Q,Q",
      split = ",",
      description =
          "with --gpu: also what dense evaluation at these scales takes (bench measures it where"
              + " the GPU is)")
  private List<Integer> testScales = List.of();

  @Option(
      names = "--test-images",
      paramLabel = "N",
      defaultValue = "50000",
      description = "images for that (default: ${DEFAULT-VALUE})")
  private long testImages;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Override
  public void run() {
    if (!(decodedPerCore > 0)) {
      throw new InputException(
          "option decoded-per-core is " + decodedPerCore + " but must be more than 0");
    }
    for (double alpha : mixing) {
      if (!(alpha >= 0)) {
        throw new InputException(
            "options mixup and cutmix are alphas, but one is " + alpha + ": give at least 0");
      }
    }
    Architecture network = options.network();
    GpuCard card = gpu.card();
    List<Integer> gpus = gpu.numbers(isTyped("--machines"));
    requireConsistent(card, gpus);
    List<Integer> counts = gpus == null ? machines : gpus;
    batch = batch(network, card, fewest(counts));
    GradientExchange exchange = new LineExchange(threads.count(), gigabits); // checks its options
    TrainingRun run = trainingRun(network, batch);
    for (int count : counts) { // finds mistakes in options before anything is measured
      TrainingCost.requirePossible(run, count, gpus == null ? "machines" : "gpus");
    }
    TrainingMachine checked =
        TrainingMachine.ofRate(
            imagesPerSecond == null ? 1 : imagesPerSecond, watts == null ? WATTS : watts);
    Plan plan =
        card != null
            ? predicted(network, card, counts, gpus != null)
            : here(network, counts, gpus != null, checked, exchange);
    spec.commandLine().getOut().println(json ? Json.of(plan.asMap()) : plan.text());
  }

  private boolean isTyped(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private void requireConsistent(@Nullable GpuCard card, @Nullable List<Integer> gpus) {
    if (card != null && imagesPerSecond != null) {
      throw new InputException(
          "option gpu predicts a rate and option images-per-second states one: leave one out");
    }
    if (card != null && isTyped(DeviceOption.NAME)) {
      throw new InputException(
          "option gpu predicts the rate of a GPU, option device measures that of one that is here:"
              + " leave one out");
    }
    if (card == null && gpus != null && imagesPerSecond != null) {
      throw new InputException(
          "option gpus needs to know more of a GPU than option images-per-second states: take --gpu"
              + " instead, or let a GPU be measured");
    }
    if (gpus != null && isTyped("--gigabits")) {
      throw new InputException(
          "option gigabits is between machines, but option gpus plans for GPUs of one: leave out"
              + " --gigabits, or take --machines");
    }
    if (card == null && !testScales.isEmpty()) {
      throw new InputException(
          "option test-scales needs option gpu: where a GPU is, bench --test-scales measures it");
    }
    if (testImages < 1) {
      throw new InputException("option test-images is " + testImages + " but must be at least 1");
    }
    for (int scale : testScales) {
      TestScales.requirePossible(scale, options.network().crop());
    }
  }

  /**
   * @param most images at a time if none are stated
   */
  private TrainingRun trainingRun(Architecture network, int most) {
    return new TrainingRun(network, images, epochs, batch, microBatch == null ? most : microBatch);
  }

  private int batch(Architecture network, @Nullable GpuCard card, int parts) {
    if (!batchText.strip().equalsIgnoreCase(AutoBatch.WORD)) {
      return Values.whole("batch", batchText, "or " + AutoBatch.WORD);
    }
    if (images < 1 || parts < 1 || microBatch != null) {
      throw new InputException(
          microBatch != null
              ? "option batch auto is a single micro-batch: leave out --micro-batch, or give a"
                  + " number"
              : "options images and machines or gpus must be at least 1");
    }
    int chosen = card != null ? ofCard(network, card, parts) : ofEngine(network, parts);
    if (chosen == 0) {
      throw new InputException(
          "not even one image fits: take a smaller network (options width, crop) for --batch auto");
    }
    return chosen;
  }

  private int ofCard(Architecture network, GpuCard card, int parts) {
    boolean exact = device.get().precision() == Precision.FP32;
    return AutoBatch.largest(
        images,
        n -> {
          int share = (n + parts - 1) / parts;
          return card.fits(card.bytes(network, exact, share, share < n));
        });
  }

  private int ofEngine(Architecture network, int parts) {
    try (Engine engine = Engines.open(device.get(), threads.count())) {
      return AutoBatch.largest(images, network, engine.memory(), parts, false, false);
    }
  }

  /**
   * What training takes at a time, in as few micro-batches as fit: several GPUs of a machine always
   * take the same number each.
   */
  private int fitting(List<Integer> counts, boolean inOneMachine, IntPredicate fits) {
    int number = fewest(counts);
    int step = inOneMachine ? number : 1;
    while (number < batch && !fits.test(BatchSequence.share(batch, number))) {
      number += step;
    }
    return BatchSequence.share(batch, number);
  }

  private static int fewest(List<Integer> counts) {
    return counts.stream().mapToInt(Integer::intValue).min().orElse(1);
  }

  private Plan predicted(
      Architecture network, GpuCard card, List<Integer> counts, boolean inOneMachine) {
    boolean exact = device.get().precision() == Precision.FP32;
    int fits =
        fitting(counts, inOneMachine, n -> card.fits(card.bytes(network, exact, n, n < batch)));
    TrainingRun run = trainingRun(network, fits);
    int atATime = run.atATime(fewest(counts));
    double bytes = card.bytes(network, exact, atATime, atATime < batch);
    if (!card.fits(bytes)) {
      throw new InputException(
          "training %d images at a time needs about %s, more than %s has room for: take a smaller micro-batch"
              .formatted(atATime, Bytes.needed(bytes), card.title()));
    }
    TrainingMachine machine =
        new TrainingMachine(
            n -> card.step(network, exact, n, Math.min(n, run.microBatch())),
            watts == null ? card.watts() : watts);
    GradientExchange exchange =
        inOneMachine ? new PeerExchange(gpu.link(), card.memory()) : new HostExchange(gigabits);
    return plan(
        new Subject(
            "One " + card.title(), "predicted, " + (exact ? "fp32" : "bf16"), false, true, bytes),
        run,
        counts,
        inOneMachine,
        machine,
        exchange,
        dense(network, card, exact));
  }

  private List<Plan.Dense> dense(Architecture network, GpuCard card, boolean exact) {
    List<Plan.Dense> dense = new ArrayList<>();
    for (int scale : testScales) {
      int width = (int) Math.round(scale * 4.0 / 3);
      double pass = card.pass(network, exact, WHOLE, scale, width);
      dense.add(new Plan.Dense(scale, scale, width, testImages, 2 * testImages * pass / WHOLE));
    }
    return dense;
  }

  /** For this machine, measured unless its rate is stated. */
  private Plan here(
      Architecture network,
      List<Integer> counts,
      boolean inOneMachine,
      TrainingMachine stated,
      GradientExchange ofProcessors) {
    try (Engine engine = Engines.open(device.get(), threads.count())) {
      boolean onCpu = engine.device().kind().equals(Device.CPU.kind());
      if (engine.memory().devices() > 1) {
        throw new InputException(
            "option device is %s, but plan measures one GPU: name one, and take --gpus %d for several"
                .formatted(engine.device().text(), engine.memory().devices()));
      }
      if (inOneMachine && onCpu) {
        throw new InputException(
            "option gpus is for GPUs, but this machine computes with its processors: take --gpu to"
                + " predict, or --machines");
      }
      MemoryOracle memory = engine.memory();
      TrainingRun run =
          trainingRun(
              network,
              onCpu
                  ? MICRO_BATCH
                  : fitting(
                      counts, inOneMachine, n -> memory.fits(memory.training(network, n, batch))));
      boolean measured = imagesPerSecond == null;
      TrainingMachine machine =
          measured ? new TrainingMachine(measure(engine, run, counts), stated.watts()) : stated;
      GradientExchange exchange = ofProcessors;
      if (inOneMachine) {
        exchange = new PeerExchange(gpu.link(), 1e9 * engine.probe().measure().read());
      } else if (!onCpu) {
        exchange = new HostExchange(gigabits);
      }
      String how =
          onCpu ? engine.hostThreads().count() + " threads" : engine.kernels().description();
      int atATime = run.atATime(fewest(counts));
      return plan(
          new Subject(
              inOneMachine ? "One GPU" : "One machine",
              measured ? "measured here, " + how : "as given",
              measured,
              false,
              memory.training(network, atATime, batch).total()),
          run,
          counts,
          inOneMachine,
          machine,
          exchange,
          List.of());
    }
  }

  /** Who trains: see {@link Plan}. */
  private record Subject(
      String who, String origin, boolean measured, boolean predicted, double memoryBytes) {}

  private Plan plan(
      Subject subject,
      TrainingRun run,
      List<Integer> counts,
      boolean inOneMachine,
      TrainingMachine machine,
      GradientExchange exchange,
      List<Plan.Dense> dense) {
    List<TrainingCost> costs =
        counts.stream().map(count -> new TrainingCost(run, count, machine, exchange)).toList();
    double gigabitsOfLink = 8e-9 * gpu.link().bytesPerSecond();
    String line =
        inOneMachine
            ? "%.0f GB/s to other GPUs (link %s)"
                .formatted(1e-9 * gpu.link().bytesPerSecond(), GpuOptions.name(gpu.link()))
            : Plan.number(gigabits) + " Gbit/s";
    return new Plan(
        costs,
        inOneMachine,
        subject.who(),
        subject.origin(),
        subject.measured(),
        subject.predicted(),
        subject.memoryBytes(),
        run.atATime(fewest(counts)),
        line,
        inOneMachine ? gigabitsOfLink : gigabits,
        decodedPerCore,
        mixing.stream().anyMatch(alpha -> alpha > 0) ? 2 : 1,
        dense);
  }

  /** Measures every number of images that somebody has at a time. */
  private TrainingMachine.StepTime measure(Engine engine, TrainingRun run, List<Integer> counts) {
    spec.commandLine().getErr().println("measuring how fast this machine trains...");
    Map<Integer, Double> seconds = new HashMap<>();
    List<Integer> andOne = new ArrayList<>(counts);
    andOne.add(1); // the speed-up is relative to one
    for (int count : andOne) {
      seconds.computeIfAbsent(
          run.atATime(count),
          n -> {
            Benchmark benchmark = new Benchmark(engine, run.architecture(), n, FcWeights.FP32);
            return benchmark.run(Benchmark.Pass.TRAIN).millisPerImage() / 1000;
          });
    }
    return images ->
        images * Objects.requireNonNull(seconds.get(Math.min(images, run.microBatch())));
  }
}
