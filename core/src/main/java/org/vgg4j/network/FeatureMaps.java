package org.vgg4j.network;

/**
 * A layer's output for images of one size, in plain layout.
 *
 * @param images number of images
 * @param channels channels of a convolution's or pool's map, or features of a fully connected layer
 * @param height rows of the map; for a fully connected layer, windows from top to bottom
 * @param width columns of the map; for a fully connected layer, windows from left to right
 * @param values {@code [images][channels][height][width]}
 */
public record FeatureMaps(int images, int channels, int height, int width, float[] values) {
  /** Index of the first value of a channel in {@link #values}. */
  public int index(int image, int channel) {
    return (image * channels + channel) * height * width;
  }
}
