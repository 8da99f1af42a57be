package org.vgg4j.network;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.Factors;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;

/**
 * Forward and backward pass: loss and gradients of a micro-batch. All memory is allocated at
 * construction; what the passes leave there is of no use to others. Not thread-safe.
 */
public final class Training implements ForwardPass {
  /**
   * What a micro-batch gave.
   *
   * @param lossSum sum of the images' cross-entropies, in nats
   * @param correct images whose largest score was their label's
   */
  public record Result(double lossSum, int correct) {}

  private final Parameters parameters;
  private final Kernels kernels;
  private final int capacity;
  private final Set<String> frozen;
  private final RecomputedBlock firstBlock;
  private final List<Placed> later;
  private final Workspace workspace;
  private final Map<String, FullyConnectedStage> fullyConnected = new HashMap<>();
  private final double[] losses;

  /** All layers learn. */
  Training(
      Parameters parameters, Kernels kernels, Workers workers, int capacity, double dropoutRate) {
    this(parameters, kernels, workers, capacity, dropoutRate, Set.of());
  }

  /**
   * @param parameters the network's weights; may be changed between calls, and by the sinks that
   *     gradients are handed to
   * @param capacity the largest micro-batch
   * @param dropoutRate share of the hidden features of fc6 and fc7 that is dropped, in [0, 1)
   * @param frozen names of layers, such as conv1_1, whose parameters need no gradients: the
   *     backward pass ends above the lowest layer that does. Gradients of other frozen layers are
   *     handed over none the less. A frozen batch norm uses its running statistics
   * @throws InputException if the rate is out of range, or an array would be longer than Java
   *     allows
   */
  public Training(
      Parameters parameters,
      Kernels kernels,
      Workers workers,
      int capacity,
      double dropoutRate,
      Set<String> frozen) {
    this(parameters, kernels, workers, capacity, dropoutRate, frozen, TrainingMemory.RECOMPUTED);
  }

  /** For tests: with fewer images at a time where activations are recomputed. */
  Training(
      Parameters parameters,
      Kernels kernels,
      Workers workers,
      int capacity,
      double dropoutRate,
      Set<String> frozen,
      int recomputedFloats) {
    if (!(dropoutRate >= 0 && dropoutRate < 1)) {
      throw new InputException("dropout " + dropoutRate + " is not in [0, 1)");
    }
    Architecture architecture = parameters.architecture();
    this.parameters = parameters;
    this.kernels = kernels;
    this.capacity = capacity;
    this.frozen = Set.copyOf(frozen);
    List<TrainingStage> stages = Stages.of(architecture, kernels, workers, Set.of(), dropoutRate);
    Stages.reserve(stages, Pass.TRAINING, capacity, workers);
    TrainingMemory memory =
        new TrainingMemory(
            stages,
            3 * architecture.crop() * architecture.crop(),
            capacity,
            recomputedFloats,
            Allocation.onHeap());
    this.firstBlock = new RecomputedBlock(memory.firstBlock(), workers);
    this.later = memory.later();
    this.workspace = memory.workspace();
    this.losses = new double[capacity];
    for (TrainingStage stage : stages) {
      if (stage instanceof FullyConnectedStage connected) {
        fullyConnected.put(connected.tap(), connected);
      }
    }
  }

  @Override
  public int capacity() {
    return capacity;
  }

  /** Whether the maps before the first pool are kept until the backward pass needs them. */
  boolean keepsFirstMaps() {
    return firstBlock.keepsMaps();
  }

