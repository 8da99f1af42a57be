package org.vgg4j.experiment.reproduce;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.evaluate.Posteriors;
import org.vgg4j.evaluate.PosteriorsFile;
import org.vgg4j.evaluate.ProtocolEvaluator;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.train.DryRun;
import org.vgg4j.train.Initialisation;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.RunLock;
import org.vgg4j.train.ScheduleConfig;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingListener;
import org.vgg4j.views.Protocol;
import org.vgg4j.views.ViewPlan;
import org.vgg4j.weights.ModelFile;

/**
 * Trains the networks of the paper's Tables 3 to 6, once for each seed, and measures them by the
 * protocols of those tables. Each network has a folder such as {@code seed-1/D-256} with its run
 * and its posteriors; what exists is not done again, and an interrupted run is resumed.
 */
public final class Reproducer {
  /** Receives progress. */
  public interface Listener {
    /**
     * A network is about to be trained or measured.
     *
     * @param what a sentence
     * @param done share of the work that is done, in multiply-adds
     */
    void began(String what, double done);

    /**
     * Part of what was begun is done.
     *
     * @param done share of the whole work, in multiply-adds
     */
    default void progressed(double done) {}

    /** Returns the listener for the training of this network. */
    TrainingListener training();
  }

  static final double HELD_OUT = 0.1;

  /** Evaluating an image costs a third of training on it. */
  static final double FORWARD = 1.0 / 3;

  /** After two seconds, runs of net A still take three to four times as long as later. */
  static final Duration WARM_UP = Duration.ofSeconds(10);

  private static final int CROPS_PER_SCALE = 50;
  private static final int MOST_WARM_UP = 300;

  private final ReproductionConfig config;
  private final Path out;
  private final Listener listener;
  private final BooleanSupplier stopRequested;
  private final Runs runs;
  private final Sizes sizes;
  private double done;
  private int measuredImages;

  /**
   * @param out folder of all runs
   * @param stopRequested polled after each step and each measurement
   * @param environment for the runs' provenance
   * @throws InputException if there is no such data set, or it has no test images
   */
  public Reproducer(
      ReproductionConfig config,
      Path out,
      Listener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    this.config = config;
    this.out = out;
    this.listener = listener;
    this.stopRequested = stopRequested;
    this.runs = new Runs(listener, stopRequested, environment);
    this.sizes = sizes();
  }

  /**
   * Predicts how long all of it takes, from a few steps of net A on this machine.
   *
   * @return seconds, approximately
   * @throws InputException if anything would keep it from starting
   */
  public double predictSeconds() {
    Net net = Net.all().get(0);
    DryRun tried = DryRun.of(training(net, 1), WARM_UP);
    double perMultiplyAdd = tried.secondsPerImage() / architecture(net, tried).multiplyAdds();
    double all = 0;
    for (Net one : Net.all()) {
      all += work(one, architecture(one, tried));
    }
    return config.seeds() * all * perMultiplyAdd;
  }

  private Architecture architecture(Net net, DryRun tried) {
    return new Architecture(
        net.configuration(), config.width(), config.crop(), tried.architecture().classes());
  }

  /**
   * Numbers of images.
   *
   * @param trained in each epoch
   * @param validated after each epoch
   * @param tested at the end of each run
   * @param measured by each protocol
   */
  private record Sizes(int trained, int validated, int tested, int measured) {}

  private Sizes sizes() {
    DataSplits splits = DataSources.open(config.data(), config.images(), HELD_OUT, 1);
    Dataset test = splits.test();
    Dataset measured = testImages();
    return new Sizes(
        splits.train().size(),
        splits.validation().size(),
        test == null ? 0 : test.size(),
        measured.size());
  }

  /** Multiply-adds of a network's training, counted three times, and of what is measured. */
  private double work(Net net, Architecture architecture) {
    double epoch = sizes.trained() + FORWARD * sizes.validated();
    double images = config.epochs(net) * epoch + FORWARD * sizes.tested();
    return images * architecture.multiplyAdds()
        + FORWARD * measuring(net, architecture, sizes.measured());
  }

