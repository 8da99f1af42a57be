package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Convolution;
import org.vgg4j.kernels.ConvolutionShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.kernels.scalar.ScalarKernels;

/**
 * The first convolution, which reads images: three channels are too little depth for minimal
 * filtering to pay off. Products are formed directly from a few zero-padded rows of the image.
 */
final class ImageConvolution implements Convolution {
  private static final int CHANNELS = ConvolutionShape.IMAGE_CHANNELS;

  /** Rows of pixels that are computed together: two pooled rows. */
  private static final int ROWS = 4;

  /** Pixels of a row that are computed together, a multiple of the micro-kernels' four. */
  private static final int STRIP = 32;

  /** Taps, or pixels, per micro-kernel. */
  private static final int GROUP = 4;

  private static final int MOST_SLICES = 16;

  private final ConvolutionShape shape;
  private final int columns;
  private final int block;
  private final int vectors;
  private final int windowRows;
  private final int windowWidth;

  /** Indices in the window of the taps of the first pixel, in the order of the filters. */
  private final int[] taps;

  /** For the gradient with respect to an image, which training does not need. */
  private final Convolution scalar;

  /**
   * @param shape of a convolution over images
   */
  ImageConvolution(ConvolutionShape shape) {
    this.shape = shape;
    this.columns = shape.outChannels();
    this.block = Gemm.columnBlock(columns);
    this.vectors = block / Width.LANES;
    int kernel = shape.kernel();
    this.windowRows = ROWS + kernel - 1;
    this.windowWidth = (shape.width() + GROUP - 1) / GROUP * GROUP + kernel - 1;
    this.taps = new int[CHANNELS * kernel * kernel];
    for (int tap = 0; tap < taps.length; tap++) {
      int channel = tap / (kernel * kernel);
      int row = channel * windowRows + tap / kernel % kernel;
      taps[tap] = row * windowWidth + tap % kernel;
    }
    this.scalar = new ScalarKernels().convolution(shape);
  }

  @Override
  public ConvolutionShape shape() {
    return shape;
  }

  @Override
  public int forwardWeightsLength() {
    return taps.length * columns;
  }

  @Override
  public int backwardWeightsLength() {
    return scalar.backwardWeightsLength();
  }

  private int windowLength() {
    return CHANNELS * windowRows * windowWidth;
  }

  @Override
  public int scratchLength(Pass pass) {
    return windowLength() + ROWS * STRIP * (block + LANES);
  }

  /** Rows of the sums: whole groups of taps; the last group may repeat one. */
  private int sumsLength() {
    return (taps.length + GROUP - 1) / GROUP * GROUP * columns;
  }

  private int bands() {
    return (shape.height() + ROWS - 1) / ROWS;
  }

  private int slices(int images) {
    return (int) Math.min(MOST_SLICES, (long) images * bands());
  }

  @Override
  public int sharedLength(Pass pass, int images, int threads) {
    return pass == Pass.INFERENCE ? 0 : slices(images) * sumsLength();
  }

  @Override
  public long multiplyAdds(int images) {
    return scalar.multiplyAdds(images);
  }

  /** {@code [K/block][taps][block]}. */
  @Override
  public void prepareForward(float[] weights, float[] prepared, Workers workers) {
    for (int k = 0; k < columns; k++) {
      int base = k / block * block * taps.length + k % block;
      for (int tap = 0; tap < taps.length; tap++) {
        prepared[base + tap * block] = weights[k * taps.length + tap];
      }
    }
  }

  @Override
  public void prepareBackward(float[] weights, float[] prepared, Workers workers) {
    scalar.prepareBackward(weights, prepared, workers);
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
    run(images, input, prepared, epilogue, workers);
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
    run(images, input, prepared, new Epilogue.Pool(half, bias, pooled, argmax), workers);
  }

  private void run(
      int images, float[] input, float[] prepared, Epilogue epilogue, Workers workers) {
    workers.run(
        images * bands(),
        (task, scratch) -> {
          float[] floats = scratch.floats(scratchLength(Pass.INFERENCE));
          int image = task / bands();
          int y = task % bands() * ROWS;
          fillWindow(input, image, y, floats);
          for (int column = 0; column < columns; column += block) {
            for (int x = 0; x < shape.width(); x += STRIP) {
              int width = Math.min(STRIP, (shape.width() - x + GROUP - 1) / GROUP * GROUP);
              multiply(floats, x, width, prepared, column * taps.length);
              for (int c = 0; c < block; c += LANES) {
                int pixels = windowLength() + ROWS * STRIP * block;
                copyColumns(floats, windowLength() + c, block, pixels, ROWS * width);
                epilogue.take(floats, pixels, ROWS, width, image, (column + c) / LANES, y, x);
              }
            }
          }
        });
  }

