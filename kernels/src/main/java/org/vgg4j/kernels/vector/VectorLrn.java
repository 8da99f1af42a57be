package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.vgg4j.kernels.LrnShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/**
 * Local response normalisation with the paper's window of five channels and exponent of 3/4, whose
 * power needs two square roots and no logarithm: like divisions, these are correctly rounded,
 * compiled or not.
 *
 * <p>A window crosses blocks of channels, so all channels of a pixel are gathered as {@code
 * [pixel][C + 16]}, with zeros between pixels, and a window is the sum of five loads.
 */
final class VectorLrn {
  private static final int SIZE = 5;
  private static final float BETA = 0.75f;

  private static final int ROWS = 8; // per task, so that one image occupies several threads
  private static final int PIXELS = 32; // at a time: few enough for the first-level cache

  private VectorLrn() {}

  /**
   * Whether this class covers the shape: other constants than the paper's are left to the naive
   * twin.
   */
  static boolean covers(LrnShape shape) {
    return shape.size() == SIZE && shape.beta() == BETA;
  }

  /** Squares, and products of the gradient. */
  static int scratchLength(LrnShape shape) {
    return 2 * planeLength(shape.map());
  }

  /** Zeros before each pixel, and after the last. */
  private static int planeLength(MapLayout map) {
    return PIXELS * pitch(map) + LANES;
  }

  private static int pitch(MapLayout map) {
    return map.channels() + LANES;
  }

  static void forward(LrnShape shape, int images, float[] input, float[] output, Workers workers) {
    MapLayout map = shape.map();
    int pitch = pitch(map);
    forEachSegment(
        shape,
        images,
        output,
        workers,
        (first, pixels, squares) -> {
          for (int b = 0; b < map.blocks(); b++) {
            int at = first + b * map.blockLength();
            squares(input, at, pixels, squares, LANES * (b + 1), pitch);
          }
          for (int b = 0; b < map.blocks(); b++) {
            int at = first + b * map.blockLength();
            normalise(shape, squares, LANES * (b + 1), pitch, input, at, output, pixels);
          }
        });
  }

  /**
   * With {@code s_c = k + alpha * sum a_j^2}: {@code da_c = db_c * s_c^-beta - 2 * alpha * beta *
   * a_c * sum over the window of db_j * a_j * s_j^(-beta-1)}.
   */
  static void backward(
      LrnShape shape,
      int images,
      float[] input,
      float[] outputGradient,
      float[] inputGradient,
      Workers workers) {
    MapLayout map = shape.map();
    int pitch = pitch(map);
    int plane = planeLength(map);
    float factor = 2 * shape.alpha() * BETA;
    forEachSegment(
        shape,
        images,
        inputGradient,
        workers,
        (first, pixels, scratch) -> {
          for (int b = 0; b < map.blocks(); b++) {
            int at = first + b * map.blockLength();
            squares(input, at, pixels, scratch, LANES * (b + 1), pitch);
          }
          for (int b = 0; b < map.blocks(); b++) {
            int at = first + b * map.blockLength();
            int s = LANES * (b + 1);
            products(
                shape, scratch, s, plane, pitch, input, outputGradient, at, inputGradient, pixels);
          }
          for (int b = 0; b < map.blocks(); b++) {
            int at = first + b * map.blockLength();
            int q = plane + LANES * (b + 1);
            subtract(factor, scratch, q, pitch, input, at, inputGradient, pixels);
          }
        });
  }

  @FunctionalInterface
  private interface SegmentBody {
    /**
     * @param first index of the first pixel in block 0
     * @param pixels of the same row
     */
    void run(int first, int pixels, float[] scratch);
  }

  private static void forEachSegment(
      LrnShape shape, int images, float[] written, Workers workers, SegmentBody body) {
    MapLayout map = shape.map();
    int strips = (map.height() + ROWS - 1) / ROWS;
    workers.run(
        images * strips,
        (task, scratch) -> {
          int image = task / strips;
          int strip = task % strips;
          if (strip == 0) {
            for (int block = 0; block < map.blocks(); block++) {
              map.clearHalo(written, image, block);
            }
          }
          float[] floats = scratch.floats(scratchLength(shape));
          clearBetween(map, floats);
          for (int y = strip * ROWS; y < Math.min(map.height(), (strip + 1) * ROWS); y++) {
            for (int x = 0; x < map.width(); x += PIXELS) {
              body.run(map.index(image, 0, y, x), Math.min(PIXELS, map.width() - x), floats);
            }
          }
        });
  }

