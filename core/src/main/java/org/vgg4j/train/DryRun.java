package org.vgg4j.train;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.vgg4j.base.InputException;
import org.vgg4j.data.BatchLoader;
import org.vgg4j.data.BatchSequence;
import org.vgg4j.data.DataSources;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Inspection;
import org.vgg4j.data.Sampler;
import org.vgg4j.data.Split;
import org.vgg4j.data.Subset;
import org.vgg4j.data.Survey;
import org.vgg4j.data.Unreadable;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Label;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.BatchGradients;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Engine;
import org.vgg4j.network.GradientSink;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.Training;

/**
 * Finds out in a minute what a run of weeks would else find out late: the data are opened, the
 * memory is planned, pictures are decoded and augmented, and one step is done. Leaves nothing but
 * the index of an archive.
 *
 * @param data as they would be used
 * @param architecture the network
 * @param microBatch images at a time
 * @param memory of the process's heap
 * @param lookedAt pictures that were decoded: all of each part, or of a large one some, evenly
 *     spread
 * @param unreadable those of them that cannot be read
 * @param loss of the first step, per image; about ln(classes) where all weights were drawn
 * @param secondsPerImage of the fastest piece, when the compiler has seen the kernels, and of a
 *     batch in pieces its share of what comes at the end
 * @param steps at most so many
 * @param seconds that so many take, validation included, but not the look at all pictures before
 *     the first
 */
