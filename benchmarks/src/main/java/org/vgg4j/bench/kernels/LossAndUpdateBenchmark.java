package org.vgg4j.bench.kernels;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.vgg4j.kernels.ClassTargets;
import org.vgg4j.model.Layer;

/** The kernels after the scores: soft-max, loss, and the step of SGD; and dropout. */
public class LossAndUpdateBenchmark extends KernelBenchmark {
  /** The network whose shapes are measured. */
  @Param({"D_224_BATCH_16", "SMALL_D_32_BATCH_256"})
  public Network network;

  private int images;
  private ClassTargets targets;
  private double[] losses;
  private float[] scores;
  private float[] posteriors;
  private float[] hidden;
  private byte[] mask;
  private float[] weights;
  private float[] velocity;
  private float[] gradient;

  /** Allocates the arrays. */
  @Setup
  public void allocate() {
    if (!(network.layer("fc7") instanceof Layer.FullyConnected fc7)) {
      throw new IllegalArgumentException(network + " has no fc7");
    }
    images = network.batch();
    targets = ClassTargets.of(new int[images]);
    losses = new double[images];
    scores = values(images * network.classes());
    posteriors = new float[scores.length];
    hidden = values(images * fc7.outFeatures());
    mask = new byte[hidden.length];
    for (int i = 0; i < mask.length; i += 2) {
      mask[i] = 1;
    }
    weights = values(fc7.inFeatures() * fc7.outFeatures());
    velocity = new float[weights.length];
    gradient = new float[weights.length];
  }

  /** Computing posteriors from scores. */
  @Benchmark
  public float[] softmax() {
    kernels.softmax(images, network.classes(), scores, posteriors);
    return posteriors;
  }

  /** Computing losses and gradient from scores. */
  @Benchmark
  public float[] softmaxCrossEntropy() {
    kernels.softmaxCrossEntropy(
        images, network.classes(), scores, targets, 1f / images, posteriors, losses);
    return posteriors;
  }

  /** Dropout of fc7's features, with a scale of 1: otherwise they would grow without bound. */
  @Benchmark
  public float[] dropout(Traffic traffic) {
    kernels.dropout(hidden.length, hidden, mask, 1f, workers);
    traffic.gigabyte += gigabytes(2.0 * hidden.length);
    return hidden;
  }

  /** A step of SGD for fc7's weights. */
  @Benchmark
  public float[] sgd(Traffic traffic) {
    kernels.sgd(0, weights.length, weights, velocity, gradient, 1e-6f, 0.9f, 5e-4f, workers);
    traffic.gigabyte += gigabytes(6.0 * weights.length);
    return weights;
  }
}
