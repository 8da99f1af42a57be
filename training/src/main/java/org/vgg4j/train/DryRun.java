package org.vgg4j.train;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.inspect.Inspection;
import org.vgg4j.data.inspect.Survey;
import org.vgg4j.data.loading.BatchLoader;
import org.vgg4j.data.loading.BatchSequence;
import org.vgg4j.data.loading.Sampler;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Parameters;

/**
 * Finds in a minute what would otherwise stop a run of weeks late: opens the data, plans the
 * memory, decodes and augments images, and does one step. Leaves nothing behind but the index of an
 * archive.
 *
 * @param config the options, with an open batch chosen
 * @param data as the run would use it
 * @param architecture the network
 * @param microBatch images at a time
 * @param memory of the process's heap
 * @param lookedAt images that were decoded: all of each part, or an evenly spaced sample of a large
 *     one
 * @param unreadable those of them that cannot be read
 * @param loss of the first step, per image; about ln(classes) where a network that classifies has
 *     drawn weights
 * @param notes sentences about the data, and about what of its schedule the run will not come to
 * @param secondsPerImage of the fastest micro-batch, once the kernels are compiled, with its share
 *     of the work at the end of a batch
 * @param secondsOfEpoch predicted for an epoch with its validation: as fast as the second half of
 *     the steps on average
 * @param steps upper limit on the number of steps
 * @param seconds predicted for these steps, including validation but not the survey of all images
 *     before them
 */