  private static void clearBetween(MapLayout map, float[] scratch) {
    for (int start = 0; start <= planeLength(map); start += planeLength(map)) {
      for (int pixel = 0; pixel <= PIXELS; pixel++) {
        int at = start + pixel * pitch(map);
        Arrays.fill(scratch, at, at + LANES, 0f);
      }
    }
  }

  private static void squares(
      float[] input, int at, int pixels, float[] squares, int to, int pitch) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      for (int p = 0; p < pixels; p++) {
        FloatVector a = FloatVector.fromArray(SPECIES, input, at + p * LANES + l);
        a.mul(a).intoArray(squares, to + p * pitch + l);
      }
    }
  }

  private static void normalise(
      LrnShape shape,
      float[] squares,
      int from,
      int pitch,
      float[] input,
      int at,
      float[] output,
      int pixels) {
    FloatVector k = FloatVector.broadcast(SPECIES, shape.k());
    FloatVector alpha = FloatVector.broadcast(SPECIES, shape.alpha());
    for (int l = 0; l < LANES; l += Width.LANES) {
      for (int p = 0; p < pixels; p++) {
        int c = from + p * pitch + l;
        FloatVector sum = FloatVector.fromArray(SPECIES, squares, c - 2);
        sum = sum.add(FloatVector.fromArray(SPECIES, squares, c - 1));
        sum = sum.add(FloatVector.fromArray(SPECIES, squares, c));
        sum = sum.add(FloatVector.fromArray(SPECIES, squares, c + 1));
        sum = sum.add(FloatVector.fromArray(SPECIES, squares, c + 2));
        FloatVector root = sum.fma(alpha, k).sqrt();
        int i = at + p * LANES + l;
        FloatVector a = FloatVector.fromArray(SPECIES, input, i);
        a.div(root.mul(root.sqrt())).intoArray(output, i);
      }
    }
  }

  /**
   * Writes the gradient's first term to the output, and the terms that windows sum to the scratch.
   */
  private static void products(
      LrnShape shape,
      float[] scratch,
      int from,
      int plane,
      int pitch,
      float[] input,
      float[] outputGradient,
      int at,
      float[] inputGradient,
      int pixels) {
    FloatVector k = FloatVector.broadcast(SPECIES, shape.k());
    FloatVector alpha = FloatVector.broadcast(SPECIES, shape.alpha());
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int l = 0; l < LANES; l += Width.LANES) {
      for (int p = 0; p < pixels; p++) {
        int c = from + p * pitch + l;
        FloatVector sum = FloatVector.fromArray(SPECIES, scratch, c - 2);
        sum = sum.add(FloatVector.fromArray(SPECIES, scratch, c - 1));
        sum = sum.add(FloatVector.fromArray(SPECIES, scratch, c));
        sum = sum.add(FloatVector.fromArray(SPECIES, scratch, c + 1));
        sum = sum.add(FloatVector.fromArray(SPECIES, scratch, c + 2));
        FloatVector s = sum.fma(alpha, k);
        FloatVector root = s.sqrt();
        int i = at + p * LANES + l;
        FloatVector a = FloatVector.fromArray(SPECIES, input, i);
        FloatVector db = FloatVector.fromArray(SPECIES, outputGradient, i);
        // where a is zero, db may be anything, and must not reach the neighbours
        FloatVector kept = zero.blend(db, a.compare(VectorOperators.GT, 0f));
        FloatVector scaled = kept.div(root.mul(root.sqrt()));
        scaled.intoArray(inputGradient, i);
        scaled.mul(a).div(s).intoArray(scratch, plane + c);
      }
    }
  }

  private static void subtract(
      float factor,
      float[] products,
      int from,
      int pitch,
      float[] input,
      int at,
      float[] inputGradient,
      int pixels) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int l = 0; l < LANES; l += Width.LANES) {
      for (int p = 0; p < pixels; p++) {
        int c = from + p * pitch + l;
        FloatVector sum = FloatVector.fromArray(SPECIES, products, c - 2);
        sum = sum.add(FloatVector.fromArray(SPECIES, products, c - 1));
        sum = sum.add(FloatVector.fromArray(SPECIES, products, c));
        sum = sum.add(FloatVector.fromArray(SPECIES, products, c + 1));
        sum = sum.add(FloatVector.fromArray(SPECIES, products, c + 2));
        int i = at + p * LANES + l;
        FloatVector a = FloatVector.fromArray(SPECIES, input, i);
        FloatVector da = FloatVector.fromArray(SPECIES, inputGradient, i);
        da = da.sub(a.mul(factor).mul(sum));
        zero.blend(da, a.compare(VectorOperators.GT, 0f)).intoArray(inputGradient, i);
      }
    }
  }
}
