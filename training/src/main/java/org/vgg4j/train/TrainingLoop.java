package org.vgg4j.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.loading.Augmentation;
import org.vgg4j.data.loading.BatchLoader;
import org.vgg4j.data.loading.BatchSequence;
import org.vgg4j.data.loading.ColorPca;
import org.vgg4j.data.loading.Sampler;
import org.vgg4j.evaluate.Evaluator;
import org.vgg4j.evaluate.Measurement;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Learner;

/**
 * Steps, epochs, validation and checkpoints, from a {@link Snapshot} on: order, rates and files,
 * but no arithmetic. Each of several ranks works on its share of every batch and of the validation
 * images, and all learn the same. Not thread-safe.
 */
final class TrainingLoop {
  /**
   * How training ended.
   *
   * @param bestEpoch the epoch whose model is the best, from 1; 0 if no epoch was finished
   * @param bestError what option select watches, of that epoch; NaN if no epoch was finished, or if
   *     it is unknown
   * @param steps steps done
   * @param seconds wall time of training
   * @param interrupted whether it was asked to stop before its end, or before the best model is
   *     tested
   */
  record Outcome(int bestEpoch, double bestError, int steps, double seconds, boolean interrupted) {}

  /** An epoch whose models are written. */
  private record Ended(EpochMetrics metrics, boolean isBest) {}

  private final TrainingConfig config;
  private final Ranks ranks;
  private final RunOutput output;
  private final DataSplits data;
  private final Learner learner;
  private final Evaluator evaluator;
  private final TrainingListener listener;
  private final Snapshot begin;
  private final BatchSequence sequence;
  private final Sampler sampler;
  private final LearningRate rate;
  private final AverageSchedule average;
  private final LossWatch watch;
  private final Selection watched;
  private final long started;
  private final List<String> metrics;
  private long trainingNanos;
  private long trainedImages;
  private int epoch;
  private int position;
  private int step;
  private double lossSum;
  private int correct;
  private int bestEpoch;
  private @Nullable Double bestError;
  private @Nullable Double bestLoss;

  /**
   * @param learner with the weights and velocities of the snapshot
   * @param evaluator measures what the learner has learnt
   * @param begin where training starts
   */
  TrainingLoop(
      TrainingConfig config,
      Ranks ranks,
      RunOutput output,
      DataSplits data,
      Learner learner,
      Evaluator evaluator,
      Snapshot begin,
      TrainingListener listener) {
    this.config = config;
    this.ranks = ranks;
    this.output = output;
    this.data = data;
    this.learner = learner;
    this.evaluator = evaluator;
    this.listener = listener;
    this.begin = begin;
    this.sequence =
        new BatchSequence(
            data.train().size(),
            config.sgd().batch(),
            learner.capacity(),
            ranks.exchange().rank(),
            ranks.exchange().ranks());
    this.sampler = config.sampling().sampler(data.train(), config.seed());
    this.watched = config.selection().watched();
    this.rate =
        new LearningRate(config.sgd().learningRate(), config.schedule(), stepsPerEpoch(), watched);
    this.average = new AverageSchedule(config.sgd().average(), learner, lastEpoch());
    this.watch =
        LossWatch.of(config, data.train(), config.targets().classWeights().of(begin, data.train()));
    this.metrics = new ArrayList<>(begin.metrics());
    this.started = System.nanoTime() - begin.progress().nanos();
    restore(begin);
  }

  private void restore(Snapshot snapshot) {
    Snapshot.Progress progress = snapshot.progress();
    epoch = progress.epoch();
    position = progress.position();
    step = progress.step();
    lossSum = progress.lossSum();
    correct = progress.correct();
    bestEpoch = progress.bestEpoch();
    bestError = progress.bestTop1Error();
    bestLoss = progress.bestLoss();
    trainedImages = progress.trainedImages();
    trainingNanos = progress.trainingNanos();
    rate.restore(snapshot.plateau());
    watch.restore(snapshot.watch());
  }

  private Snapshot snapshot() {
    return new Snapshot(
        begin.configuration(),
        begin.initSha256(),
        begin.datasetFingerprint(),
        begin.codeVersion(),
        begin.kernels(),
        begin.preprocessing(),
        begin.colors(),
        begin.unreadable(),
        new Snapshot.Progress(
            epoch,
            position,
            step,
            lossSum,
            correct,
            bestEpoch,
            bestError,
            bestLoss,
            trainedImages,
            trainingNanos,
            System.nanoTime() - started),
        rate.state(),
        watch.state(),
        metrics);
  }

