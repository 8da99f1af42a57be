package org.vgg4j.kernels.vector;

import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.BatchNorm;
import org.vgg4j.kernels.ClassTargets;
import org.vgg4j.kernels.Convolution;
import org.vgg4j.kernels.ConvolutionShape;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.LrnShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Probe;
import org.vgg4j.kernels.Workers;
import org.vgg4j.kernels.scalar.ScalarKernels;

/**
 * Kernels on the Vector API. Operations that are memory-bound or take a few microseconds are the
 * naive twin's: flattening, soft-max, SGD, and LRN with other constants than the paper's.
 */
public final class VectorKernels implements Kernels {
  private final ScalarKernels scalar = new ScalarKernels();

  /**
   * Chooses the width of the vectors, once for the process.
   *
   * @throws IllegalStateException if a forced width cannot be had
   */
  public VectorKernels() {
    WidthChoice.bits(); // first, since a failure in Width's constants would hide the reason
  }

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public String description() {
    return "Vector API, " + Width.SPECIES.vectorBitSize() + " bits";
  }

  @Override
  public int lanes() {
    return Width.LANES;
  }

  @Override
  public Probe probe() {
    return new VectorProbe();
  }

  @Override
  public Convolution convolution(ConvolutionShape shape) {
    return shape.readsImage() ? new ImageConvolution(shape) : new VectorConvolution(shape);
  }

  /**
   * {@inheritDoc} Inputs come from whole blocks of channels, except after a hidden layer of another
   * width: such layers are left to the plain kernels, which take many times as long.
   */
  @Override
  public FullyConnected fullyConnected(int inFeatures, int outFeatures) {
    return inFeatures % MapLayout.LANES == 0
        ? new VectorFullyConnected(inFeatures, outFeatures)
        : scalar.fullyConnected(inFeatures, outFeatures);
  }

  @Override
  public BatchNorm batchNorm(MapLayout map) {
    return new VectorBatchNorm(map);
  }

  @Override
  public int lrnScratchLength(LrnShape shape) {
    return VectorLrn.covers(shape)
        ? VectorLrn.scratchLength(shape)
        : scalar.lrnScratchLength(shape);
  }

  @Override
  public void lrn(LrnShape shape, int images, float[] input, float[] output, Workers workers) {
    if (VectorLrn.covers(shape)) {
      VectorLrn.forward(shape, images, input, output, workers);
    } else {
      scalar.lrn(shape, images, input, output, workers);
    }
  }

  @Override
  public void lrnBackward(
      LrnShape shape,
      int images,
      float[] input,
      float[] outputGradient,
      float[] inputGradient,
      Workers workers) {
    if (VectorLrn.covers(shape)) {
      VectorLrn.backward(shape, images, input, outputGradient, inputGradient, workers);
    } else {
      scalar.lrnBackward(shape, images, input, outputGradient, inputGradient, workers);
    }
  }

  @Override
  public void maxPool(
      MapLayout map,
      int images,
      float[] input,
      float[] pooled,
      byte @Nullable [] argmax,
      Workers workers) {
    VectorPooling.forward(map, images, input, pooled, argmax, workers);
  }

  @Override
  public void maxPoolBackward(
      MapLayout map,
      int images,
      float[] pooledGradient,
      byte[] argmax,
      float[] inputGradient,
      Workers workers) {
    VectorPooling.backward(map, images, pooledGradient, argmax, inputGradient, workers);
  }

  @Override
  public void flatten(MapLayout map, int images, float[] maps, float[] features, Workers workers) {
    scalar.flatten(map, images, maps, features, workers);
  }

  @Override
  public void unflatten(
      MapLayout map, int images, float[] features, float[] maps, Workers workers) {
    scalar.unflatten(map, images, features, maps, workers);
  }

  @Override
  public void dropout(int length, float[] values, byte[] mask, float scale, Workers workers) {
    VectorDropout.apply(length, values, mask, scale, workers);
  }

  @Override
  public void softmax(int images, int classes, float[] scores, float[] posteriors) {
    scalar.softmax(images, classes, scores, posteriors);
  }

  @Override
  public void softmaxCrossEntropy(
      int images,
      int classes,
      float[] scores,
      ClassTargets targets,
      float gradientScale,
      float[] gradient,
      double[] losses) {
    scalar.softmaxCrossEntropy(images, classes, scores, targets, gradientScale, gradient, losses);
  }

  @Override
  public void sgd(
      int first,
      int count,
      float[] weights,
      float[] velocity,
      float[] gradient,
      float rate,
      float momentum,
      float decay,
      Workers workers) {
    scalar.sgd(first, count, weights, velocity, gradient, rate, momentum, decay, workers);
  }

  @Override
  public double dot(int length, float[] row, int at, double[] weights, int from) {
    return Widened.dot(length, row, at, weights, from);
  }

  @Override
  public void addScaled(int length, double factor, float[] row, int at, double[] sums, int from) {
    Widened.addScaled(length, factor, row, at, sums, from);
  }

  @Override
  public void productsOfCodes(int rows, int length, byte[] codes, float[] query, float[] products) {
    CodeProducts.of(rows, length, codes, query, products);
  }
}