public record DryRun(
    TrainingConfig config,
    DataSplits data,
    Architecture architecture,
    int microBatch,
    MemoryPlan memory,
    int lookedAt,
    List<Unreadable> unreadable,
    double loss,
    List<String> notes,
    double secondsPerImage,
    double secondsOfEpoch,
    long steps,
    double seconds) {

  /** The least number of steps: the first warms up. */
  private static final int STEPS = 2;

  /** Learns nothing, so that timings cannot depend on how the weights change. */
  private static final double NO_RATE = 0;

  /** Most images of a part that are decoded. */
  private static final int SOME = 1000;

  /** How long small networks are trained to warm up the JIT compiler. */
  private static final Duration WARM_UP = Duration.ofSeconds(2);

  /** A validation image costs a forward pass, a third of a training image. */
  private static final double VALIDATION_SHARE = 1.0 / 3;

  /**
   * Tries the run.
   *
   * @param noted receives a sentence about a batch that was left open
   * @throws InputException if anything would keep the run from starting
   */
  public static DryRun of(TrainingConfig config, Consumer<String> noted) {
    return of(config, WARM_UP, noted);
  }

  /**
   * Tries the run.
   *
   * @param warmUp how long a small network is trained to warm up the JIT compiler
   * @throws InputException if anything would keep the run from starting
   */
  public static DryRun of(TrainingConfig config, Duration warmUp) {
    return of(config, warmUp, note -> {});
  }

  /**
   * Tries the run.
   *
   * @param warmUp how long a small network is trained to warm up the JIT compiler; longer makes the
   *     predicted time more accurate
   * @param noted receives a sentence about a batch that was left open
   * @throws InputException if anything would keep the run from starting
   */
  static DryRun of(TrainingConfig options, Duration warmUp, Consumer<String> noted) {
    try (Engine engine = Engines.open(options.device(), options.threads())) {
      RunInput input = RunInput.open(options, engine.memory(), 1, noted);
      TrainingConfig config = input.config();
      DataSplits data = input.data();
      input.requireBeginning();
      Look look = look(config, data, engine.hostThreads());
      Dataset train = data.without(look.unreadable()).train();
      int devices = engine.memory().devices();
      int share = BatchSequence.share(config.sgd().batch(), devices);
      int microBatch = Math.min(input.microBatch(engine.memory(), 1), share);
      RunInput resolved = input.withMicroBatch(microBatch);
      FirstImages first =
          FirstImages.of(config, train, STEPS * microBatch * devices, engine.hostThreads());
      List<Double> classWeights = config.targets().classWeights().of(train);
      Step step = step(resolved, first, classWeights, engine, warmUp);
      if (!Double.isFinite(step.loss())) {
        throw new InputException(
            "the first loss is %s: lower option lr, or change option init".formatted(step.loss()));
      }
      long stepsPerEpoch = (data.train().size() + config.sgd().batch() - 1L) / config.sgd().batch();
      long steps =
          Math.min(config.schedule().maxSteps(), stepsPerEpoch * config.schedule().epochs());
      double imagesOfEpoch = data.train().size() + VALIDATION_SHARE * data.validation().size();
      return new DryRun(
          config,
          data,
          input.architecture(),
          microBatch,
          step.memory(),
          look.count(),
          look.unreadable(),
          step.loss(),
          input.notes(),
          step.secondsPerImage(),
          step.usualSecondsPerImage() * imagesOfEpoch,
          steps,
          (double) steps / stepsPerEpoch * imagesOfEpoch * step.secondsPerImage());
    }
  }

  /** How many images were decoded, and which of them cannot be read. */
  private record Look(int count, List<Unreadable> unreadable) {}

  /**
   * Decodes images of all parts as the run will.
   *
   * @throws InputException if too many cannot be read for the run to begin
   */
  private static Look look(TrainingConfig config, DataSplits data, HostThreads threads) {
    int count = 0;
    boolean all = true;
    int scale = config.augmentation().scale().largest();
    List<Unreadable> unreadable = new ArrayList<>();
    for (Split split : Split.values()) {
      Dataset part = DataSurvey.usedPart(config, data, split);
      if (part != null && part.mayBeUnreadable()) {
        Inspection seen = Inspection.of(split, part, SOME, scale, threads::parallel, done -> {});
        count += seen.lookedAt();
        all &= seen.lookedAt() == part.size();
        unreadable.addAll(seen.survey().unreadable());
        DataSurvey.requireFew(config, data, split, unreadable, "");
      }
    }
    if (all) {
      DataSurvey.requireAllClasses(config, data, data.without(unreadable));
    }
    return new Look(count, unreadable);
  }

  /**
   * @param loss of the first micro-batch, per image
   * @param secondsPerImage of the fastest micro-batch, with its share of the work at the end of a
   *     batch
   * @param usualSecondsPerImage the mean of the second half of the steps instead
   * @param memory that training takes
   */
  private record Step(
      double loss, double secondsPerImage, double usualSecondsPerImage, MemoryPlan memory) {}

  /** How long a step took: for each image until they were added, for the update, and in all. */
  private record Times(double add, double update, double whole) {
    /**
     * What one of several steps, or their mean, says about an image of a whole batch. Several
     * devices compute beside each other, and beside their caller: there the whole step counts.
     */
    static double perImage(Summary of, List<Times> steps, int devices, int wholeBatch) {
      double add = of.apply(steps.stream().mapToDouble(Times::add));
      double update = of.apply(steps.stream().mapToDouble(Times::update));
      double whole = of.apply(steps.stream().mapToDouble(Times::whole));
      return devices > 1 ? whole : add + update / wholeBatch;
    }
  }

  /** The smallest of some numbers, or their mean. */
  private interface Summary {
    double apply(DoubleStream numbers);
  }

  /** Each step computes a micro-batch on each device, and is timed as part of a whole batch. */
  private static Step step(
      RunInput input,
      FirstImages first,
      List<Double> classWeights,
      Engine engine,
      Duration warmUp) {
    TrainingConfig config = input.config();
    Dataset images = first.readable();
    Survey survey = first.survey();
    int wholeBatch = config.sgd().batch();
    int microBatch = config.sgd().microBatch();
    Parameters weights = Parameters.zeros(input.architecture());
    Preprocessing preprocessing =
        InitialWeights.fill(weights, images.classNames(), config.start(), config.seed())
            .preprocessing(config, survey.mean());
    int[] microBatches = new BatchSequence(wholeBatch, wholeBatch, microBatch).microBatchesAt(0);
    int devices = engine.memory().devices();
    int atOnce = Math.min(devices, microBatches.length);
    BatchSequence sequence = new BatchSequence(images.size(), wholeBatch, microBatch);
    LearnerOptions how = input.learnerOptions(devices, classWeights);
    try (Learner learner = engine.learner(weights, how, Exchange.ALONE);
        BatchLoader loader =
            new BatchLoader(
                images,
                new Sampler(images.size(), config.seed()),
                TrainingLoop.augmentation(config, preprocessing, survey.colors()),
                config.targets().mixing(config.seed()),
                preprocessing,
                sequence,
                0,
                0,
                config.threads())) {
      double loss = 0;
      List<Times> times = new ArrayList<>();
      int position = 0;
      long start = System.nanoTime();
      for (int step = 0; step < STEPS || System.nanoTime() - start < warmUp.toNanos(); step++) {
        long began = System.nanoTime();
        int count = 0;
        for (int i = 0; i < atOnce; i++) {
          microBatches[i] = sequence.microBatchAt(position);
          position = (position + microBatches[i]) % images.size();
          count += microBatches[i];
        }
        learner.begin(new Learner.Batch(microBatches, NO_RATE));
        for (int i = 0; i < atOnce; i++) {
          BatchLoader.Batch batch = loader.next();
          int[] samples = IntStream.range(0, batch.count()).toArray();
          learner.add(batch.images(), batch.targets(), new DropoutKeys(config.seed(), 0, samples));
        }
        long added = System.nanoTime();
        Learner.Result result = learner.update();
        if (config.sgd().average().kind() == AverageConfig.Kind.EMA) {
          learner.average(0.5); // any share takes as long
        }
        long updated = System.nanoTime();
        times.add(
            new Times(
                (added - began) / 1e9 / count,
                (updated - added) / 1e9,
                (updated - began) / 1e9 / count));
        loss = step == 0 ? result.lossSum() / count : loss;
      }
      List<Times> later = times.subList(times.size() / 2, times.size());
      return new Step(
          loss,
          Times.perImage(numbers -> numbers.min().orElseThrow(), times, devices, wholeBatch),
          Times.perImage(numbers -> numbers.average().orElseThrow(), later, devices, wholeBatch),
          learner.memory());
    }
  }
}