  private double measuring(Net net, Architecture architecture, int tested) {
    double perImage = 0;
    for (int scale : denseScales(net)) {
      perImage += 2.0 * architecture.multiplyAdds(scale, scale);
    }
    perImage += (double) cropScales(net).size() * CROPS_PER_SCALE * architecture.multiplyAdds();
    return tested * perImage;
  }

  /** The test scales at which a network is measured densely. */
  private Set<Integer> denseScales(Net net) {
    Set<Integer> scales = new LinkedHashSet<>(config.testScales(net));
    scales.add(config.testScale(net));
    if (net.name().equals(Net.deep(Configuration.D, Net.Scale.SMALL))) {
      scales.add(config.farTestScale());
    }
    return scales;
  }

  /** The test scales at which it is measured by 5x5 crops and their mirror images (Table 5). */
  private List<Integer> cropScales(Net net) {
    boolean ofTable5 =
        net.scale() == Net.Scale.JITTER
            && !net.onlyFullyConnected()
            && net.configuration() != Configuration.C;
    return ofTable5 ? config.testScales(net) : List.of();
  }

  /**
   * Does all that is left to do. The folder must exist.
   *
   * @return null if it was asked to stop
   * @throws InputException if data, memory or files do not allow it
   */
  public @Nullable Reproduction run() {
    try (RunLock unused = RunLock.take(out)) {
      return runAlone();
    }
  }

  private @Nullable Reproduction runAlone() {
    Dataset test = testImages();
    Measurements measurements = new Measurements(config.seeds());
    Map<String, Double> seconds = new LinkedHashMap<>();
    double all = 0;
    List<Net> nets = Net.all();
    Map<String, Architecture> architectures = new LinkedHashMap<>();
    for (Net net : nets) {
      Architecture architecture =
          new Architecture(
              net.configuration(), config.width(), config.crop(), test.classNames().size());
      architectures.put(net.name(), architecture);
      measurements.put(net.name(), architecture);
      all += config.seeds() * work(net, architecture);
    }
    for (int seed = 1; seed <= config.seeds(); seed++) {
      for (Net net : nets) {
        String what = "seed %d of %d, %s".formatted(seed, config.seeds(), net.name());
        listener.began(what + ": training", done / all);
        RunFolder folder = train(net, seed);
        if (folder == null) {
          return null;
        }
        listener.began(what + ": measuring", done / all);
        if (!measure(net, seed, folder, test, measurements)) {
          return null;
        }
        seconds.merge(net.name(), folder.seconds() / config.seeds(), Double::sum);
        done += work(net, architecture(architectures, net));
      }
    }
    return new Reproduction(config, test.name(), measuredImages, measurements, seconds);
  }

  private static Architecture architecture(Map<String, Architecture> all, Net net) {
    Architecture architecture = all.get(net.name());
    if (architecture == null) {
      throw new IllegalStateException("no network " + net.name());
    }
    return architecture;
  }

  /** The images that everything is measured on; training sees none of them. */
  private Dataset testImages() {
    Dataset test = DataSources.open(config.data(), HELD_OUT, 1).test();
    if (test == null) {
      throw new InputException(
          config.data() + " has no test images to compare networks on: add test/");
    }
    return DataSources.some(test, config.testImages(), 1);
  }

  private Path folder(String net, int seed) {
    return out.resolve("seed-" + seed).resolve(net);
  }

  /** Returns the finished run; null if it was asked to stop. */
  private @Nullable RunFolder train(Net net, int seed) {
    return runs.finish(training(net, seed), folder(net.name(), seed));
  }