  /**
   * Runs a micro-batch forward and, if its loss is a finite number, backward.
   *
   * @param images {@code [N][3][crop][crop]}, preprocessed
   * @param labels {@code [N]}
   * @param count N, at most the capacity
   * @param gradientScale factor of the gradients: 1 / (images in the whole batch) for their mean,
   *     which is also what batch norms' running statistics take it for
   * @param dropout what the dropout masks depend on
   * @param sink takes the gradients; it gets none if the loss is not finite, so that a step that
   *     failed changes nothing
   */
  public Result run(
      float[] images,
      int[] labels,
      int count,
      float gradientScale,
      DropoutKeys dropout,
      GradientSink sink) {
    requireCapacity(count);
    TrainingPass pass =
        new TrainingPass(count, count * gradientScale, frozen, dropout, parameters, workspace);
    float[] scores = forwardTraining(pass, images);
    int classes = parameters.architecture().classes();
    float[] gradient = workspace.features();
    kernels.softmaxCrossEntropy(count, classes, scores, labels, gradientScale, gradient, losses);
    double lossSum = 0;
    int correct = 0;
    for (int n = 0; n < count; n++) {
      lossSum += losses[n];
      correct += isLargest(scores, n * classes, classes, labels[n]) ? 1 : 0;
    }
    if (Double.isFinite(lossSum)) {
      backward(pass, images, gradient, sink);
    }
    return new Result(lossSum, correct);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Without dropout and with the running statistics of batch norms, in the memory of training.
   */
  @Override
  public float[] posteriors(float[] images, int count) {
    requireCapacity(count);
    int classes = parameters.architecture().classes();
    float[] posteriors = new float[count * classes];
    kernels.softmax(count, classes, forward(images, count), posteriors);
    return posteriors;
  }

  /**
   * Computes the gradients of a fully connected layer from what {@link GradientSink#takeFactors}
   * took, and hands them over.
   *
   * @param layer its name
   * @param parts of the batch, whose images are summed in this order
   * @throws IllegalArgumentException if there is no such layer
   */
  public void multiply(String layer, List<Factors> parts, GradientSink sink) {
    FullyConnectedStage stage = fullyConnected.get(layer);
    if (stage == null) {
      throw new IllegalArgumentException("the network has no fully connected layer " + layer);
    }
    stage.multiply(parts, workspace, sink);
  }

  private void requireCapacity(int count) {
    if (count < 1 || count > capacity) {
      throw new IllegalArgumentException(count + " images, but the capacity is " + capacity);
    }
  }

  private static boolean isLargest(float[] scores, int first, int classes, int label) {
    for (int k = 0; k < classes; k++) {
      float own = scores[first + label];
      float other = scores[first + k];
      // of equal scores the first counts, as in evaluation
      if (k != label && !(other < own || (other == own && k > label))) {
        return false;
      }
    }
    return true;
  }

  /** Returns the scores, {@code [N][classes]}, as the trained network has them. */
  private float[] forward(float[] images, int count) {
    firstBlock.forward(count, images, parameters, workspace);
    float[] input = firstBlock.output();
    for (Placed placed : later) {
      placed.forward(count, input, parameters, workspace);
      input = placed.output();
    }
    return input;
  }

  /** Returns the scores, {@code [N][classes]}, and leaves what the backward pass needs. */
  private float[] forwardTraining(TrainingPass pass, float[] images) {
    firstBlock.forwardTraining(pass, images);
    float[] input = firstBlock.output();
    for (Placed placed : later) {
      placed.forwardTraining(pass, input);
      input = placed.output();
    }
    return input;
  }

  private void backward(
      TrainingPass pass, float[] images, float[] scoresGradient, GradientSink sink) {
    float[] gradient = scoresGradient;
    int lowest = lowestTrained(pass);
    for (int i = later.size() - 1; i >= Math.max(lowest, 0); i--) {
      float[] input = i == 0 ? firstBlock.output() : later.get(i - 1).output();
      gradient = later.get(i).backward(pass, input, gradient, sink);
    }
    if (lowest < 0) {
      firstBlock.backward(pass, images, gradient, sink);
    }
  }

  /** Index of the lowest later stage that learns; -1 if the first block does. */
  private int lowestTrained(TrainingPass pass) {
    if (!firstBlock.isFrozen(pass)) {
      return -1;
    }
    int lowest = 0;
    while (lowest < later.size() && pass.isFrozen(later.get(lowest).stage())) {
      lowest++;
    }
    return lowest;
  }
}
