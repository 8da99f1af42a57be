package org.vgg4j.network;

import org.vgg4j.model.Architecture;

/** What a network says of batches of crops. */
public interface ForwardPass {
  /** The largest batch that it takes. */
  int capacity();

  /**
   * Returns room for a batch of crops, {@code [N][3][crop][crop]}.
   *
   * @throws org.vgg4j.base.InputException if that is longer than a Java array can be
   */
  static float[] images(Architecture architecture, int batch) {
    return Buffers.floats("images", batch, length(architecture));
  }

  /** Numbers of a crop: {@code 3 x crop x crop}. */
  static int length(Architecture architecture) {
    int crop = architecture.crop();
    return Math.multiplyExact(3, Math.multiplyExact(crop, crop));
  }

  /**
   * Computes the outputs of the last layer: class scores, before soft-max, or boxes.
   *
   * @param images {@code [N][3][crop][crop]}, preprocessed as the weights expect
   * @param count N, at most the capacity
   * @return {@code [N][outputs]}; may be longer; overwritten by the next call
   */
  float[] outputs(float[] images, int count);

  /**
   * Computes class posteriors: the soft-max of the scores, or of labels the sigmoid of each.
   *
   * @param images {@code [N][3][crop][crop]}, preprocessed as the weights expect
   * @param count N, at most the capacity
   * @return {@code [N][classes]}, a new array; each row sums to 1, but for labels
   * @throws IllegalStateException if the network's outputs are no class scores
   */
  float[] posteriors(float[] images, int count);
}
