package org.vgg4j.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;

/**
 * Forward and backward pass: loss and gradients of a micro-batch, added to what earlier
 * micro-batches of the same batch gave. All memory but the threads' scratch is allocated at
 * construction. Not thread-safe.
 */
public final class Training {
  /**
   * What a micro-batch gave.
   *
   * @param lossSum sum of the images' cross-entropies, in nats
   * @param correct images whose largest score was their label's
   */
  public record Result(double lossSum, int correct) {}

  private final Parameters parameters;
  private final Parameters gradients;
  private final Kernels kernels;
  private final Workers workers;
  private final int capacity;
  private final double dropoutRate;
  private final float dropoutScale;
  private final List<Stage> stages;
  private final List<float[]> outputs = new ArrayList<>();
  private final List<byte @Nullable []> argmaxes = new ArrayList<>();
  private final float[] preparedForward;
  private final float[] preparedBackward;
  private final float[] gradientA;
  private final float[] gradientB;
  private final float[] beforePool;
  private final byte[] mask;
  private final double[] losses;

  /**
   * @param parameters the network's weights; may be changed between calls
   * @param capacity the largest micro-batch
   * @param dropoutRate share of the hidden features of fc6 and fc7 that is dropped, in [0, 1)
   * @throws InputException if the rate is out of range, or an array would be longer than Java
   *     allows
   */
  public Training(
      Parameters parameters, Kernels kernels, Workers workers, int capacity, double dropoutRate) {
    if (!(dropoutRate >= 0 && dropoutRate < 1)) {
      throw new InputException("dropout " + dropoutRate + " is not in [0, 1)");
    }
    Architecture architecture = parameters.architecture();
    this.parameters = parameters;
    this.gradients = Parameters.zeros(architecture);
    this.kernels = kernels;
    this.workers = workers;
    this.capacity = capacity;
    this.dropoutRate = dropoutRate;
    this.dropoutScale = (float) (1 / (1 - dropoutRate));
    this.stages = Stages.of(architecture, kernels, workers, Set.of(), dropoutScale);
    int hidden = 0;
    for (Stage stage : stages) {
      outputs.add(Buffers.floats(stage.tap(), capacity, stage.outputLength()));
      argmaxes.add(
          stage.needsArgmax() ? Buffers.bytes(stage.tap(), capacity, stage.outputLength()) : null);
      if (stage instanceof FullyConnectedStage) {
        hidden = Math.max(hidden, stage.outputLength());
      }
    }
    TrainingMemory memory = TrainingMemory.of(stages);
    this.preparedForward = new float[memory.preparedForward()];
    this.preparedBackward = new float[memory.preparedBackward()];
    this.gradientA = Buffers.floats("gradients", capacity, memory.gradient());
    this.gradientB = Buffers.floats("gradients", capacity, memory.gradient());
    this.beforePool = Buffers.floats("gradients before pools", capacity, memory.beforePool());
    this.mask = Buffers.bytes("dropout", capacity, hidden);
    this.losses = new double[capacity];
  }

  /** The largest micro-batch. */
  public int capacity() {
    return capacity;
  }

  /** The sums of gradients; whoever uses them zeroes them for the next batch. */
  public Parameters gradients() {
    return gradients;
  }

  /**
   * Runs a micro-batch forward and backward and adds its gradients.
   *
   * @param images {@code [N][3][crop][crop]}, preprocessed
   * @param labels {@code [N]}
   * @param count N, at most the capacity
   * @param gradientScale factor of the gradients: 1 / (images in the whole batch) for their mean
   * @param dropout what the dropout masks depend on
   */
  public Result run(
      float[] images, int[] labels, int count, float gradientScale, DropoutKeys dropout) {
    if (count < 1 || count > capacity) {
      throw new IllegalArgumentException(count + " images, but the capacity is " + capacity);
    }
    forward(images, count, dropout);
    int classes = parameters.architecture().classes();
    float[] scores = outputs.get(outputs.size() - 1);
    kernels.softmaxCrossEntropy(count, classes, scores, labels, gradientScale, gradientA, losses);
    backward(images, count);
    double lossSum = 0;
    int correct = 0;
    for (int n = 0; n < count; n++) {
      lossSum += losses[n];
      correct += isLargest(scores, n * classes, classes, labels[n]) ? 1 : 0;
    }
    return new Result(lossSum, correct);
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

  private void forward(float[] images, int count, DropoutKeys dropout) {
    float[] input = images;
    for (int i = 0; i < stages.size(); i++) {
      Stage stage = stages.get(i);
      float[] output = outputs.get(i);
      stage.prepareForward(parameters, preparedForward);
      stage.forward(count, input, parameters, preparedForward, output, argmaxes.get(i));
      if (stage instanceof FullyConnectedStage layer && layer.isHidden() && dropoutRate > 0) {
        drop(layer, output, count, dropout);
      }
      input = output;
    }
  }

  private void drop(FullyConnectedStage layer, float[] output, int count, DropoutKeys keys) {
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

  private void backward(float[] images, int count) {
    float[] current = gradientA;
    float[] next = gradientB;
    for (int i = stages.size() - 1; i >= 0; i--) {
      Stage stage = stages.get(i);
      float[] input = i == 0 ? images : outputs.get(i - 1);
      byte[] argmax = argmaxes.get(i);
      float[] gradient = stage.backwardPool(count, current, argmax, beforePool);
      stage.backwardWeights(count, input, gradient, gradients);
      if (i > 0) {
        stage.prepareBackward(parameters, preparedBackward);
        stage.backwardData(count, gradient, parameters, preparedBackward, input, argmax, next);
        float[] swap = current;
        current = next;
        next = swap;
      }
    }
  }
}