public record DryRun(
    DataSplits data,
    Architecture architecture,
    int microBatch,
    MemoryPlan memory,
    int lookedAt,
    List<Unreadable> unreadable,
    double loss,
    double secondsPerImage,
    long steps,
    double seconds) {

  /** Pieces of the batch that are trained on at least: the first warms up. */
  private static final int PIECES = 2;

  /** Pictures of a part that are looked at. */
  private static final int SOME = 1000;

  /** How often a batch's gradients are handed over, after the pieces: the first time warms up. */
  private static final int PASSES = 3;

  /** Small networks are trained on for so long, before the compiler has done its work. */
  private static final Duration WARM_UP = Duration.ofSeconds(2);

  /** A validation image costs a forward pass, a third of a training image. */
  private static final double VALIDATION_SHARE = 1.0 / 3;

  /**
   * Tries the run.
   *
   * @throws InputException whatever keeps the run from beginning
   */
  public static DryRun of(TrainingConfig config) {
    return of(config, WARM_UP);
  }

  /**
   * Tries the run.
   *
   * @param warmUp how long a small network is trained on, for the compiler: the longer, the truer
   *     is the time that is predicted
   * @throws InputException whatever keeps the run from beginning
   */
  public static DryRun of(TrainingConfig options, Duration warmUp) {
    try (Engine engine = new Engine(options.threads())) {
      DataSplits data =
          DataSources.open(options.data(), options.limit(), options.heldOut(), options.seed());
      TrainingConfig config = options.fittedTo(data.train().size());
      Architecture architecture =
          new Architecture(
              config.configuration(),
              config.width(),
              config.crop(),
              data.train().classNames().size());
      Look look = look(config, data, engine);
      Dataset train = data.without(look.unreadable()).train();
      int microBatch =
          MicroBatch.choose(config, architecture, engine, Runtime.getRuntime().maxMemory(), 1);
      TrainingConfig resolved = config.withMicroBatch(microBatch);
      Dataset first = first(train, PIECES * microBatch, config.seed());
      Survey survey = look(resolved, first, engine);
      Dataset readable = data(first, survey);
      Step step = step(resolved, architecture, readable, survey, engine, warmUp);
      if (!Double.isFinite(step.loss())) {
        throw new InputException(
            "the first loss is %s: take a smaller --lr or another --init".formatted(step.loss()));
      }
      long stepsPerEpoch = (data.train().size() + config.sgd().batch() - 1L) / config.sgd().batch();
      long steps =
          Math.min(config.schedule().maxSteps(), stepsPerEpoch * config.schedule().epochs());
      double images =
          (double) steps
              / stepsPerEpoch
              * (data.train().size() + VALIDATION_SHARE * data.validation().size());
      return new DryRun(
          data,
          architecture,
          microBatch,
          engine.trainingMemory(architecture, microBatch, config.sgd().batch()),
          look.count(),
          look.unreadable(),
          step.loss(),
          step.secondsPerImage(),
          steps,
          images * step.secondsPerImage());
    }
  }

  /** The first images of the first epoch. */
  private static Dataset first(Dataset train, int count, long seed) {
    int[] order = new Sampler(train.size(), seed).order(0);
    return new Subset(train, train.name(), Arrays.copyOf(order, Math.min(count, order.length)));
  }

  /** How many pictures were looked at, and which of them cannot be read. */
  private record Look(int count, List<Unreadable> unreadable) {}

  /**
   * Looks at pictures of all parts as the run will.
   *
   * @throws InputException if so many cannot be read that the run would stop
   */
  private static Look look(TrainingConfig config, DataSplits data, Engine engine) {
    int count = 0;
    boolean all = true;
    int scale = config.augmentation().scale().largest();
    List<Unreadable> unreadable = new ArrayList<>();
    for (Split split : Split.values()) {
      Dataset part = data.part(split);
      if (part != null && part.mayBeUnreadable()) {
        Inspection seen = Inspection.of(split, part, SOME, scale, engine::parallel, done -> {});
        count += seen.lookedAt();
        all &= seen.lookedAt() == part.size();
        unreadable.addAll(seen.survey().unreadable());
        DataSurvey.requireFew(config, data, split, unreadable, "");
      }
    }
    if (all) {
      DataSurvey.requireAllClasses(data, data.without(unreadable).train());
    }
    return new Look(count, unreadable);
  }

  private static Survey look(TrainingConfig config, Dataset images, Engine engine) {
    int largest = config.augmentation().scale().largest();
    Survey survey =
        Survey.of(Split.TRAIN, images, largest, engine::parallel, done -> {}, () -> false);
    if (survey == null || survey.unreadable().size() == images.size()) {
      throw new InputException(
          "none of the first %d pictures of %s can be read: vgg data inspect says why"
              .formatted(images.size(), images.name()));
    }
    return survey;
  }

  private static Dataset data(Dataset images, Survey survey) {
    List<Integer> left = survey.unreadable().stream().map(Unreadable::index).toList();
    int[] kept = IntStream.range(0, images.size()).filter(index -> !left.contains(index)).toArray();
    return new Subset(images, images.name(), kept);
  }

  /**
   * @param loss of the first piece, per image
   * @param secondsPerImage of the fastest piece, and of what comes at a batch's end
   */
  private record Step(double loss, double secondsPerImage) {}

  private static Step step(
      TrainingConfig config,
      Architecture architecture,
      Dataset images,
      Survey survey,
      Engine engine,
      Duration warmUp) {
    int microBatch = config.sgd().microBatch();
    Parameters parameters = Parameters.zeros(architecture);
    InitialWeights weights =
        InitialWeights.fill(parameters, images.classNames(), config.start(), config.seed());
    int scale = config.augmentation().scale().middle();
    InitialWeights.Origin origin = weights.source();
    Preprocessing preprocessing =
        origin == null
            ? Preprocessing.paper(survey.mean(), scale, config.crop())
            : origin.preprocessing().withSizes(scale, config.crop());
    Training training = engine.training(parameters, microBatch, config.sgd().dropout());
    Set<String> frozen = config.start().frozenLayers(architecture);
    training.keep(frozen);
    Sgd sgd =
        new Sgd(
            parameters,
            engine,
            config.sgd().momentum(),
            config.sgd().weightDecay(),
            config.sgd().biasDecay(),
            frozen);
    sgd.setRate(config.sgd().learningRate());
    int wholeBatch = config.sgd().batch();
    BatchGradients gradients =
        microBatch < wholeBatch
            ? engine.batchGradients(architecture, wholeBatch, microBatch, 1, frozen)
            : null;
    GradientSink sink = gradients != null ? gradients : sgd;
    int[] parts = new BatchSequence(wholeBatch, wholeBatch, microBatch).partsAt(0);
    try (BatchLoader loader =
        new BatchLoader(
            images,
            new Sampler(images.size(), config.seed()),
            TrainingLoop.augmentation(config, preprocessing, survey.colors()),
            preprocessing,
            new BatchSequence(images.size(), config.sgd().batch(), microBatch),
            0,
            0,
            config.threads())) {
      double loss = 0;
      double secondsPerImage = Double.POSITIVE_INFINITY;
      long start = System.nanoTime();
      for (int piece = 0; piece < PIECES || System.nanoTime() - start < warmUp.toNanos(); piece++) {
        long began = System.nanoTime();
        BatchLoader.Batch batch = loader.next();
        int[] samples = IntStream.range(0, batch.count()).toArray();
        if (gradients != null) {
          parts[0] = batch.count();
          gradients.begin(parts, 0);
        }
        Training.Result result =
            training.run(
                batch.images(),
                Label.indices(batch.targets()),
                batch.count(),
                1f / config.sgd().batch(),
                new DropoutKeys(config.seed(), 0, samples),
                sink);
        double seconds = (System.nanoTime() - began) / 1e9 / batch.count();
        secondsPerImage = Math.min(secondsPerImage, seconds);
        loss = piece == 0 ? result.lossSum() / batch.count() : loss;
      }
      if (gradients != null) {
        double fastest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < PASSES; i++) {
          long began = System.nanoTime();
          gradients.passTo(training, sgd);
          fastest = Math.min(fastest, (System.nanoTime() - began) / 1e9);
        }
        secondsPerImage += fastest / wholeBatch;
      }
      return new Step(loss, secondsPerImage);
    }
  }
}