  /** Trains to the end, or until it is asked to stop. */
  Outcome run() {
    boolean interrupted = false;
    try (BatchLoader loader = loader()) {
      while (!interrupted && mayGoOn()) {
        interrupted = !trainEpoch(loader);
      }
    }
    boolean tested = config.test() && data.test() != null && bestEpoch > 0;
    if (!interrupted && tested) { // validation asks nobody, and the test would take its time, too
      interrupted = ranks.agreeToStop();
    }
    double error = bestError == null ? Double.NaN : bestError;
    if (config.boxes() == null && error >= guessing()) {
      listener.warned(
          "the best "
              + watched.noun()
              + " is no better than guessing: allow more steps (lower option batch, raise option "
              + (config.schedule().kind() == ScheduleConfig.Kind.PAPER ? "patience or " : "")
              + "epochs), change option lr, or choose a shallower network (option arch)");
    }
    return new Outcome(bestEpoch, error, step, seconds(), interrupted);
  }

  /** What is watched, of a network that knows nothing. */
  private double guessing() {
    int classes = data.train().classNames().size();
    boolean labels = config.task().isLabels();
    if (watched == Selection.LOSS) {
      return labels ? LabelGuess.loss(data.validation(), List.of(), 0) : Math.log(classes);
    }
    return labels ? 100 - LabelGuess.averagePrecision(data.validation()) : 100.0 - 100.0 / classes;
  }

  private BatchLoader loader() {
    return new BatchLoader(
        data.train(),
        sampler,
        augmentation(config, begin.preprocessing(), begin.colors()),
        config.targets().mixing(config.seed()),
        begin.preprocessing(),
        sequence,
        epoch,
        position,
        config.threads());
  }

  /** The augmentation of a run's training images. */
  static Augmentation augmentation(
      TrainingConfig config, Preprocessing preprocessing, ColorPca colors) {
    return new Augmentation(
        config.augmentation().scale(),
        config.crop(),
        preprocessing.interpolation(),
        config.augmentation().flip(),
        colors,
        config.augmentation().colorShift(),
        config.seed(),
        config.boxes() == null ? 0 : config.boxes().minOverlap(),
        config.augmentation().distortions());
  }

  private boolean mayGoOn() {
    if (position > 0) {
      return true; // an epoch that has begun is finished, even if only its validation is left
    }
    return epoch < config.schedule().epochs()
        && step < config.schedule().maxSteps()
        && !rate.isFinished()
        && !stopsWaiting();
  }

  /** Whether as many epochs as allowed have passed since the best. */
  private boolean stopsWaiting() {
    int stopAfter = config.selection().stopAfter();
    return stopAfter > 0 && epoch - bestEpoch >= stopAfter;
  }

  /** Measures the best model, overwriting the last one's weights: there is no memory for both. */
  Measurement evaluateBest(Dataset dataset) {
    output.readBest(learner.weights());
    ranks.share(learner.weights());
    return evaluate(dataset);
  }

  private Measurement evaluate(Dataset dataset) {
    return ranks.evaluate(evaluator, dataset);
  }

  /** Trains to the end of the epoch; returns false if it was asked to stop before. */
  private boolean trainEpoch(BatchLoader loader) {
    int size = data.train().size();
    int[] order = sampler.order(epoch);
    long epochNanos = System.nanoTime();
    long waited = loader.waitedNanos();
    int firstPosition = position;
    double stepRate = rate.of(epoch, Math.max(0, step - 1)); // of the last step if none is left
    while (position < size && step < config.schedule().maxSteps()) {
      long stepNanos = System.nanoTime();
      int count = Math.min(config.sgd().batch(), size - position);
      stepRate = rate.of(epoch, step);
      Learner.Result result = runBatch(loader, stepRate, order);
      watch.step(step + 1, result.lossSum() / count);
      step++;
      position += count;
      lossSum += result.lossSum();
      correct += result.correct();
      trainingNanos += System.nanoTime() - stepNanos;
      trainedImages += count;
      average.stepped(step);
      listener.stepped(progress(stepRate));
      if (ranks.isStopped()) {
        save();
        average.during(epoch, () -> output.writeLast(learner.weights(), Map.of()));
        return false;
      }
      int every = config.checkpointEvery();
      if (every > 0 && step % every == 0 && position < size) {
        save();
      }
    }
    double stepsNanos = System.nanoTime() - epochNanos;
    double lastRate = stepRate;
    average.epochTrained(epoch + 1);
    Ended ended =
        average.result(
            epoch + 1,
            () ->
                writeModels(
                    new EpochMetrics(
                        epoch + 1,
                        step,
                        lastRate,
                        lossSum / position,
                        100.0 * (position - correct) / position,
                        evaluate(data.validation()),
                        (position - firstPosition) * 1e9 / stepsNanos,
                        seconds(),
                        (loader.waitedNanos() - waited) / stepsNanos)));
    endEpoch(ended);
    return true;
  }

