package org.vgg4j.bench.kernels;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.vgg4j.kernels.LrnShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.model.Layer;

/** Local response normalisation. */
public class LrnBenchmark extends KernelBenchmark {
  /** The network whose shapes are measured. */
  @Param("A_LRN_224_BATCH_16")
  public Network network;

  private LrnShape shape;
  private int images;
  private float[] input;
  private float[] output;
  private float[] inputGradient;

  /** Allocates the arrays. */
  @Setup
  public void allocate() {
    if (!(network.layer("lrn1") instanceof Layer.LocalResponseNorm norm)
        || !(network.layer("conv1_1") instanceof Layer.Convolution before)) {
      throw new IllegalArgumentException(network + " has no LRN");
    }
    int side = network.outputSide("lrn1");
    MapLayout layout = new MapLayout(before.outChannels(), side, side);
    shape = new LrnShape(layout, norm.size(), norm.k(), norm.alpha(), norm.beta());
    images = network.batch();
    input = maps(layout, images);
    output = maps(layout, images);
    inputGradient = new float[input.length];
  }

  /** The normalised maps. */
  @Benchmark
  public float[] forward(Traffic traffic) {
    kernels.lrn(shape, images, input, output, workers);
    traffic.gigabyte += gigabytes(2.0 * input.length);
    return output;
  }

  /** The gradient with respect to the input. */
  @Benchmark
  public float[] backward(Traffic traffic) {
    kernels.lrnBackward(shape, images, input, output, inputGradient, workers);
    traffic.gigabyte += gigabytes(3.0 * input.length);
    return inputGradient;
  }
}
