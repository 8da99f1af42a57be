package org.vgg4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.loading.BatchLoader;
import org.vgg4j.data.loading.BatchSequence;
import org.vgg4j.data.loading.Sampler;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.Parameters;

/**
 * The learning-rate range test (Smith, Cyclical Learning Rates for Training Neural Networks, WACV
 * 2017, section 3.3): a network is trained for a few hundred steps while the rate grows from one
 * that learns nothing to one that destroys what was learnt. The rate grows exponentially, so that
 * each decade has as many steps. What is trained is thrown away.
 *
 * @param points each step, until the smoothed loss has grown to four times its smallest value
 * @param diverged whether the test ended for that, or since the loss was no number
 * @param stopped whether it was asked to stop before its end
 */
public record RateTest(List<Point> points, boolean diverged, boolean stopped) {
  /** The smallest rate. */
  public static final double FROM = 1e-5;

  /** The largest rate. */
  public static final double TO = 10;

  /** Weight of the losses before in the smoothed loss. */
  private static final double SMOOTHING = 0.9;

  private static final double WORSE = 4;

  /** By how much of itself the smoothed loss must fall for the test to show anything. */
  private static final double LEAST_FALL = 0.02;

  /** The suggested rate is this share of that at which the smoothed loss is smallest. */
  private static final double SHARE = 0.1;

  /**
   * A step.
   *
   * @param step from 1
   * @param rate with which it was made
   * @param loss mean over its batch, before the step, with dropout; may be no number
   * @param smoothed mean of the losses so far, in which each weighs nine tenths of the one after it
   */
  public record Point(int step, double rate, double loss, double smoothed) {}

  /** Copies the list. */
  public RateTest {
    points = List.copyOf(points);
  }

  /**
   * Runs a test, with batch, momentum, weight decay, dropout and the start of a run with these
   * options. Rates of layers that have their own grow in proportion.
   *
   * @param steps how many at most, at least 10
   * @param noted receives a sentence about a batch that was left open
   * @param progress receives each step
   * @param stopped polled after each step; true ends the test
   * @throws InputException if the data, the configuration or the memory do not allow it
   */
  public static RateTest of(
      TrainingConfig options,
      int steps,
      Consumer<String> noted,
      Consumer<Point> progress,
      BooleanSupplier stopped) {
    Require.option(steps >= 10, "find-rate", steps, "at least 10 steps");
    try (Engine engine = Engines.open(options.device(), options.threads())) {
      RunInput opened = RunInput.open(options, engine.memory(), 1, noted);
      int batch = opened.config().sgd().batch();
      int devices = engine.memory().devices();
      int microBatch =
          Math.min(opened.microBatch(engine.memory(), 1), BatchSequence.share(batch, devices));
      RunInput input = opened.withMicroBatch(microBatch);
      int count = (int) Math.min(Integer.MAX_VALUE, (long) steps * batch);
      FirstImages first =
          FirstImages.of(input.config(), input.data().train(), count, engine.hostThreads());
      int readable = first.readable().size();
      RunInput fitted =
          batch <= readable
              ? input
              : new RunInput(input.config().fittedTo(readable), input.data(), input.architecture());
      return new Run(fitted, first, engine).of(steps, progress, stopped);
    }
  }

  /** One test. */
  private record Run(RunInput input, FirstImages first, Engine engine) {
    RateTest of(int steps, Consumer<Point> progress, BooleanSupplier stopped) {
      TrainingConfig config = input.config();
      Dataset images = first.readable();
      Parameters weights = Parameters.zeros(input.architecture());
      Preprocessing preprocessing =
          InitialWeights.fill(weights, images.classNames(), config.start(), config.seed())
              .preprocessing(config, first.survey().mean());
      List<Double> classWeights = config.targets().classWeights().of(input.data().train());
      Sampler sampler = config.sampling().sampler(images, config.seed());
      try (Learner learner =
          engine.learner(
              weights,
              input.learnerOptions(engine.memory().devices(), classWeights),
              Exchange.ALONE)) {
        BatchSequence sequence =
            new BatchSequence(images.size(), config.sgd().batch(), learner.capacity());
        try (BatchLoader loader =
            new BatchLoader(
                images,
                sampler,
                TrainingLoop.augmentation(config, preprocessing, first.survey().colors()),
                config.targets().mixing(config.seed()),
                preprocessing,
                sequence,
                0,
                0,
                config.threads())) {
          return train(learner, loader, new Epochs(sequence, sampler), steps, progress, stopped);
        }
      }
    }