  /** Makes a step with this rank's share of the batch that begins at the position. */
  private Learner.Result runBatch(BatchLoader loader, double stepRate, int[] order) {
    learner.begin(new Learner.Batch(sequence.microBatchesAt(position), stepRate));
    int first = sequence.firstAt(position);
    int end = first + sequence.shareAt(position);
    while (first < end) {
      BatchLoader.Batch next = loader.next();
      if (next.epoch() != epoch || next.first() != first || next.count() > end - first) {
        throw new IllegalStateException(
            "the loader is at epoch %d, position %d, training at %d, %d"
                .formatted(next.epoch(), next.first(), epoch, first));
      }
      int[] samples = sampler.keys(order, first, next.count());
      learner.add(next.images(), next.targets(), new DropoutKeys(config.seed(), epoch, samples));
      first += next.count();
    }
    return learner.update();
  }

  /** The number of epochs that the run has unless its schedule ends it before. */
  private int lastEpoch() {
    long ofSteps = (config.schedule().maxSteps() - 1L) / stepsPerEpoch() + 1;
    return (int) Math.min(config.schedule().epochs(), ofSteps);
  }

  private int stepsPerEpoch() {
    return (data.train().size() + config.sgd().batch() - 1) / config.sgd().batch();
  }

  private TrainingListener.Progress progress(double stepRate) {
    int batch = config.sgd().batch();
    double imagesPerSecond = trainedImages * 1e9 / trainingNanos;
    long imagesLeft = (long) (config.schedule().epochs() - epoch) * data.train().size() - position;
    long stepsLeft = config.schedule().maxSteps() - (long) step;
    imagesLeft = Math.max(0, Math.min(imagesLeft, stepsLeft * batch));
    // validation counts at its share so far
    double overhead = (double) (System.nanoTime() - started) / trainingNanos;
    return new TrainingListener.Progress(
        epoch + 1,
        config.schedule().epochs(),
        (position + batch - 1) / batch,
        stepsPerEpoch(),
        stepRate,
        lossSum / position,
        imagesPerSecond,
        imagesLeft / imagesPerSecond * overhead);
  }

  /**
   * Files are written in an order that allows a crash at any instant: models newer than the
   * checkpoint are written again, with the same bytes, when the run is resumed; those that it
   * refers to exist; and metrics.csv is rewritten.
   */
  private Ended writeModels(EpochMetrics ended) {
    Measurement validation = ended.validation();
    watch.step(step, validation.meanLoss()); // before a broken model replaces a good one
    ranks.requireSame(learner.weights());
    boolean isBest = isBest(validation);
    if (isBest) {
      output.writeBest(learner.weights(), figures(ended));
      bestError = watched.of(validation);
      bestLoss = validation.meanLoss();
      bestEpoch = ended.epoch();
    }
    output.writeLast(learner.weights(), figures(ended));
    return new Ended(ended, isBest);
  }

  /** All that comes after the models, with the weights to go on with. */
  private void endEpoch(Ended end) {
    EpochMetrics ended = end.metrics();
    boolean dropped = rate.observe(watched.of(ended.validation()));
    String warning = watch.epoch(step, ended.trainLoss());
    metrics.add(ended.csvLine());
    epoch++;
    position = 0;
    lossSum = 0;
    correct = 0;
    output.addRecall(ended);
    save();
    output.writeMetrics(metrics);
    listener.epochEnded(ended, end.isBest());
    tell(dropped, warning);
  }

  private void tell(boolean dropped, @Nullable String warning) {
    if (stopsWaiting() && epoch < config.schedule().epochs()) {
      listener.noted(
          "%d epoch%s without a better %s: training ends"
              .formatted(epoch - bestEpoch, epoch - bestEpoch == 1 ? "" : "s", watched.noun()));
    } else if (dropped) {
      listener.warned(
          "the %s did not improve for %d epochs: the rate drops to %s"
              .formatted(watched.noun(), config.schedule().patience(), rate.of(epoch, step)));
    } else if (rate.isFinished()) {
      listener.warned(
          "the %s did not improve at the last rate either: training ends"
              .formatted(watched.noun()));
    }
    if (warning != null) {
      listener.warned(warning);
    }
  }

  private void save() {
    output.writeCheckpoint(learner, snapshot());
  }

  /** Compares what is watched, and losses if that is equal. */
  private boolean isBest(Measurement evaluation) {
    if (bestError == null || bestLoss == null) {
      return true;
    }
    int order = Double.compare(watched.of(evaluation), bestError);
    return order < 0 || (order == 0 && evaluation.meanLoss() < bestLoss);
  }

  private Map<String, Double> figures(EpochMetrics metrics) {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("epoch", (double) metrics.epoch());
    figures.put("trainLoss", metrics.trainLoss());
    figures.putAll(metrics.validation().figures("val"));
    figures.putAll(watched.figures(metrics.validation()));
    return figures;
  }

  private double seconds() {
    return (System.nanoTime() - started) / 1e9;
  }
}
