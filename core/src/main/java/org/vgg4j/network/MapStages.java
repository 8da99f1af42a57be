package org.vgg4j.network;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.LrnShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;

/** The stages without parameters. */
final class MapStages {
  private MapStages() {}

  /** Copies maps as {@code [N][C][H][W]}. */
  static float[] read(Kernels kernels, MapLayout map, int images, float[] values, Workers workers) {
    float[] copy = new float[Math.multiplyExact(images, planeLength(map))];
    kernels.flatten(map, images, values, copy, workers);
    return copy;
  }

  private static int planeLength(MapLayout map) {
    return Math.multiplyExact(map.channels(), map.height() * map.width());
  }

  /** Local response normalisation. */
  record Norm(String tap, LrnShape shape, Kernels kernels, Workers workers) implements Stage {
    @Override
    public int outputLength() {
      return shape.map().imageLength();
    }

    @Override
    public int scratchLength(Pass pass, int images) {
      return kernels.lrnScratchLength(shape);
    }

    @Override
    public float[] readOutput(int images, float[] output) {
      return read(kernels, shape.map(), images, output, workers);
    }

    @Override
    public void forward(
        int images,
        float[] input,
        Parameters parameters,
        float[] prepared,
        float[] output,
        byte @Nullable [] argmax) {
      kernels.lrn(shape, images, input, output, workers);
    }

    @Override
    public float[] backward(
        int images,
        float[] input,
        float[] outputGradient,
        byte @Nullable [] argmax,
        Parameters parameters,
        Workspace workspace,
        GradientSink sink) {
      // over the output's gradient, since the window of a channel's input is read by its neighbours
      kernels.lrnBackward(shape, images, input, outputGradient, outputGradient, workers);
      return outputGradient;
    }
  }

  /** A max pool that does not directly follow a convolution, or whose input is tapped. */
  record Pool(String tap, MapLayout map, Kernels kernels, Workers workers) implements Stage {
    private MapLayout half() {
      return map.halved();
    }

    @Override
    public int outputLength() {
      return half().imageLength();
    }

    @Override
    public int scratchLength(Pass pass, int images) {
      return 0;
    }

    @Override
    public float[] readOutput(int images, float[] output) {
      return read(kernels, half(), images, output, workers);
    }

    @Override
    public boolean needsArgmax() {
      return true;
    }

    @Override
    public void forward(
        int images,
        float[] input,
        Parameters parameters,
        float[] prepared,
        float[] output,
        byte @Nullable [] argmax) {
      kernels.maxPool(map, images, input, output, argmax, workers);
    }

    @Override
    public boolean backwardReadsInput() {
      return false;
    }

    @Override
    public float[] backward(
        int images,
        float[] input,
        float[] outputGradient,
        byte @Nullable [] argmax,
        Parameters parameters,
        Workspace workspace,
        GradientSink sink) {
      kernels.maxPoolBackward(
          map, images, outputGradient, Objects.requireNonNull(argmax), input, workers);
      return input;
    }
  }

  /** The last map as a row of features in the order channel, row, column. */
  record Flatten(String tap, MapLayout map, Kernels kernels, Workers workers) implements Stage {
    @Override
    public int outputLength() {
      return planeLength(map);
    }

    @Override
    public int scratchLength(Pass pass, int images) {
      return 0;
    }

    @Override
    public float[] readOutput(int images, float[] output) {
      return Arrays.copyOf(output, images * outputLength());
    }

    @Override
    public void forward(
        int images,
        float[] input,
        Parameters parameters,
        float[] prepared,
        float[] output,
        byte @Nullable [] argmax) {
      kernels.flatten(map, images, input, output, workers);
    }

    @Override
    public boolean backwardReadsInput() {
      return false;
    }

    @Override
    public float[] backward(
        int images,
        float[] input,
        float[] outputGradient,
        byte @Nullable [] argmax,
        Parameters parameters,
        Workspace workspace,
        GradientSink sink) {
      kernels.unflatten(map, images, outputGradient, input, workers);
      return input;
    }
  }
}
