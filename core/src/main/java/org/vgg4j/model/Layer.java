package org.vgg4j.model;

/**
 * One layer of a VGG network. A network is an ordered list of these. The list is exhaustive: the
 * paper (section 2.1, Table 1) uses all of them but batch normalisation and global average pooling,
 * which came later.
 */
public sealed interface Layer {
  /** The layer's usual name: conv1_1, lrn1, pool1, fc6. */
  String name();

  /**
   * The name of the layer's output. A convolution's is that of its rectified output, {@code
   * relu1_1} for {@code conv1_1}; where batch normalisation follows, that name belongs to the batch
   * norm. Every other layer's output has the layer's name.
   */
  default String tap() {
    return name();
  }

  /**
   * A convolution of stride 1 that keeps the size of the map, followed by ReLU unless batch
   * normalisation stands between.
   *
   * @param name conv followed by block and position in the block
   * @param kernel side of the square filters, odd
   * @param inChannels channels of the input
   * @param outChannels number of filters
   * @param rectified whether ReLU follows
   */
  record Convolution(String name, int kernel, int inChannels, int outChannels, boolean rectified)
      implements Layer {
    @Override
    public String tap() {
      return rectified ? name.replace("conv", "relu") : name;
    }
  }

  /**
   * Batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167), followed by ReLU: {@code
   * relu(scale * (x - mean) / sqrt(variance + epsilon) + shift)} for each channel. In training,
   * mean and variance are those of the micro-batch; afterwards, running averages of them.
   *
   * @param name bn followed by block and position in the block of the convolution before
   * @param channels of input and output
   */
  record BatchNorm(String name, int channels) implements Layer {
    /** Keeps the divisor above zero: PyTorch's value, for all networks. */
    public static final double EPSILON = 1e-5;

    /** The weight of a batch in the running averages: PyTorch's, for all. */
    public static final double MOMENTUM = 0.1;

    @Override
    public String tap() {
      return name.replace("bn", "relu");
    }
  }

  /**
   * Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3): {@code b_c
   * = a_c / (k + alpha * sum a_j^2)^beta}, the sum over the {@code size} channels around c. Alpha
   * is not divided by the size.
   *
   * @param name lrn followed by the number of the block
   * @param size channels in the sum, odd
   * @param k additive constant
   * @param alpha factor of the sum
   * @param beta exponent
   */
  record LocalResponseNorm(String name, int size, float k, float alpha, float beta)
      implements Layer {}

  /**
   * Max pooling over 2x2 windows of stride 2; an odd last row or column is dropped.
   *
   * @param name pool followed by the number of the block
   */
  record MaxPool(String name) implements Layer {}

  /**
   * The mean of each channel of the last map over its positions; over whole images, of every window
   * as large as a crop's last map.
   *
   * @param name gap
   */
  record GlobalAverage(String name) implements Layer {}

  /**
   * A fully connected layer.
   *
   * @param name fc6, fc7 and so on
   * @param inFeatures number of inputs; fc6 takes the last map in the order channel, row, column,
   *     or the means of its channels
   * @param outFeatures number of outputs
   * @param hidden whether ReLU and, in training, dropout follow
   */
  record FullyConnected(String name, int inFeatures, int outFeatures, boolean hidden)
      implements Layer {}
}
