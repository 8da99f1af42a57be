package org.vgg4j.experiment.reproduce;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.train.DryRun;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.RunLock;
import org.vgg4j.train.ScheduleConfig;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingConfigBuilder;

/**
 * Trains the networks of the paper's Tables 8 to 10, once for each seed, and measures them: a
 * classification network, and networks that find boxes, which begin with it. Each has a folder such
 * as {@code seed-1/pcr-384}; a finished run is not done again, and an interrupted one is resumed.
 * Measuring takes minutes, and is begun again.
 */
public final class BoxReproducer {
  private static final String CLASSIFIER = "classifier";

  /** Share of a step's time that is left if only the fully connected layers learn. */
  private static final double FROZEN = 0.4;

  /** Passes over crops that measuring an image by all protocols takes, roughly. */
  private static final int PASSES = 45;

  /** The most validation images on which thresholds are chosen. */
  private static final int MOST_VALIDATION = 1000;

  private final BoxReproductionConfig config;
  private final Path out;
  private final Reproducer.Listener listener;
  private final BooleanSupplier stopRequested;
  private final Runs runs;
  private final Dataset test;
  private final int trained;
  private final int validated;
  private double done;

  /**
   * @param out folder of all runs
   * @param stopRequested polled after each step and each measurement
   * @param environment for the runs' provenance
   * @throws InputException if there is no such data set, or it has no boxes or no test images
   */
  public BoxReproducer(
      BoxReproductionConfig config,
      Path out,
      Reproducer.Listener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    this.config = config;
    this.out = out;
    this.listener = listener;
    this.stopRequested = stopRequested;
    this.runs = new Runs(listener, stopRequested, environment);
    DataSplits splits = splits(1);
    Dataset images = splits.test();
    if (images == null) {
      throw new InputException(
          config.data() + " has no test images with boxes to compare networks on: add test/");
    }
    this.test = DataSources.some(images, config.testImages(), 1);
    this.trained = splits.train().size();
    this.validated = Math.min(MOST_VALIDATION, splits.validation().size());
  }

  private DataSplits splits(int seed) {
    return DataSources.openBoxed(
        config.data(), config.boxes(), config.images(), Reproducer.HELD_OUT, seed);
  }

  /**
   * Predicts how long all of it takes, from a few steps on this machine.
   *
   * @return seconds, approximately
   * @throws InputException if anything would keep it from starting
   */
  public double predictSeconds() {
    double seconds = DryRun.of(classifier(1), Reproducer.WARM_UP).secondsPerImage();
    return config.seeds() * workOfSeed() * seconds;
  }

  /** In images that are trained on; a pass forward is a third of that. */
  private double workOfSeed() {
    double work = work(null) + measuring();
    for (BoxNet net : BoxNet.all()) {
      work += work(net);
    }
    return work;
  }

  private double work(@Nullable BoxNet net) {
    double epochs = net == null ? config.epochs() : config.boxEpochs();
    double share = net != null && net.onlyFullyConnected() ? FROZEN : 1;
    return epochs * (share * trained + Reproducer.FORWARD * validated);
  }

  private double measuring() {
    return Reproducer.FORWARD * PASSES * (test.size() + validated);
  }

  /**
   * Does all that is left to do. The folder must exist.
   *
   * @return null if it was asked to stop
   * @throws InputException if data, memory or files do not allow it
   */
  public @Nullable BoxReproduction run() {
    try (RunLock unused = RunLock.take(out)) {
      return runAlone();
    }
  }

  private @Nullable BoxReproduction runAlone() {
    BoxMeasurements measurements = new BoxMeasurements(config.seeds());
    Map<String, Double> seconds = new LinkedHashMap<>();
    Evaluation classified = null;
    Dataset measured = test;
    for (int seed = 1; seed <= config.seeds(); seed++) {
      RunFolder classifier = train(CLASSIFIER, null, seed, classifier(seed), seconds);
      if (classifier == null) {
        return null;
      }
      Map<BoxNet, RunFolder> nets = new LinkedHashMap<>();
      for (BoxNet net : BoxNet.all()) {
        TrainingConfig training = boxes(net, seed, classifier.bestModel());
        RunFolder folder = train(net.name(), net, seed, training, seconds);
        if (folder == null) {
          return null;
        }
        nets.put(net, folder);
      }
      listener.began(what(seed, "all networks") + ": measuring", share());
      DataSplits left = splits(seed).without(passedOver(nets));
      measured = DataSources.some(Objects.requireNonNull(left.test()), config.testImages(), 1);
      Dataset validation = DataSources.some(left.validation(), validated, 1);
      try (Engine engine = Engines.open(config.device(), config.threads());
          BoxMeter meter =
              new BoxMeter(
                  config,
                  engine,
                  stopRequested,
                  measurements,
                  classifier,
                  nets,
                  validation,
                  measured)) {
        if (!meter.measure()) {
          return null;
        }
        classified = meter.testPosteriors().evaluation();
      }
      done += measuring();
    }
    if (classified == null) {
      throw new IllegalStateException("no seeds");
    }
    return new BoxReproduction(
        config, measured.name(), measured.size(), classified, measurements, seconds);
  }

  /** What the networks that find boxes have passed over: unreadable images, or without a box. */
  private static List<Unreadable> passedOver(Map<BoxNet, RunFolder> nets) {
    return nets.values().iterator().next().passedOver();
  }

  private String what(int seed, String name) {
    return "seed %d of %d, %s".formatted(seed, config.seeds(), name);
  }

  private double share() {
    return done / (config.seeds() * workOfSeed());
  }

  /** Returns the finished run; null if it was asked to stop. */
  private @Nullable RunFolder train(
      String name,
      @Nullable BoxNet net,
      int seed,
      TrainingConfig training,
      Map<String, Double> seconds) {
    listener.began(what(seed, name) + ": training", share());
    RunFolder folder = runs.finish(training, out.resolve("seed-" + seed).resolve(name));
    if (folder != null) {
      seconds.merge(name, folder.seconds() / config.seeds(), Double::sum);
      done += work(net);
    }
    return folder;
  }

  private TrainingConfigBuilder training(int seed) {
    return TrainingConfig.builder()
        .data(config.data())
        .heldOut(Reproducer.HELD_OUT)
        .limit(config.images())
        .configuration(config.configuration())
        .width(config.width())
        .crop(config.crop())
        .batch(config.batch())
        .microBatch(config.batch())
        .learningRate(config.learningRate())
        .dropout(0.5)
        .schedule(ScheduleConfig.Kind.COSINE) // too few epochs for plateaus
        .patience(1)
        .maxSteps(Integer.MAX_VALUE)
        .seed(seed)
        .threads(config.threads())
        .device(config.device())
        .checkpointEvery(0)
        .maxUnreadable(config.maxUnreadable());
  }

  private TrainingConfig classifier(int seed) {
    return training(seed)
        .scale(ScaleRange.fixed(config.scale(Net.Scale.SMALL)))
        .epochs(config.epochs())
        .build();
  }

  private TrainingConfig boxes(BoxNet net, int seed, Path classifier) {
    return training(seed)
        .from(classifier)
        .regression(net.form())
        .boxFile(config.boxes())
        .scale(ScaleRange.fixed(config.scale(net.scale())))
        .freeze(net.onlyFullyConnected() ? List.of("features") : List.of())
        .epochs(config.boxEpochs())
        .build();
  }
}
