package org.vgg4j.train;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.base.PeakMemory;
import org.vgg4j.base.Version;
import org.vgg4j.data.Augmentation;
import org.vgg4j.data.BatchLoader;
import org.vgg4j.data.DataSources;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.MeanRgb;
import org.vgg4j.data.ParallelFor;
import org.vgg4j.data.Sampler;
import org.vgg4j.evaluate.CenterCropEvaluator;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Engine;
import org.vgg4j.network.GradientSums;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.Training;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;

/**
 * One training run, from a data set to a run folder: the paper's recipe (section 3.1). What it
 * learns depends on its configuration, the data, the version and the kernels, never on the number
 * of threads. (Where the configuration leaves the micro-batch open, the heap decides it.) An
 * instance trains once.
 */
public final class Trainer {
  private final TrainingConfig config;
  private final TrainingListener listener;
  private final BooleanSupplier stopRequested;
  private final RunFolder folder;
  private final DataSplits data;
  private final Preprocessing preprocessing;
  private final Parameters parameters;
  private final Training training;
  private final Sgd sgd;
  private final @Nullable GradientSums sums;
  private final CenterCropEvaluator evaluator;
  private final Sampler sampler;
  private final BatchLoader loader;
  private final PlateauSchedule schedule;
  private final LossWatch watch;
  private final float[] images;
  private final int[] labels;
  private final long started = System.nanoTime();
  private long trainingNanos;
  private long trainedImages;
  private int step;
  private int bestEpoch;
  private @Nullable Evaluation best;

  private Trainer(
      TrainingConfig config,
      DataSplits data,
      Path out,
      Engine engine,
      TrainingListener listener,
      BooleanSupplier stopRequested) {
    List<String> classNames = data.train().classNames();
    Architecture architecture =
        new Architecture(config.configuration(), config.width(), config.crop(), classNames.size());
    int microBatch =
        MicroBatch.choose(config, architecture, engine, Runtime.getRuntime().maxMemory());
    this.config = config.withMicroBatch(microBatch);
    this.data = data;
    this.listener = listener;
    this.stopRequested = stopRequested;
    this.folder = RunFolder.create(out);
    ParallelFor parallel = engine::parallel;
    this.preprocessing =
        Preprocessing.paper(MeanRgb.of(data.train(), parallel), config.scale(), config.crop());
    this.parameters = Parameters.zeros(architecture);
    config.initialisation().fill(parameters, config.seed());
    this.training = engine.training(parameters, microBatch, config.dropout());
    this.sgd =
        new Sgd(parameters, engine, config.momentum(), config.weightDecay(), config.biasDecay());
    boolean summed = microBatch < config.batch();
    this.sums = summed ? engine.gradientSums(architecture) : null;
    this.evaluator = new CenterCropEvaluator(engine, training, preprocessing, classNames);
    this.sampler = new Sampler(data.train().size(), config.seed());
    this.loader =
        new BatchLoader(
            data.train(),
            sampler,
            new Augmentation(
                config.scale(),
                config.crop(),
                preprocessing.interpolation(),
                config.flip(),
                config.seed()),
            preprocessing,
            parallel);
    this.schedule = new PlateauSchedule(config.learningRate(), config.patience());
    this.watch = new LossWatch(config, classNames.size());
    this.images = new float[microBatch * 3 * config.crop() * config.crop()];
    this.labels = new int[microBatch];
    folder.writeConfig(this.config.options());
    folder.appendMetrics(EpochMetrics.CSV_HEADER);
    listener.started(
        this.config, data, architecture, engine.trainingMemory(architecture, microBatch, summed));
  }