  /** Rows of an image from y - radius on, zero-padded, {@code [3][rows][width]}. */
  private void fillWindow(float[] input, int image, int y, float[] window) {
    int radius = shape.kernel() / 2;
    int width = shape.width();
    for (int c = 0; c < CHANNELS; c++) {
      for (int i = 0; i < windowRows; i++) {
        int row = y - radius + i;
        int to = (c * windowRows + i) * windowWidth;
        if (row < 0 || row >= shape.height()) {
          Arrays.fill(window, to, to + windowWidth, 0f);
        } else {
          int from = ((image * CHANNELS + c) * shape.height() + row) * width;
          Arrays.fill(window, to, to + radius, 0f);
          System.arraycopy(input, from, window, to + radius, width);
          Arrays.fill(window, to + radius + width, to + windowWidth, 0f);
        }
      }
    }
  }

  /** The products of a strip, {@code [4][width][block]}, stored after the window. */
  private void multiply(float[] floats, int x, int width, float[] weights, int at) {
    for (int y = 0; y < ROWS; y++) {
      for (int i = 0; i < width; i += GROUP) {
        int from = y * windowWidth + x + i;
        int to = windowLength() + (y * width + i) * block;
        switch (vectors) {
          case 4:
            ImageMicroKernels.products4x4(floats, from, taps, weights, at, floats, to);
            break;
          case 2:
            ImageMicroKernels.products4x2(floats, from, taps, weights, at, floats, to);
            break;
          default:
            ImageMicroKernels.products4x1(floats, from, taps, weights, at, floats, to);
            break;
        }
      }
    }
  }

  private static void copyColumns(float[] floats, int from, int stride, int to, int pixels) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      for (int i = 0; i < pixels; i++) {
        FloatVector.fromArray(SPECIES, floats, from + i * stride + l)
            .intoArray(floats, to + i * LANES + l);
      }
    }
  }

  @Override
  public void backwardData(
      int images,
      float[] outputGradient,
      float[] prepared,
      float[] input,
      float[] inputGradient,
      Workers workers) {
    scalar.backwardData(images, outputGradient, prepared, input, inputGradient, workers);
  }

  @Override
  public void backwardWeights(
      int images,
      float[] input,
      float[] outputGradient,
      float[] weightGradient,
      float[] biasGradient,
      Workers workers) {
    int slices = slices(images);
    float[] sums = workers.shared(slices * sumsLength());
    int bands = images * bands();
    workers.run(
        slices,
        (slice, scratch) -> {
          float[] window = scratch.floats(scratchLength(Pass.TRAINING));
          int to = slice * sumsLength();
          Arrays.fill(sums, to, to + sumsLength(), 0f);
          for (int band = Slices.first(bands, slices, slice);
              band < Slices.first(bands, slices, slice + 1);
              band++) {
            int image = band / bands();
            int y = band % bands() * ROWS;
            fillWindow(input, image, y, window);
            for (int row = 0; row < Math.min(ROWS, shape.height() - y); row++) {
              addRow(window, row * windowWidth, outputGradient, image, y + row, sums, to);
            }
          }
        });
    Slices.reduce(sums, sumsLength(), slices, workers);
    for (int k = 0; k < columns; k++) {
      for (int tap = 0; tap < taps.length; tap++) {
        weightGradient[k * taps.length + tap] += sums[tap * columns + k];
      }
    }
    BiasGradient.add(images, shape.output(), outputGradient, biasGradient, workers);
  }

  /** Adds the products of one row of pixels. */
  private void addRow(
      float[] window, int row, float[] gradient, int image, int y, float[] sums, int sumsAt) {
    MapLayout map = shape.output();
    int pixels = shape.width();
    for (int column = 0; column < columns; column += block) {
      int b0 = map.index(image, column / LANES, y, 0);
      int b1 = b0 + vectorAt(1, map);
      int b2 = b0 + vectorAt(2, map);
      int b3 = b0 + vectorAt(3, map);
      for (int tap = 0; tap < taps.length; tap += GROUP) {
        int last = taps.length - 1;
        int a0 = row + taps[tap];
        int a1 = row + taps[Math.min(last, tap + 1)];
        int a2 = row + taps[Math.min(last, tap + 2)];
        int a3 = row + taps[Math.min(last, tap + 3)];
        int to = sumsAt + tap * columns + column;
        switch (vectors) {
          case 4:
            ImageMicroKernels.add4x4(
                window, a0, a1, a2, a3, pixels, gradient, b0, b1, b2, b3, sums, to, columns);
            break;
          case 2:
            ImageMicroKernels.add4x2(
                window, a0, a1, a2, a3, pixels, gradient, b0, b1, sums, to, columns);
            break;
          default:
            ImageMicroKernels.add4x1(
                window, a0, a1, a2, a3, pixels, gradient, b0, sums, to, columns);
            break;
        }
      }
    }
  }

  /** Offset of a vector of outputs in a map from the first. */
  private static int vectorAt(int vector, MapLayout map) {
    int lane = vector * Width.LANES;
    return lane / LANES * map.blockLength() + lane % LANES;
  }
}
