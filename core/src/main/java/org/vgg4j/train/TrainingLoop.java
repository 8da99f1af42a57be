package org.vgg4j.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;
import org.vgg4j.data.Augmentation;
import org.vgg4j.data.BatchLoader;
import org.vgg4j.data.BatchSequence;
import org.vgg4j.data.ColorPca;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Sampler;
import org.vgg4j.data.Subset;
import org.vgg4j.evaluate.CenterCropEvaluator;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.BatchGradients;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Engine;
import org.vgg4j.network.GradientSink;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.Training;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;

/**
 * Steps, epochs, validation and checkpoints, from a {@link Snapshot} on. In a group of processes
 * each works on its share of every batch and of the validation images, and all learn the same; the
 * one that leads writes the run folder. Not thread-safe.
 */
final class TrainingLoop {
  private final TrainingConfig config;
  private final ProcessGroup group;
  private final RunFolder folder;
  private final DataSplits data;
  private final TrainingListener listener;
  private final BooleanSupplier stopRequested;
  private final Snapshot begin;
  private final Preprocessing preprocessing;
  private final Parameters parameters;
  private final Training training;
  private final Sgd sgd;

  /** Of batches in several parts; null if each batch is in one. */
  private final @Nullable BatchGradients gradients;

  private final @Nullable GradientExchange exchange;
  private final BatchSequence sequence;
  private final CenterCropEvaluator evaluator;
  private final Sampler sampler;
  private final LearningRate rate;
  private final LossWatch watch;
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
  private @Nullable Double bestTop1Error;
  private @Nullable Double bestLoss;
  private boolean stopInGroup;