  /**
   * Trains.
   *
   * @param out the run folder; made, and must be empty
   * @param stopRequested asked after each step; true saves the last model and ends
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
    try (Engine engine = new Engine(config.threads())) {
      DataSplits data = DataSources.open(config.data(), config.heldOut(), config.seed());
      Trainer trainer = new Trainer(config, data, out, engine, listener, stopRequested);
      Map<String, Object> surroundings = new LinkedHashMap<>(environment);
      surroundings.put("kernels", engine.kernels() + ": " + engine.kernelsDescription());
      TrainingResult trained = trainer.run();
      trainer.writeProvenance(surroundings, trained);
      TrainingResult tested = trainer.test(trained);
      trainer.writeProvenance(surroundings, tested);
      return tested;
    } catch (InputException e) {
      RunFolder.removeIfEmpty(out);
      throw e;
    }
  }

  private TrainingResult run() {
    boolean interrupted = false;
    for (int epoch = 0; epoch < config.epochs() && mayGoOn(); epoch++) {
      if (!trainEpoch(epoch)) {
        interrupted = true;
        break;
      }
    }
    double bestError = best == null ? Double.NaN : best.top1Error();
    double guessing = 100.0 - 100.0 / data.train().classNames().size();
    if (bestError >= guessing) {
      listener.warned(
          "the best validation error is no better than guessing: give it more steps (a smaller --batch,"
              + " a larger --patience, more --epochs), another --lr, or a shallower --arch");
    }
    return new TrainingResult(
        folder, bestEpoch, bestError, null, step, secondsSince(started), interrupted);
  }

  /** Measures the best model on the test images, if there are any. */
  private TrainingResult test(TrainingResult trained) {
    Dataset testImages = data.test();
    if (trained.interrupted() || testImages == null || bestEpoch == 0) {
      return trained;
    }
    loadBest();
    return trained.withTest(evaluator.evaluate(testImages, done -> {}));
  }

  private boolean mayGoOn() {
    return step < config.maxSteps() && !schedule.isFinished();
  }

  /** Returns false if training was asked to stop; the last model is then saved. */
  private boolean trainEpoch(int epoch) {
    int size = data.train().size();
    int[] order = sampler.order(epoch);
    double rate = schedule.rate();
    sgd.setRate(rate);
    double lossSum = 0;
    int correct = 0;
    int seen = 0;
    long epochNanos = System.nanoTime();
    for (int first = 0; first < size && step < config.maxSteps(); first += config.batch()) {
      long stepNanos = System.nanoTime();
      int count = Math.min(config.batch(), size - first);
      Training.Result result = runBatch(epoch, first, count, order);
      watch.step(step + 1, result.lossSum() / count);
      if (sums != null) {
        sums.passTo(sgd);
      }
      step++;
      seen += count;
      lossSum += result.lossSum();
      correct += result.correct();
      trainingNanos += System.nanoTime() - stepNanos;
      trainedImages += count;
      listener.stepped(progress(epoch, first, rate, lossSum / seen));
      if (stopRequested.getAsBoolean()) {
        model(Map.of()).write(folder.lastModel());
        return false;
      }
    }
    double imagesPerSecond = seen * 1e9 / (System.nanoTime() - epochNanos);
    Evaluation validation = evaluator.evaluate(data.validation(), done -> {});
    endEpoch(
        new EpochMetrics(
            epoch + 1,
            step,
            rate,
            lossSum / seen,
            100.0 * (seen - correct) / seen,
            validation,
            imagesPerSecond,
            secondsSince(started)));
    return true;
  }

  /**
   * Runs a batch. A batch in one piece trains the network at once, layer by layer, unless its loss
   * is not finite; the gradients of one in micro-batches are summed.
   */
  private Training.Result runBatch(int epoch, int first, int count, int[] order) {
    double lossSum = 0;
    int correct = 0;
    for (int done = 0; done < count; done += training.capacity()) {
      int part = Math.min(training.capacity(), count - done);
      loader.load(epoch, first + done, part, images, labels);
      int[] samples = Arrays.copyOfRange(order, first + done, first + done + part);
      DropoutKeys dropout = new DropoutKeys(config.seed(), epoch, samples);
      Training.Result result =
          training.run(images, labels, part, 1f / count, dropout, sums != null ? sums : sgd);
      lossSum += result.lossSum();
      correct += result.correct();
    }
    return new Training.Result(lossSum, correct);
  }

