package org.vgg4j.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.InputException;
import org.vgg4j.base.PeakMemory;
import org.vgg4j.base.Version;
import org.vgg4j.base.VggException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.inspect.SampleSheet;
import org.vgg4j.data.inspect.Survey;
import org.vgg4j.evaluate.Evaluator;
import org.vgg4j.evaluate.Measurement;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryOracle;
import org.vgg4j.network.Parameters;
import org.vgg4j.parallel.ProcessGroup;

/**
 * One training run, from a data set to a run folder: the paper's recipe (section 3.1). What it
 * learns depends on its configuration, the data, the version and the kernels, never on the number
 * of threads, nor on whether it was interrupted and resumed. (Where the configuration leaves the
 * micro-batch open, the heap decides it.)
 */
public final class Trainer {
  private final RunInput input;
  private final RunFolder folder;
  private final Engine engine;
  private final Company company;

  /**
   * The processes that take part.
   *
   * @param environment what to write into provenance.json beside what determines the result
   */
  private record Company(
      ProcessGroup group,
      TrainingListener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {}

  /** What the loop starts with. */
  private record Begin(Learner learner, Snapshot snapshot) {}

  /**
   * @param input with its micro-batch chosen
   */
  private Trainer(RunInput input, RunFolder folder, Engine engine, Company company) {
    this.input = input;
    this.folder = folder;
    this.engine = engine;
    this.company = company;
  }

  /**
   * Trains.
   *
   * @param out the run folder; made, and must be empty
   * @param stopRequested polled after each step; true writes a checkpoint and ends
   * @param environment what to write into provenance.json beside what determines the result:
   *     command line, host, Java
   * @throws InputException if the data, the configuration or the memory do not allow it, or a file
   *     cannot be written
   * @throws AbortedException if training diverges
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
   * Trains as rank 0 of a group. The other ranks call {@link #follow} at the same time.
   *
   * @param group whose ranks divide each batch; two of them learn, bit for bit, what one process
   *     learns with a micro-batch of half the batch
   * @throws InputException as the other method does
   * @throws AbortedException if training diverges, or another process of the group has ended
   */
  public static TrainingResult train(
      TrainingConfig config,
      Path out,
      ProcessGroup group,
      TrainingListener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    try {
      TimeBudget.requireAlone(config, group.size());
      TrainingConfig settled = TimeBudget.settle(config, listener::explained);
      Company company = new Company(group, listener, stopRequested, environment);
      return run(settled, settled.sgd().microBatch(), out, false, company);
    } catch (VggException e) {
      RunFolder.removeIfEmpty(out);
      throw e;
    }
  }

  /**
   * Resumes an interrupted run from its last checkpoint, or from the start if it has none. It then
   * ends with the same models, byte for byte, as if it had not been interrupted.
   *
   * @param config the run's own options, of which only threads and checkpoint interval may differ;
   *     what they leave open (batch, micro-batch, time) is as the run chose it
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
    return resume(config, run, alone, listener, stopRequested, environment);
  }

  /**
   * Resumes as rank 0 of a group. If the number of ranks has changed, rounding differs, and what is
   * learnt is not bit for bit the same.
   *
   * @throws InputException as the other method does
   * @throws AbortedException if training diverges, or another process of the group has ended
   */
  public static TrainingResult resume(
      TrainingConfig config,
      Path run,
      ProcessGroup group,
      TrainingListener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    TrainingConfig begun = AutoBatch.asBegun(TimeBudget.asBegun(config, run), run);
    Company company = new Company(group, listener, stopRequested, environment);
    return run(begun, config.sgd().microBatch(), run, true, company);
  }

  /**
   * @param asked the micro-batch that was asked for; 0 for none
   */
  private static TrainingResult run(
      TrainingConfig options, int asked, Path out, boolean resumed, Company company) {
    try (Engine engine = Engines.open(options.device(), options.threads())) {
      int ranks = company.group().size();
      engine.requireOneDeviceEach(ranks);
      RunInput input =
          RunInput.open(options, engine.memory(), ranks, company.listener()::explained);
      if (!resumed) {
        input.notes().forEach(company.listener()::noted);
      }
      input.requireShares(ranks);
      int microBatch = input.microBatch(engine.memory(), ranks);
      if (!Files.exists(new RunFolder(out).checkpoint())) { // else it keeps what it began with
        microBatch = Math.min(microBatch, input.share(ranks * engine.memory().devices()));
      }
      noteOfSizes(input, options, microBatch, engine, company);
      noteOfAsked(input, asked, microBatch, engine, company);
      RunFolder folder = resumed ? RunFolder.existing(out) : RunFolder.make(out);
      try (RunLock unused = RunLock.take(out)) {
        if (!resumed) {
          folder.requireEmpty();
        }
        return new Trainer(input.withMicroBatch(microBatch), folder, engine, company).run(resumed);
      }
    }
  }

  private static void noteOfSizes(
      RunInput input, TrainingConfig options, int microBatch, Engine engine, Company company) {
    SgdConfig sgd = input.config().sgd();
    int shares = company.group().size() * engine.memory().devices();
    if (input.config().configuration().hasBatchNorm()
        && sgd.microBatch() == 0
        && microBatch < input.share(shares)) {
      company
          .listener()
          .noted(
              "memory has room for %d images at a time, and batch normalisation takes its statistics over these: with more memory the result would differ, unless option micro-batch is set to %d"
                  .formatted(microBatch, microBatch));
    }
    if (!options.sgd().autoBatch() && sgd.batch() < options.sgd().batch()) {
      company
          .listener()
          .noted(
              "a batch of %d is more than there are training images: each step takes all %d"
                  .formatted(options.sgd().batch(), sgd.batch()));
    }
  }

  /** Unless that is what is asked for, divided among processes and devices or not. */
  private static void noteOfAsked(
      RunInput input, int asked, int microBatch, Engine engine, Company company) {
    int shares = company.group().size() * engine.memory().devices();
    if (asked > 0
        && Math.min(asked, input.share(1)) != microBatch
        && Math.min(asked, input.share(shares)) != microBatch) {
      company
          .listener()
          .noted(
              "the run goes on with the micro-batch that it began with, %d: option micro-batch, %d, is for new runs"
                  .formatted(microBatch, asked));
    }
  }

  private TrainingResult run(boolean resumed) {
    TrainingConfig config = input.config();
    TrainingListener listener = company.listener();
    Snapshot last = null;
    if (Files.exists(folder.checkpoint())) { // a refusal leaves the folder as it was
      last = Checkpoint.snapshot(folder.checkpoint());
      SameRun.require(config, input.data(), folder, last);
      last = last.withBest(folder.bestEpoch());
      // perhaps with a test that it began without
      DataSurvey.requireFew(config, input.data(), folder.passedOver(), folder);
      readable().requireShares(company.group().size());
    } else {
      input.requireBeginning();
    }
    folder.writeConfig(config.options()); // from here on the run can be resumed
    RunMessages messages = new RunMessages(company.group());
    messages.begin(config);
    Survey survey = last != null ? null : survey();
    if (last == null && survey == null) {
      messages.cancel();
      return new TrainingResult(folder, 0, Double.NaN, null, 0, 0, true);
    }
    RunInput readable = readable();
    readable.requireShares(company.group().size());
    Ranks ranks = Ranks.of(company.group(), company.stopRequested());
    Begin begin =
        survey == null
            ? atCheckpoint(readable, Objects.requireNonNull(last), ranks)
            : atStart(readable, survey, ranks);
    Snapshot snapshot = begin.snapshot();
    try (Learner learner = begin.learner()) {
      messages.state(new RunMessages.State(snapshot, folder.passedOver(), engine.kernels().name()));
      share(learner, config, ranks);
      listener.started(config, readable.data(), input.architecture(), learner.memory());
      if (resumed) {
        folder.removeProvenance();
        SameRun.warnOfDifferences(engine, snapshot, listener);
        int devices = engine.memory().devices();
        SameRun.warnOfMicroBatch(config.sgd(), learner, company.group().size(), devices, listener);
        listener.resumed(snapshot.progress().epoch() + 1, snapshot.progress().step());
      }
      RunOutput output = new RunOutput.Folder(folder, config, readable.data(), snapshot);
      output.writeMetrics(snapshot.metrics());
      TrainingLoop loop = loop(readable, ranks, output, engine, begin, listener);
      return result(loop, readable.data(), snapshot.initSha256());
    }
  }

  private RunInput readable() {
    return input.with(input.data().without(folder.passedOver()));
  }

  /** Looks at all images; returns null if it was asked to stop. */
  private @Nullable Survey survey() {
    BooleanSupplier stopped =
        () -> {
          company
              .group()
              .reportProgress(); // fails if another rank has ended, which no other call would
          // notice here
          return company.stopRequested().getAsBoolean();
        };
    return new DataSurvey(
            input.config(),
            input.data(),
            engine.hostThreads()::parallel,
            company.listener(),
            stopped)
        .run(folder);
  }

  /** The start of a run that has a checkpoint. */
  private Begin atCheckpoint(RunInput readable, Snapshot snapshot, Ranks ranks) {
    Parameters zeros = Parameters.zeros(input.architecture());
    Learner learner = learner(readable, zeros, ranks, engine, readable.classWeights(snapshot));
    Checkpoint.read(folder.checkpoint(), learner, input.config().sgd().average().isKept());
    return new Begin(learner, snapshot);
  }

  /** The start of a run that has none. */
  private Begin atStart(RunInput readable, Survey survey, Ranks ranks) {
    TrainingConfig config = input.config();
    DataSplits data = readable.data();
    Parameters weights = Parameters.zeros(input.architecture());
    InitialWeights initial =
        InitialWeights.fill(weights, data.train().classNames(), config.start(), config.seed());
    String sentence = initial.sentence(config.start(), input.architecture());
    if (sentence != null) {
      company.listener().explained(sentence);
    }
    List<Double> classWeights = config.targets().classWeights().of(data.train());
    String weighted = ClassWeights.sentence(classWeights, data.train().classNames());
    if (weighted != null) {
      company.listener().explained(weighted);
    }
    String initSha256 = initial.sha256();
    Snapshot snapshot =
        new Snapshot(
            config.provenanceOptions(initSha256, classWeights),
            initSha256,
            data.fingerprint(),
            Version.get(),
            engine.kernels().name(),
            initial.preprocessing(config, survey.mean()),
            survey.colors(),
            survey.unreadable().size(),
            Snapshot.Progress.NONE,
            PlateauSchedule.State.NONE,
            LossWatch.State.NONE,
            List.of());
    SampleSheet.write(
        folder.samples(),
        data.train(),
        config.sampling().sampler(data.train(), config.seed()),
        TrainingLoop.augmentation(config, snapshot.preprocessing(), snapshot.colors()),
        config.targets().mixing(config.seed()));
    return new Begin(learner(readable, weights, ranks, engine, classWeights), snapshot);
  }

  /** Gives all ranks what rank 0's learner holds. */
  private static void share(Learner learner, TrainingConfig config, Ranks ranks) {
    ranks.share(learner.weights());
    ranks.share(learner.velocities());
    if (config.sgd().average().isKept()) {
      ranks.share(learner.averages());
    }
  }

  private static Learner learner(
      RunInput input, Parameters weights, Ranks ranks, Engine engine, List<Double> classWeights) {
    Exchange exchange = ranks.exchange();
    int shares = exchange.ranks() * engine.memory().devices();
    return engine.learner(weights, input.learnerOptions(shares, classWeights), exchange);
  }

  private static TrainingLoop loop(
      RunInput readable,
      Ranks ranks,
      RunOutput output,
      Engine engine,
      Begin begin,
      TrainingListener listener) {
    Preprocessing preprocessing = begin.snapshot().preprocessing();
    Evaluator evaluator = readable.evaluator(engine.hostThreads(), begin.learner(), preprocessing);
    return new TrainingLoop(
        readable.config(),
        ranks,
        output,
        readable.data(),
        begin.learner(),
        evaluator,
        begin.snapshot(),
        listener);
  }

  /**
   * Returns the heap in bytes, for networks on the CPU, that each of several processes needs for a
   * run, before any is started.
   *
   * @param ranks their number
   * @param heap bytes that each of them has
   * @throws InputException if the data cannot be opened or divided among them, or the network does
   *     not fit
   */
  public static long heapOfRank(TrainingConfig options, int ranks, long heap) {
    TimeBudget.requireAlone(options, ranks);
    try (Engine engine = Engines.open(options.device(), options.threads())) {
      engine.requireOneDeviceEach(ranks);
      boolean inHeap = engine.device().kind().equals(Device.CPU.kind());
      MemoryOracle memory = inHeap ? engine.memory().withLimit(heap) : engine.memory();
      RunInput input = RunInput.open(options, memory, ranks, note -> {});
      input.requireShares(ranks);
      int microBatch = input.microBatch(memory, ranks);
      if (!inHeap) {
        return 0;
      }
      LearnerOptions learner = input.withMicroBatch(microBatch).learnerOptions(ranks, List.of());
      return engine.memory().training(input.architecture(), learner.size()).total();
    }
  }

  /**
   * Trains as a rank other than 0: takes options and weights from rank 0, images from its own
   * files, and writes nothing. Ends without an exception where training diverges.
   *
   * @param config what {@link RunMessages#awaitOptions} gave, with this process's own threads
   * @throws InputException if the data differ from rank 0's, the memory does not suffice, or a
   *     process of the group is at fault
   */
  public static void follow(
      TrainingConfig config,
      ProcessGroup group,
      TrainingListener listener,
      BooleanSupplier stopRequested) {
    try (Engine engine = Engines.open(config.device(), config.threads())) {
      engine.requireOneDeviceEach(group.size());
      RunInput input = RunInput.open(config, engine.memory(), group.size(), note -> {});
      RunMessages.State state = new RunMessages(group).awaitState();
      if (state == null) {
        return;
      }
      SameRun.requireSameSurroundings(config, input.data(), engine, state);
      int unused = input.microBatch(engine.memory(), group.size());
      RunInput readable = input.with(input.data().without(state.passedOver()));
      Ranks ranks = Ranks.of(group, stopRequested);
      Parameters zeros = Parameters.zeros(input.architecture());
      List<Double> classWeights = readable.classWeights(state.snapshot());
      try (Learner learner = learner(readable, zeros, ranks, engine, classWeights)) {
        share(learner, config, ranks);
        Begin begin = new Begin(learner, state.snapshot());
        TrainingLoop loop = loop(readable, ranks, RunOutput.NONE, engine, begin, listener);
        TrainingLoop.Outcome outcome;
        try {
          outcome = loop.run();
        } catch (DivergedException e) {
          return; // rank 0 says so, and may begin another run
        }
        Dataset testImages = config.test() ? readable.data().test() : null;
        if (!outcome.interrupted() && testImages != null && outcome.bestEpoch() > 0) {
          Measurement unusedHere = loop.evaluateBest(testImages);
        }
      }
    }
  }

  private TrainingResult result(TrainingLoop loop, DataSplits data, @Nullable String initSha256) {
    TrainingLoop.Outcome outcome = loop.run();
    TrainingResult trained =
        new TrainingResult(
            folder,
            outcome.bestEpoch(),
            outcome.bestError(),
            null,
            outcome.steps(),
            outcome.seconds(),
            outcome.interrupted());
    writeProvenance(trained, data, initSha256, false);
    if (trained.interrupted()) {
      return trained;
    }
    Dataset testImages = input.config().test() ? data.test() : null;
    TrainingResult result = trained;
    if (testImages != null && trained.bestEpoch() > 0) {
      Measurement test = loop.evaluateBest(testImages);
      folder.writeTest(test);
      result = trained.withTest(test);
    }
    writeProvenance(result, data, initSha256, true);
    return result;
  }

  private void writeProvenance(
      TrainingResult result, DataSplits data, @Nullable String initSha256, boolean finished) {
    Map<String, Object> provenance = new LinkedHashMap<>();
    provenance.put("configuration", input.config().options());
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
    @Nullable Measurement test = result.test();
    if (test != null) {
      provenance.putAll(new TreeMap<>(test.figures("test")));
    }
    provenance.putAll(company.environment());
    provenance.put("deviceUsed", engine.device().text());
    provenance.put("kernels", engine.kernels().name() + ": " + engine.kernels().description());
    folder.writeProvenance(provenance);
  }
}
