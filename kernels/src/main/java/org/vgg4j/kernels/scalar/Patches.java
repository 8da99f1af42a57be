package org.vgg4j.kernels.scalar;

import static org.vgg4j.kernels.MapLayout.LANES;

import java.util.Arrays;
import org.vgg4j.kernels.ConvolutionShape;
import org.vgg4j.kernels.MapLayout;

/**
 * The input of a convolution, a plain image or a blocked map, seen as patches.
 *
 * <p>A patch is what one output pixel sees, {@code kernel * kernel * channels} values in the order
 * [block][row][column][lane] for maps, [channel][row][column] for an image. A position outside the
 * map is zero.
 */
final class Patches {
  private final int channels;
  private final int lanes;
  private final int height;
  private final int width;
  private final int kernel;
  private final int imageLength;
  private final int blockLength;
  private final int rowLength;
  private final int origin;

  private Patches(
      int channels, int lanes, int height, int width, int kernel, int[] lengthsAndOrigin) {
    this.channels = channels;
    this.lanes = lanes;
    this.height = height;
    this.width = width;
    this.kernel = kernel;
    this.imageLength = lengthsAndOrigin[0];
    this.blockLength = lengthsAndOrigin[1];
    this.rowLength = lengthsAndOrigin[2];
    this.origin = lengthsAndOrigin[3];
  }

  /** The patches of a convolution's input. */
  static Patches ofInput(ConvolutionShape shape) {
    return shape.readsImage()
        ? ofImage(shape.height(), shape.width(), shape.kernel())
        : ofMaps(shape.input(), shape.kernel());
  }

  /** The patches of maps in the blocked layout. */
  static Patches ofMaps(MapLayout map, int kernel) {
    int[] lengths = {
      map.imageLength(), map.blockLength(), map.paddedWidth() * LANES, map.index(0, 0, 0, 0)
    };
    return new Patches(map.channels(), LANES, map.height(), map.width(), kernel, lengths);
  }

  private static Patches ofImage(int height, int width, int kernel) {
    int plane = height * width;
    int[] lengths = {ConvolutionShape.IMAGE_CHANNELS * plane, plane, width, 0};
    return new Patches(ConvolutionShape.IMAGE_CHANNELS, 1, height, width, kernel, lengths);
  }

  /** Number of values in a patch. */
  int length() {
    return channels * kernel * kernel;
  }

  /** Contiguous channels: 16 in maps, 1 in an image. */
  int lanes() {
    return lanes;
  }

  /** Number of groups of contiguous channels. */
  int blocks() {
    return channels / lanes;
  }

  /** Index in the array of lane 0 of a pixel that exists. */
  int index(int image, int block, int row, int column) {
    return image * imageLength + block * blockLength + origin + row * rowLength + column * lanes;
  }

  /**
   * Copies the lanes of one block of one pixel, or zeros if the pixel lies outside the map.
   *
   * @param to destination, at its offset
   */
  void copyLanes(float[] input, int image, int block, int row, int column, float[] to, int offset) {
    if (row < 0 || row >= height || column < 0 || column >= width) {
      Arrays.fill(to, offset, offset + lanes, 0f);
    } else {
      System.arraycopy(input, index(image, block, row, column), to, offset, lanes);
    }
  }

  /** Copies the patch around one pixel. */
  void copyPatch(float[] input, int image, int row, int column, float[] patch, int offset) {
    int radius = kernel / 2;
    int at = offset;
    for (int block = 0; block < blocks(); block++) {
      for (int dy = -radius; dy <= radius; dy++) {
        for (int dx = -radius; dx <= radius; dx++) {
          copyLanes(input, image, block, row + dy, column + dx, patch, at);
          at += lanes;
        }
      }
    }
  }

  /** Where in a patch a channel's value at a position of the filter lies. */
  int positionInPatch(int channel, int filterRow, int filterColumn) {
    int block = channel / lanes;
    return ((block * kernel + filterRow) * kernel + filterColumn) * lanes + channel % lanes;
  }
}
