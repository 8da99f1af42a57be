package org.vgg4j.network;

/** Class posteriors of batches of crops. */
public interface ForwardPass {
  /** The largest batch. */
  int capacity();

  /**
   * Computes class posteriors: the soft-max of the scores.
   *
   * @param images {@code [N][3][crop][crop]}, preprocessed as the weights want it
   * @param count N, at most the capacity
   * @return {@code [N][classes]}, a new array; each row sums to 1
   */
  float[] posteriors(float[] images, int count);
}