  private TrainingListener.Progress progress(int epoch, int first, double rate, double loss) {
    int size = data.train().size();
    int stepsPerEpoch = (size + config.batch() - 1) / config.batch();
    double imagesPerSecond = trainedImages * 1e9 / trainingNanos;
    long imagesLeft = (long) (config.epochs() - epoch) * size - first - config.batch();
    long stepsLeft = config.maxSteps() - (long) step;
    imagesLeft = Math.max(0, Math.min(imagesLeft, stepsLeft * config.batch()));
    // validation takes its share as it has so far
    double overhead = (double) (System.nanoTime() - started) / trainingNanos;
    return new TrainingListener.Progress(
        epoch + 1,
        config.epochs(),
        first / config.batch() + 1,
        stepsPerEpoch,
        rate,
        loss,
        imagesPerSecond,
        imagesLeft / imagesPerSecond * overhead);
  }

  private void endEpoch(EpochMetrics metrics) {
    Evaluation validation = metrics.validation();
    watch.step(step, validation.meanLoss()); // before a broken model takes a good one's place
    boolean isBest = best == null || isBetter(validation, best);
    if (isBest) {
      best = validation;
      bestEpoch = metrics.epoch();
    }
    ModelFile model = model(figures(metrics));
    model.write(folder.lastModel());
    if (isBest) {
      model.write(folder.bestModel());
    }
    folder.appendMetrics(metrics.csvLine());
    listener.epochEnded(metrics, isBest);
    if (schedule.observe(validation.top1Error())) {
      listener.warned(
          "validation top-1 did not improve for "
              + config.patience()
              + " epochs: the rate drops to "
              + schedule.rate());
    } else if (schedule.isFinished()) {
      listener.warned("validation top-1 did not improve at the last rate either: training ends");
    }
    String warning = watch.epoch(step, metrics.trainLoss());
    if (warning != null) {
      listener.warned(warning);
    }
  }

  /** By the top-1 error, and by the loss where that is equal. */
  private static boolean isBetter(Evaluation a, Evaluation b) {
    int order = Double.compare(a.top1Error(), b.top1Error());
    return order < 0 || (order == 0 && a.meanLoss() < b.meanLoss());
  }

  private static Map<String, Double> figures(EpochMetrics metrics) {
    return Map.of(
        "epoch", (double) metrics.epoch(),
        "trainLoss", metrics.trainLoss(),
        "valTop1Error", metrics.validation().top1Error(),
        "valTop5Error", metrics.validation().top5Error());
  }

  private ModelFile model(Map<String, Double> metrics) {
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : parameters.architecture().parameters()) {
      arrays.put(shape.name(), parameters.values(shape.name()));
    }
    Provenance provenance =
        new Provenance(
            config.provenanceOptions(), data.name(), data.fingerprint(), Version.get(), metrics);
    return new ModelFile(
        parameters.architecture(), arrays, preprocessing, data.train().classNames(), provenance);
  }

  /** Reads the best model over the last one: training is over, and memory for both is not there. */
  private void loadBest() {
    ModelFile unused =
        ModelFile.read(folder.bestModel(), (name, length) -> parameters.values(name));
  }

  private void writeProvenance(Map<String, Object> environment, TrainingResult result) {
    Map<String, Object> provenance = new LinkedHashMap<>();
    provenance.put("configuration", config.options());
    provenance.put("dataset", data.name());
    provenance.put("datasetFingerprint", data.fingerprint());
    provenance.put("codeVersion", Version.get());
    provenance.put("steps", result.steps());
    provenance.put("seconds", result.seconds());
    provenance.put("interrupted", result.interrupted());
    PeakMemory.bytes().ifPresent(bytes -> provenance.put("peakMemoryBytes", bytes));
    provenance.put("bestEpoch", result.bestEpoch());
    Evaluation test = result.test();
    if (test != null) {
      provenance.put("testTop1Error", test.top1Error());
      provenance.put("testTop5Error", test.top5Error());
    }
    provenance.putAll(environment);
    folder.writeProvenance(provenance);
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }
}
