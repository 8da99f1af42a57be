package org.vgg4j.kernels;

/**
 * The true definition of every operation: double precision, plain {@code [N][C][H][W]} arrays,
 * nested loops, no layout and no cleverness. All kernels are tested against it, the naive twin in
 * {@code scalar} included, which has the kernels' layouts and 32-bit floats.
 */
final class Reference {
  private Reference() {}

  /** Index of a pixel in a plain array. */
  static int at(int channels, int height, int width, int n, int c, int y, int x) {
    return ((n * channels + c) * height + y) * width + x;
  }

  /**
   * The definition of a convolution, before ReLU: a sum over channels, rows and columns of the
   * filter, at every image, output channel, row and column.
   */
  static double[] convolution(
      ConvolutionShape shape, int images, double[] input, double[] weights, double[] bias) {
    int height = shape.height();
    int width = shape.width();
    int kernel = shape.kernel();
    double[] output = new double[images * shape.outChannels() * height * width];
    for (int n = 0; n < images; n++) {
      for (int k = 0; k < shape.outChannels(); k++) {
        for (int y = 0; y < height; y++) {
          for (int x = 0; x < width; x++) {
            double sum = bias[k];
            for (int c = 0; c < shape.inChannels(); c++) {
              for (int i = 0; i < kernel; i++) {
                for (int j = 0; j < kernel; j++) {
                  int row = y + i - kernel / 2;
                  int column = x + j - kernel / 2;
                  if (row >= 0 && row < height && column >= 0 && column < width) {
                    double weight =
                        weights[((k * shape.inChannels() + c) * kernel + i) * kernel + j];
                    sum += weight * input[at(shape.inChannels(), height, width, n, c, row, column)];
                  }
                }
              }
            }
            output[at(shape.outChannels(), height, width, n, k, y, x)] = sum;
          }
        }
      }
    }
    return output;
  }

  /** Gradient of a convolution by its input, without the mask of a ReLU. */
  static double[] convolutionByInput(
      ConvolutionShape shape, int images, double[] outputGradient, double[] weights) {
    int height = shape.height();
    int width = shape.width();
    int kernel = shape.kernel();
    double[] gradient = new double[images * shape.inChannels() * height * width];
    for (int n = 0; n < images; n++) {
      for (int k = 0; k < shape.outChannels(); k++) {
        for (int y = 0; y < height; y++) {
          for (int x = 0; x < width; x++) {
            double g = outputGradient[at(shape.outChannels(), height, width, n, k, y, x)];
            for (int c = 0; c < shape.inChannels(); c++) {
              for (int i = 0; i < kernel; i++) {
                for (int j = 0; j < kernel; j++) {
                  int row = y + i - kernel / 2;
                  int column = x + j - kernel / 2;
                  if (row >= 0 && row < height && column >= 0 && column < width) {
                    gradient[at(shape.inChannels(), height, width, n, c, row, column)] +=
                        g * weights[((k * shape.inChannels() + c) * kernel + i) * kernel + j];
                  }
                }
              }
            }
          }
        }
      }
    }
    return gradient;
  }

  /** Gradient of a convolution by its weights. */
  static double[] convolutionByWeights(
      ConvolutionShape shape, int images, double[] input, double[] outputGradient) {
    int height = shape.height();
    int width = shape.width();
    int kernel = shape.kernel();
    double[] gradient = new double[shape.weightLength()];
    for (int n = 0; n < images; n++) {
      for (int k = 0; k < shape.outChannels(); k++) {
        for (int y = 0; y < height; y++) {
          for (int x = 0; x < width; x++) {
            double g = outputGradient[at(shape.outChannels(), height, width, n, k, y, x)];
            for (int c = 0; c < shape.inChannels(); c++) {
              for (int i = 0; i < kernel; i++) {
                for (int j = 0; j < kernel; j++) {
                  int row = y + i - kernel / 2;
                  int column = x + j - kernel / 2;
                  if (row >= 0 && row < height && column >= 0 && column < width) {
                    gradient[((k * shape.inChannels() + c) * kernel + i) * kernel + j] +=
                        g * input[at(shape.inChannels(), height, width, n, c, row, column)];
                  }
                }
              }
            }
          }
        }
      }
    }
    return gradient;
  }

  /** Gradient of a convolution by its biases: the sums of each channel. */
  static double[] convolutionByBias(ConvolutionShape shape, int images, double[] outputGradient) {
    double[] gradient = new double[shape.outChannels()];
    int pixels = shape.height() * shape.width();
    for (int i = 0; i < images * shape.outChannels() * pixels; i++) {
      gradient[i / pixels % shape.outChannels()] += outputGradient[i];
    }
    return gradient;
  }

  /** Negative values become zero. */
  static double[] relu(double[] values) {
    double[] rectified = values.clone();
    for (int i = 0; i < rectified.length; i++) {
      rectified[i] = Math.max(0, rectified[i]);
    }
    return rectified;
  }

