package org.vgg4j.bench.kernels;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.vgg4j.kernels.Convolution;
import org.vgg4j.kernels.ConvolutionShape;
import org.vgg4j.model.Layer;

/** The kernels of convolutions. */
public class ConvolutionBenchmark extends KernelBenchmark {
  /** The network whose shapes are measured. */
  @Param({"D_224_BATCH_1", "D_224_BATCH_16", "SMALL_D_32_BATCH_256"})
  public Network network;

  /** The layer that is measured. */
  @Param({"conv1_1", "conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2"})
  public String layer;

  private Convolution kernel;
  private int images;
  private double gigaflop;
  private float[] input;
  private float[] weights;
  private float[] bias;
  private float[] forwardWeights;
  private float[] backwardWeights;
  private float[] output;
  private float[] pooled;
  private byte[] argmax;
  private float[] inputGradient;
  private float[] weightGradient;
  private float[] biasGradient;

  /** Allocates the arrays. */
  @Setup
  public void allocate() {
    if (!(network.layer(layer) instanceof Layer.Convolution convolution)) {
      throw new IllegalArgumentException(layer + " is not a convolution");
    }
    int side = network.outputSide(layer);
    ConvolutionShape shape =
        new ConvolutionShape(
            convolution.inChannels(), convolution.outChannels(), convolution.kernel(), side, side);
    kernel = kernels.convolution(shape);
    images = network.batch();
    gigaflop = 2e-9 * images * shape.multiplyAdds();
    input = shape.readsImage() ? values(images * shape.inputLength()) : maps(shape.input(), images);
    weights = values(shape.weightLength());
    bias = values(shape.outChannels());
    forwardWeights = new float[kernel.forwardWeightsLength()];
    kernel.prepareForward(weights, forwardWeights, workers);
    backwardWeights = new float[kernel.backwardWeightsLength()];
    kernel.prepareBackward(weights, backwardWeights, workers);
    output = maps(shape.output(), images);
    pooled = new float[images * shape.pooled().imageLength()];
    argmax = new byte[pooled.length];
    inputGradient = new float[input.length];
    weightGradient = new float[weights.length];
    biasGradient = new float[bias.length];
  }

  /** Convolution, bias and ReLU. */
  @Benchmark
  public float[] forward(Arithmetic arithmetic) {
    kernel.forward(images, input, forwardWeights, bias, true, output, workers);
    arithmetic.gigaflop += gigaflop;
    return output;
  }

  /** Convolution, bias, ReLU and the pool that follows, as training needs it. */
  @Benchmark
  public float[] forwardPooled(Arithmetic arithmetic) {
    kernel.forwardPooled(images, input, forwardWeights, bias, pooled, argmax, workers);
    arithmetic.gigaflop += gigaflop;
    return pooled;
  }

  /**
   * The gradient with respect to the input; the gradient with respect to the output resembles an
   * output of the forward pass.
   */
  @Benchmark
  public float[] backwardData(Arithmetic arithmetic) {
    kernel.backwardData(images, output, backwardWeights, input, inputGradient, workers);
    arithmetic.gigaflop += gigaflop;
    return inputGradient;
  }

  /** The gradients with respect to weights and biases. */
  @Benchmark
  public float[] backwardWeights(Arithmetic arithmetic) {
    kernel.backwardWeights(images, input, output, weightGradient, biasGradient, workers);
    arithmetic.gigaflop += gigaflop;
    return weightGradient;
  }

  /**
   * Converting the weights to the forms that the kernels read, which training does in every step.
   */
  @Benchmark
  public float[] prepare() {
    kernel.prepareForward(weights, forwardWeights, workers);
    kernel.prepareBackward(weights, backwardWeights, workers);
    return backwardWeights;
  }
}
