package org.vgg4j.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.base.PeakMemory;
import org.vgg4j.base.Version;
import org.vgg4j.data.BatchSequence;
import org.vgg4j.data.DataSources;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.SampleSheet;
import org.vgg4j.data.Sampler;
import org.vgg4j.data.Survey;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Parameters;
import org.vgg4j.parallel.ProcessGroup;

/**
 * One training run, from a data set to a run folder: the paper's recipe (section 3.1). What it
 * learns depends on its configuration, the data, the version and the kernels, never on the number
 * of threads, nor on whether it was interrupted and resumed. (Where the configuration leaves the
 * micro-batch open, the heap decides it.)
 */
public final class Trainer {
  private final TrainingConfig config;
  private final RunFolder folder;
  private final DataSplits data;
  private final TrainingLoop loop;
  private final Map<String, Object> environment;

  private Trainer(
      TrainingConfig config,
      RunFolder folder,
      DataSplits data,
      TrainingLoop loop,
      Map<String, Object> environment) {
    this.config = config;
    this.folder = folder;
    this.data = data;
    this.loop = loop;
    this.environment = environment;
  }

  /**
   * Trains.
   *
   * @param out the run folder; made, and must be empty
   * @param stopRequested asked after each step; true writes a checkpoint and ends
   * @param environment what to write into provenance.json beside what determines the result:
   *     command line, host, Java
   * @throws InputException if the data, the configuration or the memory do not allow it, training
   *     diverges, or a file cannot be written
   */
  public static TrainingResult train(
      TrainingConfig config,
      Path out,
      TrainingListener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    ProcessGroup alone = ProcessGroup.alone();
    return train(config, out, alone, listener, stopRequested, environment);
  }

  /**
   * Trains as the process that leads a group. The others call {@link #follow} at the same time.
   *
   * @param group whose ranks divide each batch; two learn, bit for bit, what one process learns
   *     with a micro-batch of half the batch
   * @throws InputException as the other method does; and if a process of the group is at fault
   */
  public static TrainingResult train(
      TrainingConfig config,
      Path out,
      ProcessGroup group,
      TrainingListener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    try {
      return run(config, out, false, group, listener, stopRequested, environment);
    } catch (InputException e) {
      RunFolder.removeIfEmpty(out);
      throw e;
    }
  }

  /**
   * Goes on with an interrupted run from its last checkpoint, or from the start if it had come to
   * none. It then ends with the same models, byte for byte, as if it had not been interrupted.
   *
   * @param config the run's own options, of which only threads and checkpoint interval may differ
   * @param run the run folder
   * @throws InputException as {@link #train}; and if options, data or checkpoint do not fit
   */
  public static TrainingResult resume(
      TrainingConfig config,
      Path run,
      TrainingListener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    ProcessGroup alone = ProcessGroup.alone();
    return run(config, run, true, alone, listener, stopRequested, environment);
  }

  /**
   * Goes on as the process that leads a group, which may have another number of ranks than before:
   * then rounding differs, and what is learnt is not bit for bit the same.
   *
   * @throws InputException as the other method does; and if a process of the group is at fault
   */
  public static TrainingResult resume(
      TrainingConfig config,
      Path run,
      ProcessGroup group,
      TrainingListener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    return run(config, run, true, group, listener, stopRequested, environment);
  }

  private static TrainingResult run(
      TrainingConfig options,
      Path out,
      boolean resumed,
      ProcessGroup group,
      TrainingListener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    try (Engine engine = new Engine(options.threads())) {
      DataSplits data = open(options);
      if (!resumed) {
        data.notes().forEach(listener::noted);
      }
      TrainingConfig config = options.fittedTo(data.train().size());
      requireShares(config, data, group.size());
      Architecture architecture = architecture(config, data);
      int microBatch =
          MicroBatch.choose(
              config, architecture, engine, Runtime.getRuntime().maxMemory(), group.size());
      TrainingConfig resolved = config.withMicroBatch(microBatch);
      if (config.configuration().hasBatchNorm()
          && config.sgd().microBatch() == 0
          && microBatch < BatchSequence.share(config.sgd().batch(), group.size())) {
        listener.noted(
            "memory has room for %d images at a time, whose statistics normalise them: more memory learns something else, --micro-batch %d the same"
                .formatted(microBatch, microBatch));
      }
      if (config.sgd().batch() < options.sgd().batch()) {
        listener.noted(
            "a batch of %d is more than there are training images: each step takes all %d"
                .formatted(options.sgd().batch(), config.sgd().batch()));
      }
      RunFolder folder = resumed ? RunFolder.existing(out) : RunFolder.make(out);
      try (RunLock unused = RunLock.take(out)) {
        if (!resumed) {
          folder.requireEmpty();
        }
        return run(
            resolved,
            folder,
            data,
            engine,
            architecture,
            resumed,
            group,
            listener,
            stopRequested,
            environment);
      }
    }
  }

