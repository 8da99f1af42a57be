package org.vgg4j.cuda.check;

import org.vgg4j.cuda.kernels.Convolution;
import org.vgg4j.cuda.kernels.MapShape;

/** A convolution and its gradients by their definition, on the layouts of the GPU. */
final class ConvolutionReference {
  private final MapShape in;
  private final MapShape out;
  private final int side;
  private final int pad;
  private final int rowLength;

  ConvolutionReference(Convolution convolution, int side, int pad) {
    this.in = convolution.input();
    this.out = convolution.output();
    this.side = side;
    this.pad = pad;
    this.rowLength = convolution.rowLength();
  }

  /** What is done with each pair of an output and an input that it reads. */
  @FunctionalInterface
  private interface Tap {
    void at(int output, int input, int weight, int channels);
  }

  /** For each output, the runs of {@code channels} inputs and weights that it sums over. */
  private void forEachTap(Tap tap) {
    for (int pixel = 0; pixel < out.pixels(); pixel++) {
      int image = pixel / (out.height() * out.width());
      for (int position = 0; position < side * side; position++) {
        int y = pixel / out.width() % out.height() + position / side - pad;
        int x = pixel % out.width() + position % side - pad;
        if (y < 0 || y >= in.height() || x < 0 || x >= in.width()) {
          continue;
        }
        int input = ((image * in.height() + y) * in.width() + x) * in.channels();
        for (int k = 0; k < out.channels(); k++) {
          int weight = k * rowLength + position * in.channels();
          tap.at(pixel * out.channels() + k, input, weight, in.channels());
        }
      }
    }
  }

  double[] forward(double[] x, double[] w, double[] bias, boolean relu) {
    double[] y = new double[Math.toIntExact(out.values())];
    for (int i = 0; i < y.length; i++) {
      y[i] = bias[i % out.channels()];
    }
    forEachTap(
        (output, input, weight, channels) -> {
          for (int c = 0; c < channels; c++) {
            y[output] += x[input + c] * w[weight + c];
          }
        });
    for (int i = 0; relu && i < y.length; i++) {
      y[i] = Math.max(y[i], 0);
    }
    return y;
  }

  /** Zero where x is, elsewhere times the scale. */
  double[] backward(double[] dy, double[] w, double[] x, double scale) {
    double[] dx = new double[x.length];
    forEachTap(
        (output, input, weight, channels) -> {
          for (int c = 0; c < channels; c++) {
            dx[input + c] += dy[output] * w[weight + c];
          }
        });
    for (int i = 0; i < dx.length; i++) {
      dx[i] = x[i] > 0 ? dx[i] * scale : 0;
    }
    return dx;
  }

  double[] weightGradient(double[] dy, double[] x) {
    double[] dw = new double[out.channels() * rowLength];
    forEachTap(
        (output, input, weight, channels) -> {
          for (int c = 0; c < channels; c++) {
            dw[weight + c] += dy[output] * x[input + c];
          }
        });
    return dw;
  }
}
