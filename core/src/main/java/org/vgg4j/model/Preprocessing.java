package org.vgg4j.model;

import org.vgg4j.base.InputException;

/**
 * How an image must be prepared for a network. It belongs to the weights: every model file carries
 * its own.
 *
 * <p>A pixel value v in 0..255 enters as {@code (v * valueRange / 255 - mean) / std}. The paper
 * (section 2.1): range 255, the training set's mean RGB, std 1.
 *
 * @param channelOrder order of the input channels
 * @param valueRange the value that a pixel of 255 has before the mean is subtracted: 255 or 1
 * @param mean mean of each channel, in units of the value range
 * @param std divisor of each channel, in units of the value range, positive
 * @param interpolation how images are rescaled
 * @param scale shorter side, in pixels, to which an image is rescaled for a centre crop
 * @param crop side of the network's square input window, in pixels
 */
public record Preprocessing(
    ChannelOrder channelOrder,
    float valueRange,
    Rgb mean,
    Rgb std,
    Interpolation interpolation,
    int scale,
    int crop) {

  /**
   * @throws InputException if the scale is below the crop, or a std is not positive
   */
  public Preprocessing {
    if (scale < crop) {
      throw new InputException(
          "scale " + scale + " is below crop " + crop + ": take a scale of at least the crop");
    }
    for (int channel = 0; channel < 3; channel++) {
      if (!(std.channel(channel) > 0)) {
        throw new InputException("preprocessing std must be positive, not " + std);
      }
    }
  }

  /**
   * The paper's preprocessing (section 2.1): RGB in 0..255 minus the training set's mean, rescaled
   * by the bilinear filter.
   *
   * @param mean the training set's mean, each channel in 0..255
   * @param scale shorter side in pixels
   * @param crop side of the input window in pixels
   */
  public static Preprocessing paper(Rgb mean, int scale, int crop) {
    return new Preprocessing(
        ChannelOrder.RGB, 255, mean, Rgb.ONE, Interpolation.BILINEAR, scale, crop);
  }

  /**
   * Returns the same for other sizes.
   *
   * @param newScale shorter side in pixels
   * @param newCrop side of the input window in pixels
   * @throws InputException if the scale is below the crop
   */
  public Preprocessing withSizes(int newScale, int newCrop) {
    return new Preprocessing(channelOrder, valueRange, mean, std, interpolation, newScale, newCrop);
  }
}
