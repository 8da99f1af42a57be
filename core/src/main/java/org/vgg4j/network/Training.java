package org.vgg4j.network;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
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
  private final Workers workers;
  private final int capacity;
  private final double dropoutRate;
  private final float dropoutScale;
  private final FirstBlock firstBlock;
  private final TrainingMemory memory;
  private final List<BatchNormStage> norms;
  private final double[] losses;
  private Set<String> kept = Set.of();

  /**
   * @param parameters the network's weights; may be changed between calls, and by the sinks that
   *     gradients are handed to
   * @param capacity the largest micro-batch
   * @param dropoutRate share of the hidden features of fc6 and fc7 that is dropped, in [0, 1)
   * @throws InputException if the rate is out of range, or an array would be longer than Java
   *     allows
   */
  public Training(
      Parameters parameters, Kernels kernels, Workers workers, int capacity, double dropoutRate) {
    this(parameters, kernels, workers, capacity, dropoutRate, TrainingMemory.FIRST_BLOCK);
  }

  /** For tests: with a first block that has fewer images at a time. */
  Training(
      Parameters parameters,
      Kernels kernels,
      Workers workers,
      int capacity,
      double dropoutRate,
      int firstBlockFloats) {
    if (!(dropoutRate >= 0 && dropoutRate < 1)) {
      throw new InputException("dropout " + dropoutRate + " is not in [0, 1)");
    }
    Architecture architecture = parameters.architecture();
    this.parameters = parameters;
    this.kernels = kernels;
    this.workers = workers;
    this.capacity = capacity;
    this.dropoutRate = dropoutRate;
    this.dropoutScale = (float) (1 / (1 - dropoutRate));
    List<Stage> stages = Stages.of(architecture, kernels, workers, Set.of(), dropoutScale);
    Stages.reserve(stages, Pass.TRAINING, capacity, workers);
    this.memory =
        new TrainingMemory(
            stages,
            3 * architecture.crop() * architecture.crop(),
            capacity,
            firstBlockFloats,
            Allocation.onHeap());
    this.norms =
        stages.stream()
            .filter(BatchNormStage.class::isInstance)
            .map(BatchNormStage.class::cast)
            .toList();
    this.firstBlock = new FirstBlock(memory.firstStages(), memory.firstBlock(), workers);
    this.losses = new double[capacity];
  }

  @Override
  public int capacity() {
    return capacity;
  }

  /**
   * Says which layers' parameters need no gradients: the backward pass ends above the lowest layer
   * that does. Gradients of other kept layers are handed over none the less. A normalisation that
   * is kept uses its running statistics, not the batch's.
   *
   * @param layers their names, such as conv1_1
   */
  public void keep(Set<String> layers) {
    kept = Set.copyOf(layers);
  }

  /** Whether the maps before the first pool are kept until the backward pass needs them. */
  boolean keepsFirstMaps() {
    return memory.firstBlock().keepsMaps();
  }

  /**
   * Runs a micro-batch forward and, if its loss is a finite number, backward.
   *
   * @param images {@code [N][3][crop][crop]}, preprocessed
   * @param labels {@code [N]}
   * @param count N, at most the capacity
   * @param gradientScale factor of the gradients: 1 / (images in the whole batch) for their mean,
   *     which is also what normalisations' running statistics take it for
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
    for (BatchNormStage norm : norms) {
      if (isKept(norm)) {
        norm.useRunning();
      } else {
        norm.useBatch(count * gradientScale);
      }
    }
    float[] scores = forward(images, count, dropout);
    int classes = parameters.architecture().classes();
    float[] gradient = memory.workspace().features();
    kernels.softmaxCrossEntropy(count, classes, scores, labels, gradientScale, gradient, losses);
    double lossSum = 0;
    int correct = 0;
    for (int n = 0; n < count; n++) {
      lossSum += losses[n];
      correct += isLargest(scores, n * classes, classes, labels[n]) ? 1 : 0;
    }
    if (Double.isFinite(lossSum)) {
      backward(images, count, gradient, sink);
    }
    return new Result(lossSum, correct);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Without dropout and with the running statistics of normalisations, in the memory of
   * training.
   */
  @Override
  public float[] posteriors(float[] images, int count) {
    requireCapacity(count);
    norms.forEach(BatchNormStage::useRunning);
    int classes = parameters.architecture().classes();
    float[] posteriors = new float[count * classes];
    kernels.softmax(count, classes, forward(images, count, null), posteriors);
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
    for (Stage stage : memory.laterStages()) {
      if (stage instanceof FullyConnectedStage connected && connected.tap().equals(layer)) {
        connected.multiply(parts, memory.workspace(), sink);
        return;
      }
    }
    throw new IllegalArgumentException("the network has no fully connected layer " + layer);
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

  /**
   * @param dropout null for none
   * @return the scores, {@code [N][classes]}
   */
  private float[] forward(float[] images, int count, @Nullable DropoutKeys dropout) {
    firstBlock.forward(count, images, parameters, memory.workspace());
    float[] input = firstBlock.output();
    float[] prepared = memory.workspace().prepared();
    for (int i = 0; i < memory.laterStages().size(); i++) {
      Stage stage = memory.laterStages().get(i);
      float[] output = memory.outputs().get(i);
      stage.prepareForward(parameters, prepared);
      stage.forward(count, input, parameters, prepared, output, memory.argmaxes().get(i));
      if (dropout != null
          && dropoutRate > 0
          && stage instanceof FullyConnectedStage layer
          && layer.isHidden()) {
        drop(layer, output, count, dropout);
      }
      input = output;
    }
    return input;
  }

  private void drop(FullyConnectedStage layer, float[] output, int count, DropoutKeys keys) {
    byte[] mask = memory.dropoutMask();
    int features = layer.outputLength();
    Purpose purpose = layer.tap().equals("fc6") ? Purpose.DROPOUT_FC6 : Purpose.DROPOUT_FC7;
    // a draw of 32 bits below the threshold is dropped
    long threshold = Math.round(dropoutRate * (1L << 32));
    workers.run(
        count,
        (n, scratch) -> {
          RandomStream random =
              new RandomStream(keys.seed(), keys.epoch(), keys.samples()[n], purpose);
          for (int i = n * features; i < (n + 1) * features; i++) {
            mask[i] = (byte) ((random.nextInt() & 0xFFFFFFFFL) < threshold ? 0 : 1);
          }
        });
    kernels.dropout(count * features, output, mask, dropoutScale, workers);
  }

  private void backward(float[] images, int count, float[] scoresGradient, GradientSink sink) {
    Workspace workspace = memory.workspace();
    List<float[]> outputs = memory.outputs();
    float[] gradient = scoresGradient;
    int lowest = lowestTrained();
    for (int i = outputs.size() - 1; i >= Math.max(lowest, 0); i--) {
      float[] input = i == 0 ? firstBlock.output() : outputs.get(i - 1);
      gradient =
          Objects.requireNonNull(
              memory
                  .laterStages()
                  .get(i)
                  .backward(
                      count,
                      input,
                      gradient,
                      memory.argmaxes().get(i),
                      parameters,
                      workspace,
                      sink));
    }
    if (lowest < 0) {
      firstBlock.backward(count, images, gradient, parameters, workspace, sink);
    }
  }

  /**
   * Index of the lowest later stage with a layer that is not kept; -1 if it is in the first block.
   */
  private int lowestTrained() {
    List<Stage> later = memory.laterStages();
    boolean firstBlockIsKept =
        memory.firstStages().stream().allMatch(this::isKept) && !kept.isEmpty();
    if (!firstBlockIsKept) {
      return -1;
    }
    for (int i = 0; i < later.size(); i++) {
      if (!isKept(later.get(i))) {
        return i;
      }
    }
    return later.size();
  }

  private boolean isKept(Stage stage) {
    return stage.parameterShapes().stream().allMatch(shape -> kept.contains(shape.layer()));
  }
}
