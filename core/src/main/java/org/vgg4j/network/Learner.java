package org.vgg4j.network;

import java.util.Arrays;
import java.util.List;
import org.vgg4j.model.Target;

/**
 * Trains one network: owns its weights, their velocities, and everything from images to an update,
 * wherever that is computed. A step is {@link #begin}, {@link #add} for each micro-batch of this
 * rank's share, and {@link #update}. Not thread-safe.
 */
public interface Learner extends ForwardPass, AutoCloseable {
  /**
   * The batch of one step.
   *
   * @param microBatches images of each micro-batch of the first rank's share, then of the second's
   *     and so on; each share has as many micro-batches as it has in a full batch, and the last of
   *     them may be empty
   * @param rate learning rate
   */
  record Batch(int[] microBatches, double rate) {
    /** A batch that is a single micro-batch. */
    public Batch(int images, double rate) {
      this(new int[] {images}, rate);
    }

    /** Number of images of all ranks; the gradient is the mean over these. */
    public int images() {
      return Arrays.stream(microBatches).sum();
    }
  }

  /** The least intersection over union of a box that is right, as in ILSVRC. */
  double OVERLAP = 0.5;

  /**
   * The result for some images.
   *
   * @param lossSum sum of the images' losses: cross-entropies in nats, or {@link BoxLoss}es
   * @param correct images whose largest score was their label's, or whose box was right, or all of
   *     whose known labels were (see {@link LabelLoss#isRight})
   */
  record Result(double lossSum, int correct) {
    /** Nothing yet. */
    public static final Result NONE = new Result(0, 0);

    /** Returns the combined result of these images and others. */
    public Result plus(Result other) {
      return new Result(lossSum + other.lossSum, correct + other.correct);
    }
  }

  /** Begins a step. */
  void begin(Batch batch);

  /**
   * Adds the next micro-batch of this rank's share.
   *
   * @param images {@code [N][3][crop][crop]}, preprocessed as the weights expect; may be longer
   * @param targets what the network's outputs are compared with, {@code [N]}
   * @param keys what the dropout masks depend on
   * @throws IllegalStateException if the batch has another number of images at this place
   */
  void add(float[] images, List<Target> targets, DropoutKeys keys);

  /**
   * Makes the step, unless the loss of a rank is not finite: then no parameter changes. If not all
   * micro-batches were added, this takes as long as with all of them, but the weights are useless
   * afterwards.
   *
   * @return the result for the whole batch, over all ranks
   */
  Result update();

  /** The weights. Changing them takes effect at once. */
  ParameterStore weights();

  /** The velocities: what each weight moved by in its last step. */
  ParameterStore velocities();

  /**
   * Moves the average of the weights, and of batch norms' running statistics, towards what they are
   * now: {@code a = a + share * (w - a)}.
   *
   * @param share in (0, 1]; with 1 the average becomes a copy of the weights
   * @throws IllegalStateException if {@link LearnerOptions#averaged} is false
   */
  void average(double share);

  /**
   * Exchanges the weights and their average, so that {@link #weights()} and forward passes are
   * those of the average. To learn on, call it again.
   *
   * @throws IllegalStateException if {@link LearnerOptions#averaged} is false
   */
  void exchangeAverage();

  /**
   * The average of the weights, which begins as a copy of the initial ones.
   *
   * @throws IllegalStateException if {@link LearnerOptions#averaged} is false
   */
  ParameterStore averages();

  /** How much of the engine's memory this learner takes, including validation between its steps. */
  MemoryPlan memory();

  /** Releases memory that the garbage collector does not manage. */
  @Override
  void close();
}