    private RateTest train(
        Learner learner,
        BatchLoader loader,
        Epochs epochs,
        int steps,
        Consumer<Point> progress,
        BooleanSupplier stopped) {
      Curve curve = new Curve();
      boolean early = false;
      for (int i = 0; i < steps && !curve.diverged && !early; i++) {
        double rate = FROM * Math.pow(TO / FROM, i / (steps - 1.0));
        double loss = epochs.step(learner, loader, rate, input.config().seed());
        progress.accept(curve.add(rate, loss));
        early = i < steps - 1 && !curve.diverged && stopped.getAsBoolean();
      }
      return curve.test(early);
    }
  }

  /** Where in which epoch a test is. */
  private static final class Epochs {
    private final BatchSequence sequence;
    private final Sampler sampler;
    private int epoch;
    private int position;
    private int[] order;

    Epochs(BatchSequence sequence, Sampler sampler) {
      this.sequence = sequence;
      this.sampler = sampler;
      this.order = sampler.order(0);
    }

    /** Makes a step with the next batch; returns its mean loss. */
    double step(Learner learner, BatchLoader loader, double rate, long seed) {
      learner.begin(new Learner.Batch(sequence.microBatchesAt(position), rate));
      int end = Math.min(position + sequence.batch(), sequence.samples());
      int count = end - position;
      while (position < end) {
        BatchLoader.Batch next = loader.next();
        int[] samples = sampler.keys(order, position, next.count());
        learner.add(next.images(), next.targets(), new DropoutKeys(seed, epoch, samples));
        position += next.count();
      }
      if (position == sequence.samples()) {
        position = 0;
        epoch++;
        order = sampler.order(epoch);
      }
      return learner.update().lossSum() / count;
    }
  }

  /** Losses as they come, and their smoothed curve. */
  static final class Curve {
    private final List<Point> points = new ArrayList<>();
    private double sum;
    private double weight;
    private double smallest = Double.POSITIVE_INFINITY;
    private boolean diverged;

    Point add(double rate, double loss) {
      sum = SMOOTHING * sum + loss;
      weight = SMOOTHING * weight + 1;
      Point point = new Point(points.size() + 1, rate, loss, sum / weight);
      points.add(point);
      smallest = Math.min(smallest, point.smoothed());
      diverged = !Double.isFinite(loss) || point.smoothed() > WORSE * smallest;
      return point;
    }

    RateTest test(boolean stopped) {
      return new RateTest(points, diverged, stopped);
    }
  }

  /** The step with the smallest smoothed loss; null if there is no finite one. */
  public @Nullable Point smallest() {
    Point smallest = null;
    for (Point point : points) {
      if (Double.isFinite(point.smoothed())
          && (smallest == null || point.smoothed() < smallest.smoothed())) {
        smallest = point;
      }
    }
    return smallest;
  }

  /**
   * The suggested rate: a tenth of that at which the smoothed loss is smallest, where steps already
   * undo as much as they achieve; rounded to two digits. Null if the loss did not fall by 2 %
   * before, or still falls at the end, or the test was stopped, so that it shows nothing.
   */
  public @Nullable Double suggestion() {
    Point smallest = smallest();
    if (stopped || smallest == null || !fell(smallest) || smallest.step() == points.size()) {
      return null;
    }
    return Double.parseDouble(String.format(Locale.ROOT, "%.1e", SHARE * smallest.rate()));
  }

  private boolean fell(Point smallest) {
    double highest = 0;
    for (Point point : points.subList(0, smallest.step())) {
      highest = Math.max(highest, point.smoothed());
    }
    return smallest.smoothed() < (1 - LEAST_FALL) * highest;
  }

  /** How the suggestion was found, or why there is none, in a sentence. */
  public String explanation() {
    Point smallest = smallest();
    if (suggestion() != null && smallest != null) {
      return String.format(
          Locale.ROOT,
          "a tenth of %.2g, where the smoothed loss was smallest (%.4f at step %d of %d)%s",
          smallest.rate(),
          smallest.smoothed(),
          smallest.step(),
          points.size(),
          diverged ? "; the loss diverged at " + rate(points.get(points.size() - 1).rate()) : "");
    }
    if (stopped) {
      return "the test was stopped after %d steps: let it end".formatted(points.size());
    }
    if (smallest != null && fell(smallest)) {
      return "the loss was still falling at the last rate, %s: give --find-rate more steps"
          .formatted(rate(smallest.rate()));
    }
    return "the loss fell nowhere between the rates %s and %s: give --find-rate more steps, or another start (option init)"
        .formatted(
            rate(FROM), points.isEmpty() ? rate(TO) : rate(points.get(points.size() - 1).rate()));
  }

  private static String rate(double rate) {
    return String.format(Locale.ROOT, "%.2g", rate);
  }
}
