package org.vgg4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.loading.BatchSequence;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.evaluate.BoxEvaluator;
import org.vgg4j.evaluate.CenterCropEvaluator;
import org.vgg4j.evaluate.Evaluator;
import org.vgg4j.evaluate.LabelEvaluator;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryOracle;

/**
 * The options, data and network of a run.
 *
 * @param config its options, with a batch of at most all training images
 * @param data as they were found
 * @param architecture the network
 */
record RunInput(TrainingConfig config, DataSplits data, Architecture architecture) {
  /**
   * Opens the data, and chooses the batch if it is open.
   *
   * @param memory of each process
   * @param ranks number of processes
   * @param noted receives a sentence about an open batch
   * @throws InputException if the data cannot be opened, the network cannot be for them, or an open
   *     batch has no room for a single image
   */
  static RunInput open(
      TrainingConfig options, MemoryOracle memory, int ranks, Consumer<String> noted) {
    DataSplits data = data(options);
    Architecture architecture =
        new Architecture(
            options.configuration(),
            options.width(),
            options.crop(),
            data.train().classNames().size(),
            options.task(),
            options.head());
    int images = data.train().size();
    TrainingConfig settled = AutoBatch.settle(options, images, architecture, memory, ranks, noted);
    return new RunInput(settled.fittedTo(images), data, architecture);
  }

  /**
   * Sentences about the data, about validation images that have been learnt from, and about what of
   * its schedule a run will not come to.
   *
   * @throws InputException if the model that it begins with cannot be read
   */
  List<String> notes() {
    List<String> notes = new ArrayList<>(data.notes());
    String seen = SeenImages.note(config, data);
    if (seen != null) {
      notes.add(seen);
    }
    notes.addAll(config.schedule().notes(data.train().size(), config.sgd().batch()));
    return notes;
  }

  private static DataSplits data(TrainingConfig options) {
    if (options.multiLabel() != null) {
      DataSplits data =
          DataSources.openLabelSets(
              options.data(),
              options.multiLabel(),
              options.limit(),
              options.heldOut(),
              options.seed());
      DataSurvey.requireShown(options, data);
      return data;
    }
    BoxConfig boxes = options.boxes();
    return boxes == null
        ? DataSources.open(options.data(), options.limit(), options.heldOut(), options.seed())
        : DataSources.openBoxed(
            options.data(), boxes.file(), options.limit(), options.heldOut(), options.seed());
  }

  /**
   * @throws InputException if a batch has fewer images than there are processes
   */
  void requireShares(int ranks) {
    int batch = config.sgd().batch();
    if (!BatchSequence.everyShareHasSamples(data.train().size(), batch, ranks)) {
      throw new InputException(
          "a batch of %d of the %d training images is too small for %d processes: take fewer processes, or a larger option batch in a new run"
              .formatted(Math.min(batch, data.train().size()), data.train().size(), ranks));
    }
  }

  /**
   * Returns how many images of a batch are in memory at a time.
   *
   * @param memory of each process
   * @throws InputException if not even one fits, or the configured number does not
   */
  int microBatch(MemoryOracle memory, int ranks) {
    return MicroBatchSize.choose(config, architecture, memory, ranks);
  }

  /** Returns how many images of a batch each of so many processes or devices takes. */
  int share(int shares) {
    return BatchSequence.share(config.sgd().batch(), shares);
  }

  /**
   * Requires that a run can begin with these options, before it looks at all images.
   *
   * @throws InputException if the file of class weights, or the model that it begins with, does not
   *     fit
   */
  void requireBeginning() {
    List<String> classNames = data.train().classNames();
    config.targets().classWeights().require(classNames);
    InitialWeights.require(architecture, classNames, config.start());
  }

  /** Returns the same with another micro-batch. */
  RunInput withMicroBatch(int images) {
    return new RunInput(config.withMicroBatch(images), data, architecture);
  }

  /** Returns the same without the images that cannot be read. */
  RunInput with(DataSplits readable) {
    return new RunInput(config, readable, architecture);
  }

  /** The class weights of a run that has begun, whose unreadable images these data are without. */
  List<Double> classWeights(Snapshot begun) {
    return config.targets().classWeights().of(begun, data.train());
  }

  /**
   * Returns how the network learns.
   *
   * @param shares processes, or devices of one process, among which a batch is divided
   * @param classWeights as {@link ClassWeights} gives them
   */
  LearnerOptions learnerOptions(int shares, List<Double> classWeights) {
    SgdConfig sgd = config.sgd();
    return new LearnerOptions(
        sgd.batch(),
        Math.min(sgd.microBatch(), share(shares)),
        sgd.dropout(),
        new LearnerOptions.Descent(
            sgd.momentum(),
            sgd.weightDecay(),
            sgd.biasDecay(),
            config.start().frozenLayers(architecture),
            sgd.layerRates().factors(architecture, sgd.learningRate()),
            sgd.clipGradients() > 0 ? sgd.clipGradients() : Double.POSITIVE_INFINITY),
        config.boxes() == null ? BoxLoss.SQUARED : config.boxes().loss(),
        new ClassLoss(classWeights, config.targets().labelSmoothing()),
        sgd.average().isKept());
  }

  /** What measures a learner, as its task requires. */
  Evaluator evaluator(HostThreads threads, Learner learner, Preprocessing preprocessing) {
    List<String> classNames = data.train().classNames();
    BoxConfig boxes = config.boxes();
    if (config.task().isLabels()) {
      return new LabelEvaluator(threads, learner, preprocessing, classNames);
    }
    return boxes == null
        ? new CenterCropEvaluator(threads, learner, preprocessing, classNames)
        : new BoxEvaluator(threads, learner, architecture, preprocessing, classNames, boxes.loss());
  }
}