  private static DataSplits open(TrainingConfig config) {
    return DataSources.open(config.data(), config.limit(), config.heldOut(), config.seed());
  }

  private static Architecture architecture(TrainingConfig config, DataSplits data) {
    return new Architecture(
        config.configuration(), config.width(), config.crop(), data.train().classNames().size());
  }

  private static TrainingResult run(
      TrainingConfig config,
      RunFolder folder,
      DataSplits data,
      Engine engine,
      Architecture architecture,
      boolean resumed,
      ProcessGroup group,
      TrainingListener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    folder.writeConfig(config.options()); // from now on it can be resumed
    RunMessages messages = new RunMessages(group);
    messages.begin(config);
    Map<String, Object> surroundings = new LinkedHashMap<>(environment);
    surroundings.put("kernels", engine.kernels() + ": " + engine.kernelsDescription());
    boolean goesOn = Files.exists(folder.checkpoint());
    BooleanSupplier stopped =
        () -> {
          group.worked(); // fails if another has ended, which no call tells meanwhile
          return stopRequested.getAsBoolean();
        };
    Survey survey =
        goesOn
            ? null
            : new DataSurvey(config, data, engine::parallel, listener, stopped).run(folder);
    if (!goesOn && survey == null) {
      messages.cancel();
      return new TrainingResult(folder, 0, Double.NaN, null, 0, 0, true);
    }
    DataSplits readable = data.without(folder.passedOver());
    TrainingLoop loop =
        begin(
            config,
            messages,
            folder,
            readable,
            engine,
            architecture,
            survey,
            resumed,
            listener,
            stopRequested);
    return new Trainer(config, folder, readable, loop, surroundings).run();
  }

  /**
   * Returns the heap that each of several processes needs for a run, in bytes, before any begins.
   *
   * @param ranks their number
   * @param heap bytes that each of them has
   * @throws InputException if the data cannot be opened or divided among so many, or the network
   *     does not fit
   */
  public static long heapOfRank(TrainingConfig options, int ranks, long heap) {
    try (Engine engine = new Engine(options.threads())) {
      DataSplits data = open(options);
      TrainingConfig config = options.fittedTo(data.train().size());
      requireShares(config, data, ranks);
      Architecture architecture = architecture(config, data);
      int chosen = MicroBatch.choose(config, architecture, engine, heap, ranks);
      int batch = config.sgd().batch();
      int microBatch = Math.min(chosen, BatchSequence.share(batch, ranks));
      return engine.trainingMemory(architecture, microBatch, batch).total();
    }
  }

  private static void requireShares(TrainingConfig config, DataSplits data, int ranks) {
    int batch = config.sgd().batch();
    if (!BatchSequence.everyShareHasSamples(data.train().size(), batch, ranks)) {
      throw new InputException(
          "a batch of %d of the %d training images is too small for %d processes: take a larger --batch, or fewer processes"
              .formatted(batch, data.train().size(), ranks));
    }
  }

  /**
   * Trains as a process that does not lead its group: takes options, weights and all else from the
   * one that does, its own images from its own files, and writes nothing.
   *
   * @param config what {@link RunMessages#awaitOptions} gave, with this process's own threads
   * @throws InputException if the data are not those of the process that leads, the memory does not
   *     allow it, or a process of the group is at fault
   */
  public static void follow(
      TrainingConfig config,
      ProcessGroup group,
      TrainingListener listener,
      BooleanSupplier stopRequested) {
    try (Engine engine = new Engine(config.threads())) {
      DataSplits data = open(config);
      RunMessages messages = new RunMessages(group);
      Architecture architecture = architecture(config, data);
      RunMessages.State state = messages.awaitState();
      if (state == null) {
        return;
      }
      SameRun.requireSameSurroundings(config, data, engine, state.snapshot());
      int unused =
          MicroBatch.choose(
              config, architecture, engine, Runtime.getRuntime().maxMemory(), group.size());
      DataSplits readable = data.without(state.passedOver());
      Parameters parameters = Parameters.zeros(architecture);
      Sgd sgd = sgd(config, parameters, engine);
      messages.shareWeights(parameters, sgd);
      RunFolder ofOther = new RunFolder(Path.of("")); // never written to by this process
      TrainingLoop loop =
          new TrainingLoop(
              config,
              group,
              ofOther,
              readable,
              engine,
              parameters,
              sgd,
              state.snapshot(),
              listener,
              stopRequested);
      TrainingResult trained = loop.run();
      Dataset testImages = readable.test();
      if (!trained.interrupted() && testImages != null && trained.bestEpoch() > 0) {
        Evaluation unusedHere = loop.evaluateBest(testImages);
      }
    }
  }

  private static Sgd sgd(TrainingConfig config, Parameters parameters, Engine engine) {
    SgdConfig options = config.sgd();
    Architecture architecture = parameters.architecture();
    Sgd sgd =
        new Sgd(
            parameters,
            engine,
            options.momentum(),
            options.weightDecay(),
            options.biasDecay(),
            config.start().frozenLayers(architecture));
    options.layerRates().factors(architecture, options.learningRate()).forEach(sgd::setFactor);
    return sgd;
  }

