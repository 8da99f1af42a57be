package org.vgg4j.kernels.vector;

import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Convolution;
import org.vgg4j.kernels.ConvolutionShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;

/**
 * Convolution over maps as products of tiles: 3x3 filters by minimal filtering, others directly.
 */
final class VectorConvolution implements Convolution {
  private final ConvolutionShape shape;
  private final Tiling tiling;
  private final Tiling turned;
  private final TiledConvolution forward;
  private final TiledConvolution backward;
  private final FilterGradient filterGradient;

  /**
   * @param shape of a convolution over maps
   */
  VectorConvolution(ConvolutionShape shape) {
    this.shape = shape;
    this.tiling = tiling(shape.input(), shape.outChannels(), shape.kernel());
    this.turned = tiling(shape.output(), shape.inChannels(), shape.kernel());
    this.forward = new TiledConvolution(tiling, shape.outChannels());
    this.backward = new TiledConvolution(turned, shape.inChannels());
    this.filterGradient = filterGradient(shape);
  }

  private static Tiling tiling(MapLayout input, int columns, int kernel) {
    if (kernel != 3) {
      return new PatchTiling(input, columns, kernel);
    }
    if (Math.min(input.height(), input.width()) >= MapLayout.LARGE) {
      return new WinogradTiling(input, columns, new FilteringF6());
    }
    return new WinogradTiling(input, columns, smallFiltering(input));
  }

  /** 6x6 tiles do not pay off here: there are more sums, each read and written once per chunk. */
  private static FilterGradient filterGradient(ConvolutionShape shape) {
    MapLayout input = shape.input();
    int columns = shape.outChannels();
    return shape.kernel() == 3
        ? new FilterGradient(
            new WinogradGradientTiling(input, columns, smallFiltering(input)), shape.output())
        : new FilterGradient(new PatchTiling(input, columns, shape.kernel()), shape.output());
  }

  /** On maps hardly larger than a tile, 4x4 tiles would be mostly padding. */
  private static DifferentiableFiltering smallFiltering(MapLayout map) {
    DifferentiableFiltering f4 = new FilteringF4();
    DifferentiableFiltering f2 = new FilteringF2();
    return multiplications(map, f4) <= multiplications(map, f2) ? f4 : f2;
  }

  private static int multiplications(MapLayout map, MinimalFiltering filtering) {
    int m = filtering.outputs();
    int tiles = ((map.height() + m - 1) / m) * ((map.width() + m - 1) / m);
    return tiles * filtering.inputs() * filtering.inputs();
  }

  @Override
  public ConvolutionShape shape() {
    return shape;
  }

  @Override
  public int forwardWeightsLength() {
    return tiling.weightsLength(shape.outChannels());
  }

  @Override
  public int backwardWeightsLength() {
    return turned.weightsLength(shape.inChannels());
  }

  @Override
  public int scratchLength(Pass pass) {
    int forwards = Math.max(forward.scratchLength(), WinogradTiling.PREPARE_SCRATCH);
    if (pass == Pass.INFERENCE) {
      return forwards;
    }
    int gradients = Math.max(backward.scratchLength(), filterGradient.scratchLength());
    return Math.max(forwards, gradients);
  }

  @Override
  public int sharedLength(Pass pass, int images, int threads) {
    int forwards = forward.sharedLength(images, threads);
    if (pass == Pass.INFERENCE) {
      return forwards;
    }
    int data = backward.sharedLength(images, threads);
    return Math.max(Math.max(forwards, data), filterGradient.sharedLength(images));
  }

  @Override
  public long multiplyAdds(int images) {
    return forward.multiplyAdds(images);
  }

  @Override
  public void prepareForward(float[] weights, float[] prepared, Workers workers) {
    tiling.prepare(weights, false, prepared, workers);
  }

  @Override
  public void prepareBackward(float[] weights, float[] prepared, Workers workers) {
    turned.prepare(weights, true, prepared, workers);
  }

  @Override
  public void forward(
      int images,
      float[] input,
      float[] prepared,
      float[] bias,
      boolean relu,
      float[] output,
      Workers workers) {
    MapLayout map = shape.output();
    TiledConvolution.clearHalo(images, map, output, workers);
    Epilogue epilogue =
        relu ? new Epilogue.Rectify(map, bias, output) : new Epilogue.Add(map, bias, output);
    forward.run(images, input, prepared, epilogue, workers);
  }

  @Override
  public void forwardPooled(
      int images,
      float[] input,
      float[] prepared,
      float[] bias,
      float[] pooled,
      byte @Nullable [] argmax,
      Workers workers) {
    MapLayout half = shape.pooled();
    TiledConvolution.clearHalo(images, half, pooled, workers);
    Epilogue epilogue = new Epilogue.Pool(half, bias, pooled, argmax);
    forward.run(images, input, prepared, epilogue, workers);
  }

  @Override
  public void backwardData(
      int images,
      float[] outputGradient,
      float[] prepared,
      float[] input,
      float[] inputGradient,
      Workers workers) {
    MapLayout map = shape.input();
    TiledConvolution.clearHalo(images, map, inputGradient, workers);
    Epilogue epilogue = new Epilogue.Mask(map, input, inputGradient);
    backward.run(images, outputGradient, prepared, epilogue, workers);
  }

  @Override
  public void backwardWeights(
      int images,
      float[] input,
      float[] outputGradient,
      float[] weightGradient,
      float[] biasGradient,
      Workers workers) {
    filterGradient.add(images, input, outputGradient, weightGradient, biasGradient, workers);
  }
}