  private TrainingConfig training(Net net, int seed) {
    String from = net.from();
    return TrainingConfig.builder()
        .data(config.data())
        .heldOut(HELD_OUT)
        .limit(config.images())
        .configuration(net.configuration())
        .width(config.width())
        .crop(config.crop())
        .scale(config.trainingScale(net))
        .from(from == null ? null : new RunFolder(folder(from, seed)).bestModel())
        .initialisation(net.gaussian() ? Initialisation.GAUSSIAN : Initialisation.GLOROT)
        .freeze(net.onlyFullyConnected() ? List.of("features") : List.of())
        .batch(config.batch())
        .microBatch(config.batch())
        .learningRate(config.learningRate(net))
        .dropout(0.5)
        .schedule(ScheduleConfig.Kind.COSINE) // too few epochs for plateaus
        .patience(1)
        .warmUp(warmUp(net))
        .epochs(config.epochs(net))
        .maxSteps(Integer.MAX_VALUE)
        .seed(seed)
        .threads(config.threads())
        .device(config.device())
        .checkpointEvery(0)
        .maxUnreadable(config.maxUnreadable())
        .build();
  }

  /**
   * Warm-up steps. Without them all ReLUs of a narrow network may die at once: those of B-5x5 at an
   * eighth of the width did.
   */
  private int warmUp(Net net) {
    int steps = (sizes.trained() + config.batch() - 1) / config.batch() * config.epochs(net);
    return Math.min(MOST_WARM_UP, steps / 10);
  }

  /** Returns false if it was asked to stop; earlier measurements are kept. */
  private boolean measure(
      Net net, int seed, RunFolder folder, Dataset test, Measurements measurements) {
    List<Measurements.Key> keys = new ArrayList<>();
    for (int scale : denseScales(net)) {
      keys.add(new Measurements.Key(seed, net.name(), Protocol.DENSE, scale));
    }
    for (int scale : cropScales(net)) {
      keys.add(new Measurements.Key(seed, net.name(), Protocol.MULTI_CROP, scale));
    }
    Set<String> ids =
        IntStream.range(0, test.size()).mapToObj(test::id).collect(Collectors.toSet());
    List<Measurements.Key> missing = new ArrayList<>();
    for (Measurements.Key key : keys) {
      Path file = posteriors(folder, key);
      Posteriors found = Files.exists(file) ? PosteriorsFile.read(file) : null;
      if (found == null || looked(found) != test.size() || !ids.containsAll(found.ids())) {
        missing.add(key);
      } else {
        add(key, found, measurements);
      }
    }
    return missing.isEmpty()
        ? !stopRequested.getAsBoolean()
        : measure(missing, folder, test, measurements);
  }

  private static Path posteriors(RunFolder folder, Measurements.Key key) {
    return folder.path().resolve("%s-%d.npy".formatted(key.protocol().label(), key.scale()));
  }

  private void add(Measurements.Key key, Posteriors posteriors, Measurements measurements) {
    measurements.put(key, posteriors);
    measuredImages = posteriors.images();
  }

  /** Reads the model once for all missing measurements. Returns false if it was asked to stop. */
  private boolean measure(
      List<Measurements.Key> missing, RunFolder folder, Dataset test, Measurements measurements) {
    ModelFile model = ModelFile.read(folder.bestModel());
    try (Engine engine = Engines.open(config.device(), config.threads());
        Network network = engine.load(new Parameters(model.architecture(), model.arrays()))) {
      for (Measurements.Key key : missing) {
        if (stopRequested.getAsBoolean()) {
          return false;
        }
        Posteriors found =
            new ProtocolEvaluator(
                    engine.hostThreads(),
                    network,
                    model.preprocessing(),
                    model.classNames(),
                    "seed-" + key.seed() + "/" + key.net(),
                    ViewPlan.of(key.protocol()),
                    List.of(key.scale()),
                    config.batch())
                .run(test, config.maxUnreadable(), images -> {});
        PosteriorsFile.write(posteriors(folder, key), found);
        add(key, found, measurements);
      }
    }
    return true;
  }

  /** Images that were measured, and those that could not be read. */
  private static int looked(Posteriors posteriors) {
    return posteriors.images() + posteriors.about().get(0).unreadable().size();
  }
}