  /**
   * @param data without what cannot be read
   * @param survey of the pictures; null if the run goes on from a checkpoint
   */
  private static TrainingLoop begin(
      TrainingConfig config,
      RunMessages messages,
      RunFolder folder,
      DataSplits data,
      Engine engine,
      Architecture architecture,
      @Nullable Survey survey,
      boolean resumed,
      TrainingListener listener,
      BooleanSupplier stopRequested) {
    Parameters parameters = Parameters.zeros(architecture);
    Sgd sgd = sgd(config, parameters, engine);
    Snapshot snapshot =
        survey == null
            ? Checkpoint.read(folder.checkpoint(), parameters, sgd.velocities())
            : first(config, parameters, data, engine, survey, listener);
    if (survey == null) {
      SameRun.require(config, data, folder, snapshot);
    } else {
      Sampler sampler = new Sampler(data.train().size(), config.seed());
      SampleSheet.write(
          folder.samples(),
          data.train(),
          sampler,
          TrainingLoop.augmentation(config, snapshot.preprocessing(), snapshot.colors()));
    }
    messages.state(new RunMessages.State(snapshot, folder.passedOver()));
    messages.shareWeights(parameters, sgd);
    int share = BatchSequence.share(config.sgd().batch(), messages.group().size());
    int microBatch = Math.min(config.sgd().microBatch(), share);
    listener.started(
        config,
        data,
        architecture,
        engine.trainingMemory(architecture, microBatch, config.sgd().batch()));
    if (resumed) {
      SameRun.warnOfDifferences(engine, snapshot, listener);
      listener.resumed(snapshot.progress().epoch() + 1, snapshot.progress().step());
    }
    TrainingLoop loop =
        new TrainingLoop(
            config,
            messages.group(),
            folder,
            data,
            engine,
            parameters,
            sgd,
            snapshot,
            listener,
            stopRequested);
    folder.writeMetrics(snapshot.metrics());
    return loop;
  }

  /** Where a run begins that has no checkpoint. */
  private static Snapshot first(
      TrainingConfig config,
      Parameters parameters,
      DataSplits data,
      Engine engine,
      Survey survey,
      TrainingListener listener) {
    InitialWeights weights =
        InitialWeights.fill(parameters, data.train().classNames(), config.start(), config.seed());
    String sentence = weights.sentence(config.start(), parameters.architecture());
    if (sentence != null) {
      listener.noted(sentence);
    }
    InitialWeights.Origin origin = weights.source();
    int scale = config.augmentation().scale().middle();
    Preprocessing preprocessing =
        origin == null
            ? Preprocessing.paper(survey.mean(), scale, config.crop())
            : origin.preprocessing().withSizes(scale, config.crop());
    String initSha256 = origin == null ? null : origin.sha256();
    return new Snapshot(
        config.provenanceOptions(initSha256),
        initSha256,
        data.fingerprint(),
        Version.get(),
        engine.kernels(),
        preprocessing,
        survey.colors(),
        survey.unreadable().size(),
        Snapshot.Progress.NONE,
        PlateauSchedule.State.NONE,
        LossWatch.State.NONE,
        List.of());
  }

  private TrainingResult run() {
    TrainingResult trained = loop.run();
    writeProvenance(trained, false);
    Dataset testImages = data.test();
    if (trained.interrupted()) {
      return trained;
    }
    TrainingResult result = trained;
    if (testImages != null && trained.bestEpoch() > 0) {
      Evaluation test = loop.evaluateBest(testImages);
      folder.writeTest(test);
      result = trained.withTest(test);
    }
    writeProvenance(result, true);
    return result;
  }

  private void writeProvenance(TrainingResult result, boolean finished) {
    Map<String, Object> provenance = new LinkedHashMap<>();
    provenance.put("configuration", config.options());
    String initSha256 = loop.initSha256();
    if (initSha256 != null) {
      provenance.put("initSha256", initSha256);
    }
    provenance.put("dataset", data.name());
    provenance.put("datasetFingerprint", data.fingerprint());
    provenance.put("codeVersion", Version.get());
    provenance.put("steps", result.steps());
    provenance.put("seconds", result.seconds());
    provenance.put("interrupted", result.interrupted());
    provenance.put(RunFolder.FINISHED, finished);
    PeakMemory.bytes().ifPresent(bytes -> provenance.put("peakMemoryBytes", bytes));
    provenance.put("bestEpoch", result.bestEpoch());
    @Nullable Evaluation test = result.test();
    if (test != null) {
      provenance.put("testTop1Error", test.top1Error());
      provenance.put("testTop5Error", test.top5Error());
    }
    provenance.putAll(environment);
    folder.writeProvenance(provenance);
  }
}
