package org.vgg4j.network.cpu;

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
import org.vgg4j.model.Target;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Parameters;

/**
 * Forward and backward pass: loss and gradients of a micro-batch. All memory is allocated on
 * construction, and is private to it. Not thread-safe.
 */
final class Training implements ForwardPass {
  private final Parameters parameters;
  private final Head head;
  private final Loss loss;
  private final int capacity;
  private final Set<String> frozen;
  private final RecomputedBlock firstBlock;
  private final List<Placed> later;
  private final Workspace workspace;
  private final Map<String, FullyConnectedStage> fullyConnected = new HashMap<>();

  /** All layers learn. */
  Training(
      Parameters parameters, Kernels kernels, Workers workers, int capacity, double dropoutRate) {
    this(parameters, kernels, workers, capacity, dropoutRate, Set.of());
  }

  /**
   * @param parameters the network's weights; may be changed between calls, and by the sinks that
   *     receive the gradients
   * @param capacity the largest micro-batch
   * @param dropoutRate fraction of the features of each hidden layer that is dropped, in [0, 1)
   * @param frozen names of layers, such as conv1_1, whose parameters need no gradients: the
   *     backward pass ends at the lowest layer that does. Gradients of frozen layers above it are
   *     handed over nevertheless. A frozen batch norm uses its running statistics
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
    this(
        parameters,
        kernels,
        workers,
        capacity,
        dropoutRate,
        frozen,
        BoxLoss.SQUARED,
        ClassLoss.PLAIN,
        TrainingMemory.RECOMPUTED);
  }

  /** As a learner's options say. */
  Training(Parameters parameters, Kernels kernels, Workers workers, LearnerOptions options) {
    this(
        parameters,
        kernels,
        workers,
        options.microBatch(),
        options.dropout(),
        options.descent().frozen(),
        options.boxLoss(),
        options.classLoss(),
        TrainingMemory.RECOMPUTED);
  }

  /** For tests: fewer images at a time where activations are recomputed. */
  Training(
      Parameters parameters,
      Kernels kernels,
      Workers workers,
      int capacity,
      double dropoutRate,
      Set<String> frozen,
      BoxLoss boxLoss,
      ClassLoss classLoss,
      int recomputedFloats) {
    if (!(dropoutRate >= 0 && dropoutRate < 1)) {
      throw new InputException("dropout " + dropoutRate + " is not in [0, 1)");
    }
    Architecture architecture = parameters.architecture();
    this.parameters = parameters;
    this.head = Head.of(architecture, kernels, boxLoss, classLoss);
    this.loss = head.loss(capacity);
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
   * @param targets what the outputs are compared with, {@code [N]}, at most the capacity
   * @param gradientScale factor of the gradients: 1 / (images in the whole batch) for their mean,
   *     as the running statistics of batch norms assume
   * @param dropout what the dropout masks depend on
   * @param sink takes the gradients; it gets none if the loss is not finite, so that a failed step
   *     changes nothing
   */
  Learner.Result run(
      float[] images,
      List<Target> targets,
      float gradientScale,
      DropoutKeys dropout,
      GradientSink sink) {
    int count = targets.size();
    requireCapacity(count);
    TrainingPass pass =
        new TrainingPass(count, count * gradientScale, frozen, dropout, parameters, workspace);
    float[] outputs = forwardTraining(pass, images);
    float[] gradient = workspace.features();
    Learner.Result result = loss.compute(outputs, targets, gradientScale, gradient);
    if (Double.isFinite(result.lossSum())) {
      backward(pass, images, gradient, sink);
    }
    return result;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Without dropout and with the running statistics of batch norms, in the memory of training.
   */
  @Override
  public float[] outputs(float[] images, int count) {
    requireCapacity(count);
    return forward(images, count);
  }

  @Override
  public float[] posteriors(float[] images, int count) {
    return head.posteriors(count, outputs(images, count));
  }

  /**
   * Computes the gradients of a fully connected layer from the factors that {@link
   * GradientSink#takeFactors} took, and hands them over.
   *
   * @param layer its name
   * @param parts parts of the batch, over whose images the sums go in this order
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

  /** Returns the outputs of the last layer, {@code [N][outputs]}, as in inference. */
  private float[] forward(float[] images, int count) {
    firstBlock.forward(count, images, parameters, workspace);
    float[] input = firstBlock.output();
    for (Placed placed : later) {
      placed.forward(count, input, parameters, workspace);
      input = placed.output();
    }
    return input;
  }

  /**
   * Returns the outputs of the last layer, {@code [N][outputs]}, and saves what the backward pass
   * needs.
   */
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
      TrainingPass pass, float[] images, float[] outputGradient, GradientSink sink) {
    float[] gradient = outputGradient;
    int lowest = lowestTrained(pass);
    for (int i = later.size() - 1; i >= Math.max(lowest, 0); i--) {
      float[] input = i == 0 ? firstBlock.output() : later.get(i - 1).output();
      gradient = later.get(i).backward(pass, input, gradient, sink);
    }
    if (lowest < 0) {
      firstBlock.backward(pass, images, gradient, sink);
    }
  }

  /** Index of the lowest stage after the first block that learns; -1 if the first block learns. */
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