  /** Which of the four pixels of every 2x2 window is the largest; the first of equals. */
  static int[] poolArgmax(MapLayout map, int images, double[] input) {
    int channels = map.channels();
    int height = map.height() / 2;
    int width = map.width() / 2;
    int[] argmax = new int[images * channels * height * width];
    for (int n = 0; n < images; n++) {
      for (int c = 0; c < channels; c++) {
        for (int y = 0; y < height; y++) {
          for (int x = 0; x < width; x++) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < 4; i++) {
              double value = input[poolSource(map, n, c, y, x, i)];
              if (value > largest) {
                largest = value;
                argmax[at(channels, height, width, n, c, y, x)] = i;
              }
            }
          }
        }
      }
    }
    return argmax;
  }

  /** Index in the plain input of pixel 2 * row + column of a 2x2 window. */
  static int poolSource(MapLayout map, int n, int c, int y, int x, int which) {
    return at(
        map.channels(), map.height(), map.width(), n, c, 2 * y + which / 2, 2 * x + which % 2);
  }

  /** The values that an argmax selects. */
  static double[] pool(MapLayout map, int images, double[] input, int[] argmax) {
    int height = map.height() / 2;
    int width = map.width() / 2;
    double[] pooled = new double[argmax.length];
    for (int i = 0; i < argmax.length; i++) {
      int x = i % width;
      int y = i / width % height;
      int c = i / (width * height) % map.channels();
      int n = i / (width * height * map.channels());
      pooled[i] = input[poolSource(map, n, c, y, x, argmax[i])];
    }
    return pooled;
  }

  /** Routes gradients back to the pixels that the values came from; the rest is zero. */
  static double[] poolBackward(MapLayout map, int images, double[] gradient, int[] argmax) {
    int height = map.height() / 2;
    int width = map.width() / 2;
    double[] back = new double[images * map.channels() * map.height() * map.width()];
    for (int i = 0; i < argmax.length; i++) {
      int x = i % width;
      int y = i / width % height;
      int c = i / (width * height) % map.channels();
      int n = i / (width * height * map.channels());
      back[poolSource(map, n, c, y, x, argmax[i])] += gradient[i];
    }
    return back;
  }

  /** {@code k + alpha * sum a_j^2} at every value. */
  static double[] lrnDenominators(LrnShape shape, int images, double[] input) {
    MapLayout map = shape.map();
    int channels = map.channels();
    int pixels = map.height() * map.width();
    double[] denominators = new double[input.length];
    for (int n = 0; n < images; n++) {
      for (int c = 0; c < channels; c++) {
        for (int p = 0; p < pixels; p++) {
          double sum = 0;
          for (int j = 0; j < channels; j++) {
            if (Math.abs(j - c) <= shape.size() / 2) {
              double a = input[(n * channels + j) * pixels + p];
              sum += a * a;
            }
          }
          denominators[(n * channels + c) * pixels + p] =
              (double) shape.k() + (double) shape.alpha() * sum;
        }
      }
    }
    return denominators;
  }

  /** Local response normalisation. */
  static double[] lrn(LrnShape shape, int images, double[] input) {
    double[] output = lrnDenominators(shape, images, input);
    for (int i = 0; i < output.length; i++) {
      output[i] = input[i] * Math.pow(output[i], -shape.beta());
    }
    return output;
  }

  /**
   * Gradient of LRN by its input, from the derivative of every output by every input of a pixel:
   * {@code db_i/da_c = [i = c] s_i^-beta - 2 alpha beta a_i a_c s_i^(-beta-1)} if c is in the
   * window of i.
   */
  static double[] lrnByInput(LrnShape shape, int images, double[] input, double[] outputGradient) {
    MapLayout map = shape.map();
    int channels = map.channels();
    int pixels = map.height() * map.width();
    double alpha = shape.alpha();
    double beta = shape.beta();
    double[] denominators = lrnDenominators(shape, images, input);
    double[] gradient = new double[input.length];
    for (int n = 0; n < images; n++) {
      for (int p = 0; p < pixels; p++) {
        for (int i = 0; i < channels; i++) {
          int from = (n * channels + i) * pixels + p;
          double s = denominators[from];
          for (int c = 0; c < channels; c++) {
            int to = (n * channels + c) * pixels + p;
            double derivative = i == c ? Math.pow(s, -beta) : 0;
            if (Math.abs(i - c) <= shape.size() / 2) {
              derivative -= 2 * alpha * beta * input[from] * input[to] * Math.pow(s, -beta - 1);
            }
            gradient[to] += outputGradient[from] * derivative;
          }
        }
      }
    }
    return gradient;
  }

  /** {@code weights * input + bias}, before ReLU. */
  static double[] linear(
      int images, int in, int out, double[] input, double[] weights, double[] bias) {
    double[] output = new double[images * out];
    for (int n = 0; n < images; n++) {
      for (int o = 0; o < out; o++) {
        double sum = bias[o];
        for (int i = 0; i < in; i++) {
          sum += weights[o * in + i] * input[n * in + i];
        }
        output[n * out + o] = sum;
      }
    }
    return output;
  }

  /** Gradient of a linear layer by its input, without any mask. */
  static double[] linearByInput(
      int images, int in, int out, double[] outputGradient, double[] weights) {
    double[] gradient = new double[images * in];
    for (int n = 0; n < images; n++) {
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          gradient[n * in + i] += outputGradient[n * out + o] * weights[o * in + i];
        }
      }
    }
    return gradient;
  }

  /** Gradient of a linear layer by its weights. */
  static double[] linearByWeights(
      int images, int in, int out, double[] input, double[] outputGradient) {
    double[] gradient = new double[out * in];
    for (int n = 0; n < images; n++) {
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          gradient[o * in + i] += outputGradient[n * out + o] * input[n * in + i];
        }
      }
    }
    return gradient;
  }

  /** Posteriors {@code exp(s_k) / sum exp(s_j)}; for scores that do not overflow. */
  static double[] softmax(int images, int classes, double[] scores) {
    double[] posteriors = new double[images * classes];
    for (int n = 0; n < images; n++) {
      double sum = 0;
      for (int k = 0; k < classes; k++) {
        sum += Math.exp(scores[n * classes + k]);
      }
      for (int k = 0; k < classes; k++) {
        posteriors[n * classes + k] = Math.exp(scores[n * classes + k]) / sum;
      }
    }
    return posteriors;
  }
}
