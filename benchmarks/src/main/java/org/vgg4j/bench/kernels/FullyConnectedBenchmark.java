package org.vgg4j.bench.kernels;

import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.vgg4j.kernels.Factors;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.model.Layer;

/** The kernels of fully connected layers. */
public class FullyConnectedBenchmark extends KernelBenchmark {
  /** The network whose shapes are measured. */
  @Param({"D_224_BATCH_1", "D_224_BATCH_16", "SMALL_D_32_BATCH_256"})
  public Network network;

  /** The layer that is measured. */
  @Param({"fc6", "fc7", "fc8"})
  public String layer;

  private FullyConnected kernel;
  private int images;
  private boolean relu;
  private double gigaflop;
  private double gigabyte;
  private float[] input;
  private float[] weights;
  private float[] bias;
  private float[] output;
  private float[] inputGradient;
  private float[] weightGradient;
  private float[] biasGradient;

  /** Allocates the arrays. */
  @Setup
  public void allocate() {
    if (!(network.layer(layer) instanceof Layer.FullyConnected connected)) {
      throw new IllegalArgumentException(layer + " is not fully connected");
    }
    int in = connected.inFeatures();
    int out = connected.outFeatures();
    kernel = kernels.fullyConnected(in, out);
    images = network.batch();
    relu = connected.hidden();
    gigaflop = 2e-9 * images * in * out;
    input = values(images * in);
    weights = values(in * out);
    bias = values(out);
    output = values(images * out);
    inputGradient = new float[input.length];
    weightGradient = new float[weights.length];
    biasGradient = new float[bias.length];
    // at batch 1, the work consists of reading the weights from memory
    gigabyte = gigabytes((double) weights.length + input.length + output.length);
  }

  private void count(Arithmetic arithmetic, Traffic traffic) {
    arithmetic.gigaflop += gigaflop;
    traffic.gigabyte += gigabyte;
  }

  /** Product and bias, and ReLU where it follows. */
  @Benchmark
  public float[] forward(Arithmetic arithmetic, Traffic traffic) {
    kernel.forward(images, input, weights, bias, relu, output, workers);
    count(arithmetic, traffic);
    return output;
  }

  /** The gradient with respect to the input. */
  @Benchmark
  public float[] backwardData(Arithmetic arithmetic, Traffic traffic) {
    kernel.backwardData(images, output, weights, input, 1f, inputGradient, workers);
    count(arithmetic, traffic);
    return inputGradient;
  }

  /** The gradients with respect to weights and biases. */
  @Benchmark
  public float[] backwardWeights(Arithmetic arithmetic, Traffic traffic) {
    List<Factors> batch = List.of(new Factors(images, input, output));
    kernel.backwardWeights(batch, 0, kernel.outFeatures(), weightGradient, biasGradient, workers);
    count(arithmetic, traffic);
    return weightGradient;
  }
}