  /**
   * @param folder of the run; only the process that leads writes there
   */
  TrainingLoop(
      TrainingConfig config,
      ProcessGroup group,
      RunFolder folder,
      DataSplits data,
      Engine engine,
      Parameters parameters,
      Sgd sgd,
      Snapshot begin,
      TrainingListener listener,
      BooleanSupplier stopRequested) {
    List<String> classNames = data.train().classNames();
    int batch = config.sgd().batch();
    int share = BatchSequence.share(batch, group.size());
    int microBatch = Math.min(config.sgd().microBatch(), share);
    this.config = config;
    this.group = group;
    this.folder = folder;
    this.data = data;
    this.listener = listener;
    this.stopRequested = stopRequested;
    this.begin = begin;
    this.preprocessing = begin.preprocessing();
    this.parameters = parameters;
    this.sgd = sgd;
    this.training = engine.training(parameters, microBatch, config.sgd().dropout());
    Architecture architecture = parameters.architecture();
    Set<String> frozen = config.start().frozenLayers(architecture);
    training.keep(frozen);
    this.gradients =
        microBatch < batch
            ? engine.batchGradients(architecture, batch, microBatch, group.size(), frozen)
            : null;
    this.exchange =
        group.size() > 1 && gradients != null
            ? new GradientExchange(architecture, group, gradients, frozen)
            : null;
    this.sequence =
        new BatchSequence(data.train().size(), batch, microBatch, group.rank(), group.size());
    this.evaluator = new CenterCropEvaluator(engine, training, preprocessing, classNames);
    this.sampler = new Sampler(data.train().size(), config.seed());
    this.rate = new LearningRate(config.sgd().learningRate(), config.schedule(), stepsPerEpoch());
    this.watch = new LossWatch(config, classNames.size());
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
    bestTop1Error = progress.bestTop1Error();
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
        preprocessing,
        begin.colors(),
        begin.unreadable(),
        new Snapshot.Progress(
            epoch,
            position,
            step,
            lossSum,
            correct,
            bestEpoch,
            bestTop1Error,
            bestLoss,
            trainedImages,
            trainingNanos,
            System.nanoTime() - started),
        rate.state(),
        watch.state(),
        metrics);
  }

  @Nullable String initSha256() {
    return begin.initSha256();
  }

  /** Trains to the end, or until it is asked to stop. */
  TrainingResult run() {
    boolean interrupted = false;
    try (BatchLoader loader = loader()) {
      while (!interrupted && mayGoOn()) {
        interrupted = !trainEpoch(loader);
      }
    }
    double bestError = bestTop1Error == null ? Double.NaN : bestTop1Error;
    double guessing = 100.0 - 100.0 / data.train().classNames().size();
    if (bestError >= guessing) {
      listener.warned(
          "the best validation error is no better than guessing: give it more steps (a smaller"
              + " --batch, a larger --patience, more --epochs), another --lr, or a shallower"
              + " --arch");
    }
    return new TrainingResult(folder, bestEpoch, bestError, null, step, seconds(), interrupted);
  }

  private BatchLoader loader() {
    return new BatchLoader(
        data.train(),
        sampler,
        augmentation(config, preprocessing, begin.colors()),
        preprocessing,
        sequence,
        epoch,
        position,
        config.threads());
  }

  /** What a run makes of its training images. */
  static Augmentation augmentation(
      TrainingConfig config, Preprocessing preprocessing, ColorPca colors) {
    return new Augmentation(
        config.augmentation().scale(),
        config.crop(),
        preprocessing.interpolation(),
        config.augmentation().flip(),
        colors,
        config.augmentation().colorShift(),
        config.seed());
  }

  private boolean mayGoOn() {
    if (position > 0) {
      return true; // an epoch that was begun is also ended, were it only by its validation
    }
    return epoch < config.schedule().epochs()
        && step < config.schedule().maxSteps()
        && !rate.isFinished();
  }

  /** Measures the best model, over which the last one is lost: there is no memory for both. */
  Evaluation evaluateBest(Dataset dataset) {
    if (group.leads()) {
      ModelFile unused =
          ModelFile.read(folder.bestModel(), (name, length) -> parameters.values(name));
    }
    for (ParameterShape shape : parameters.architecture().parameters()) {
      group.broadcast(parameters.values(shape.name()));
    }
    return evaluate(dataset);
  }

  /** Measures a data set, of which each process takes its share. */
  private Evaluation evaluate(Dataset dataset) {
    if (group.size() == 1) {
      return evaluator.evaluate(dataset, done -> {});
    }
    int size = dataset.size();
    int[] own = IntStream.range(group.shareBegin(size), group.shareEnd(size)).toArray();
    Subset share = new Subset(dataset, dataset.name(), own);
    double[] sums = evaluator.evaluate(share, done -> group.worked()).sums();
    group.meet();
    group.sum(sums);
    return Evaluation.ofSums(data.train().classNames(), sums);
  }

  /** Trains to the end of the epoch; returns false if it was asked to stop before. */
  private boolean trainEpoch(BatchLoader loader) {
    int size = data.train().size();
    int[] order = sampler.order(epoch);
    long epochNanos = System.nanoTime();
    long waited = loader.waitedNanos();
    int firstPosition = position;
    double stepRate = rate.of(epoch, Math.max(0, step - 1)); // of the last step, if none is left
    while (position < size && step < config.schedule().maxSteps()) {
      long stepNanos = System.nanoTime();
      int count = Math.min(config.sgd().batch(), size - position);
      stepRate = rate.of(epoch, step);
      sgd.setRate(stepRate);
      Training.Result result = runBatch(loader, count, order);
      watch.step(step + 1, result.lossSum() / count);
      if (gradients != null) {
        gradients.passTo(training, sgd);
      }
      step++;
      position += count;
      lossSum += result.lossSum();
      correct += result.correct();
      trainingNanos += System.nanoTime() - stepNanos;
      trainedImages += count;
      listener.stepped(progress(stepRate));
      if (exchange != null ? stopInGroup : stopRequested.getAsBoolean()) {
        save();
        if (group.leads()) {
          model(Map.of()).write(folder.lastModel());
        }
        return false;
      }
      int every = config.checkpointEvery();
      if (every > 0 && step % every == 0 && position < size) {
        save();
      }
    }
    double stepsNanos = System.nanoTime() - epochNanos;
    Evaluation validation = evaluate(data.validation());
    endEpoch(
        new EpochMetrics(
            epoch + 1,
            step,
            stepRate,
            lossSum / position,
            100.0 * (position - correct) / position,
            validation,
            (position - firstPosition) * 1e9 / stepsNanos,
            seconds(),
            (loader.waitedNanos() - waited) / stepsNanos));
    return true;
  }

  /**
   * Runs a batch. A batch in one piece trains the network at once, layer by layer, unless its loss
   * is not finite; the gradients of one in micro-batches are collected, and those of several
   * processes.
   */
  private Training.Result runBatch(BatchLoader loader, int count, int[] order) {
    double loss = 0;
    int right = 0;
    int done = 0;
    int share = sequence.shareAt(position);
    if (gradients != null) {
      gradients.begin(sequence.partsAt(position), group.rank());
    }
    if (exchange != null) {
      exchange.begin();
    }
    GradientSink sink = gradients != null ? gradients : sgd;
    for (int number = 0; done < share; number++) {
      BatchLoader.Batch part = loader.next();
      if (gradients != null) {
        gradients.beginPart(number);
      }
      int first = sequence.firstAt(position) + done;
      if (part.epoch() != epoch || part.first() != first || part.count() > share - done) {
        throw new IllegalStateException(
            "the loader is at epoch %d, position %d, training at %d, %d"
                .formatted(part.epoch(), part.first(), epoch, first));
      }
      int[] samples = Arrays.copyOfRange(order, first, first + part.count());
      DropoutKeys dropout = new DropoutKeys(config.seed(), epoch, samples);
      Training.Result result =
          training.run(
              part.images(),
              Label.indices(part.targets()),
              part.count(),
              1f / count,
              dropout,
              sink);
      done += part.count();
      loss += result.lossSum();
      right += result.correct();
    }
    return exchange == null ? new Training.Result(loss, right) : together(exchange, loss, right);
  }

  /** What the whole batch gave; and whether any process was asked to stop. */
  private Training.Result together(GradientExchange ofAll, double loss, int right) {
    ofAll.finish();
    double[] sums = {loss, right, stopRequested.getAsBoolean() ? 1 : 0};
    group.sum(sums);
    stopInGroup = sums[2] > 0;
    return new Training.Result(sums[0], (int) sums[1]);
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
    // validation takes its share as it has so far
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
   * The order in which files are written lets any instant be the last: models that the checkpoint
   * does not know of yet are written again, with the same bytes, when the run goes on; those that
   * it knows of are there; and metrics.csv is written anew.
   */
  private void endEpoch(EpochMetrics ended) {
    Evaluation validation = ended.validation();
    watch.step(step, validation.meanLoss()); // before a broken model takes a good one's place
    requireSameParameters();
    boolean isBest = isBest(validation);
    ModelFile model = model(figures(ended));
    if (isBest) {
      if (group.leads()) {
        model.write(folder.bestModel());
      }
      bestTop1Error = validation.top1Error();
      bestLoss = validation.meanLoss();
      bestEpoch = ended.epoch();
    }
    boolean dropped = rate.observe(validation.top1Error());
    String warning = watch.epoch(step, ended.trainLoss());
    metrics.add(ended.csvLine());
    epoch++;
    position = 0;
    lossSum = 0;
    correct = 0;
    if (group.leads()) {
      model.write(folder.lastModel());
    }
    save();
    if (group.leads()) {
      folder.writeMetrics(metrics);
    }
    listener.epochEnded(ended, isBest);
    tell(dropped, warning);
  }

  /**
   * Processes on unequal machines could learn unequal things: then training must end, not go on.
   *
   * @throws InputException if the parameters of this process are not those of the others
   */
  private void requireSameParameters() {
    if (group.size() == 1) {
      return;
    }
    double own = parameters.checksum();
    double[] sum = {own};
    group.sum(sum);
    if (sum[0] != own * group.size()) {
      throw new InputException(
          "the processes have come to different weights, which unequal processors or versions of"
              + " Java can do: train on machines of one kind");
    }
  }

  private void tell(boolean dropped, @Nullable String warning) {
    if (dropped) {
      listener.warned(
          "validation top-1 did not improve for %d epochs: the rate drops to %s"
              .formatted(config.schedule().patience(), rate.of(epoch, step)));
    } else if (rate.isFinished()) {
      listener.warned("validation top-1 did not improve at the last rate either: training ends");
    }
    if (warning != null) {
      listener.warned(warning);
    }
  }

  private void save() {
    if (group.leads()) {
      Checkpoint.write(folder.checkpoint(), parameters, sgd.velocities(), snapshot());
    }
  }

  /** By the top-1 error, and by the loss where that is equal. */
  private boolean isBest(Evaluation evaluation) {
    if (bestTop1Error == null || bestLoss == null) {
      return true;
    }
    int order = Double.compare(evaluation.top1Error(), bestTop1Error);
    return order < 0 || (order == 0 && evaluation.meanLoss() < bestLoss);
  }

  private static Map<String, Double> figures(EpochMetrics metrics) {
    return Map.of(
        "epoch", (double) metrics.epoch(),
        "trainLoss", metrics.trainLoss(),
        "valTop1Error", metrics.validation().top1Error(),
        "valTop5Error", metrics.validation().top5Error());
  }

  private ModelFile model(Map<String, Double> figures) {
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : parameters.architecture().parameters()) {
      arrays.put(shape.name(), parameters.values(shape.name()));
    }
    Provenance provenance =
        new Provenance(
            config.provenanceOptions(begin.initSha256()),
            data.name(),
            data.fingerprint(),
            Version.get(),
            figures);
    return new ModelFile(
        parameters.architecture(), arrays, preprocessing, data.train().classNames(), provenance);
  }

  private double seconds() {
    return (System.nanoTime() - started) / 1e9;
  }
}
