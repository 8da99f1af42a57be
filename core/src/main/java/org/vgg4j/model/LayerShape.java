package org.vgg4j.model;

/**
 * The output shape and cost of one layer for one input image.
 *
 * @param layer the layer
 * @param channels channels (or features) of its output
 * @param height rows of its output; 1 for a fully connected layer
 * @param width columns of its output
 * @param receptiveField side, in input pixels, of the square that one output value depends on
 * @param stride distance, in input pixels, between neighbouring output values
 * @param parameters weights and biases
 * @param multiplyAdds multiply-adds of the convolution or product for one image, biases and
 *     normalisation not counted
 */
public record LayerShape(
    Layer layer,
    int channels,
    int height,
    int width,
    int receptiveField,
    int stride,
    long parameters,
    long multiplyAdds) {

  /** Values in the output for one image. */
  public long outputs() {
    return (long) channels * height * width;
  }
}
