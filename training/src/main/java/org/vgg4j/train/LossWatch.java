package org.vgg4j.train;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.Dataset;

/** Notices the two ways in which training commonly fails, and says what to do. Not thread-safe. */
final class LossWatch {
  private static final double STUCK_WITHIN = 0.01; // of the loss of guessing
  private static final int STUCK_EPOCHS = 2;
  private static final int FIRST_STEPS = 40; // a network may need them to get going

  /**
   * What has been seen so far.
   *
   * @param stuckEpochs consecutive epochs at the loss of chance
   * @param warned whether the user was warned
   */
  record State(int stuckEpochs, boolean warned) {
    static final State NONE = new State(0, false);
  }

  private final TrainingConfig config;
  private final double chance;
  private final String guessing;
  private int stuckEpochs;
  private boolean warned;

  /**
   * @param classWeights of all classes; empty: all count alike
   */
  LossWatch(TrainingConfig config, int classes, List<Double> classWeights) {
    this(
        config,
        chance(classes, classWeights, config.targets().labelSmoothing()),
        "random guessing among %d classes".formatted(classes));
  }

  private LossWatch(TrainingConfig config, double chance, String guessing) {
    this.config = config;
    this.chance = chance;
    this.guessing = guessing;
  }

  /** As the task requires. */
  static LossWatch of(TrainingConfig config, Dataset train, List<Double> classWeights) {
    int classes = train.classNames().size();
    return config.task().isLabels()
        ? new LossWatch(
            config,
            LabelGuess.loss(train, classWeights, config.targets().labelSmoothing()),
            "guessing by how many images show each of %d labels".formatted(classes))
        : new LossWatch(config, classes, classWeights);
  }

  /**
   * The mean loss over the training images if all classes are equally probable. Weights have a mean
   * of 1 over the images; what smoothing spreads over the classes counts by their mean over these.
   */
  static double chance(int classes, List<Double> weights, double smoothing) {
    double mean = weights.stream().mapToDouble(Double::doubleValue).average().orElse(1);
    return Math.log(classes) * (1 - smoothing + smoothing * mean);
  }

  /**
   * @throws DivergedException if the loss, which all processes know, is not finite
   */
  void step(int step, double loss) {
    if (Double.isFinite(loss)) {
      return;
    }
    throw new DivergedException(
        String.format(
            Locale.ROOT,
            "training diverged: the loss at step %d is %s. Lower option lr (it is %s)%s; any model"
                + " saved before is kept",
            step,
            loss,
            config.sgd().learningRate(),
            config.start().rest() == Initialisation.HE
                ? ", or set option init to glorot, since inputs are as large as 255"
                : ""));
  }

  /** Returns a sentence if the network learns nothing; once. */
  @Nullable String epoch(int step, double trainLoss) {
    boolean atChance =
        config.boxes() == null && Math.abs(trainLoss - chance) < STUCK_WITHIN * chance;
    stuckEpochs = atChance && step >= FIRST_STEPS ? stuckEpochs + 1 : 0;
    if (stuckEpochs < STUCK_EPOCHS || warned) {
      return null;
    }
    warned = true;
    return String.format(
        Locale.ROOT,
        "the loss is stuck at %.3f, that of %s: the network learns nothing yet. %s",
        chance,
        guessing,
        config.start().rest() == Initialisation.GAUSSIAN
            ? "Set option init to glorot: with the paper's gaussian weights of std 0.01 only the"
                + " shallow net A starts by itself"
            : "Change option lr (it is "
                + config.sgd().learningRate()
                + "), choose a shallower network (option arch), or check that the labels are"
                + " right");
  }

  State state() {
    return new State(stuckEpochs, warned);
  }

  void restore(State state) {
    stuckEpochs = state.stuckEpochs();
    warned = state.warned();
  }
}
