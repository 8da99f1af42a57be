package org.vgg4j.weights.foreign;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * A layer with weights from a file, with its axes already in our order.
 *
 * @param name its name in the file
 * @param weight [out][in][row][column] of a convolution; [out][in], or [out] and the axes of the
 *     last map, of a fully connected layer
 * @param bias [out]; null if it has none, which is the same as zeros
 * @param norm the batch normalisation that follows; null if none does
 */
record ForeignLayer(
    String name,
    boolean isConvolution,
    StoredTensor weight,
    @Nullable StoredTensor bias,
    @Nullable BatchNorm norm) {
  ForeignLayer {
    int axes = weight.shape().size();
    if (isConvolution ? axes != 4 : axes < 2) {
      throw new InputException(
          "layer '%s' has weights of shape %s, which no VGG network has"
              .formatted(name, weight.shapeText()));
    }
  }

  /**
   * Batch normalisation as used after training (Ioffe and Szegedy 2015, arXiv 1502.03167): {@code
   * scale * (x - mean) / sqrt(variance + epsilon) + shift}, each of [out].
   */
  record BatchNorm(
      StoredTensor scale,
      StoredTensor shift,
      StoredTensor mean,
      StoredTensor variance,
      double epsilon) {
    List<StoredTensor> tensors() {
      return List.of(scale, shift, mean, variance);
    }
  }

  ForeignLayer with(BatchNorm batchNorm) {
    return new ForeignLayer(name, isConvolution, weight, bias, batchNorm);
  }

  /** Number of filters or features. */
  int out() {
    return weight.shape().get(0);
  }

  /** Number of inputs of one filter or feature. */
  int in() {
    return weight.length() / Math.max(1, out());
  }

  /** Such as "conv 3x3, 64 to 128" or "fc, 25088 to 4096". */
  String kind() {
    List<Integer> shape = weight.shape();
    return isConvolution
        ? "conv %dx%d, %d to %d%s"
            .formatted(
                shape.get(2), shape.get(3), shape.get(1), out(), norm == null ? "" : ", batch norm")
        : "fc, %d to %d".formatted(in(), out());
  }
}
