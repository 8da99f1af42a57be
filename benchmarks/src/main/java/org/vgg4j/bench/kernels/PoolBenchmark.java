package org.vgg4j.bench.kernels;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.model.Layer;

/** Max pooling on its own, and flattening maps to features. */
public class PoolBenchmark extends KernelBenchmark {
  /** The network whose shapes are measured. */
  @Param({"D_224_BATCH_16", "SMALL_D_32_BATCH_256"})
  public Network network;

  /** The convolution whose maps are pooled. */
  @Param({"conv1_2", "conv5_2"})
  public String layer;

  private MapLayout map;
  private int images;
  private float[] input;
  private float[] pooled;
  private byte[] argmax;
  private float[] inputGradient;
  private float[] features;

  /** Allocates the arrays. */
  @Setup
  public void allocate() {
    if (!(network.layer(layer) instanceof Layer.Convolution convolution)) {
      throw new IllegalArgumentException(layer + " is not a convolution");
    }
    int side = network.outputSide(layer);
    map = new MapLayout(convolution.outChannels(), side, side);
    images = network.batch();
    input = maps(map, images);
    MapLayout half = new MapLayout(convolution.outChannels(), side / 2, side / 2);
    pooled = new float[images * half.imageLength()];
    argmax = new byte[pooled.length];
    inputGradient = new float[input.length];
    features = new float[images * map.channels() * side * side];
  }

  /** The pooled maps. */
  @Benchmark
  public float[] maxPool(Traffic traffic) {
    kernels.maxPool(map, images, input, pooled, argmax, workers);
    traffic.gigabyte += gigabytes((double) input.length + pooled.length);
    return pooled;
  }

  /** The gradient with respect to the pool's input. */
  @Benchmark
  public float[] maxPoolBackward(Traffic traffic) {
    kernels.maxPoolBackward(map, images, pooled, argmax, inputGradient, workers);
    traffic.gigabyte += gigabytes((double) inputGradient.length + pooled.length);
    return inputGradient;
  }

  /** Flattening maps to features. */
  @Benchmark
  public float[] flatten(Traffic traffic) {
    kernels.flatten(map, images, input, features, workers);
    traffic.gigabyte += gigabytes((double) input.length + features.length);
    return features;
  }
}
