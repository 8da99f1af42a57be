package org.vgg4j.network;

import java.util.List;
import org.vgg4j.model.Layer;

/**
 * How a learner exchanges gradients with the learners that have the other shares of each batch. The
 * calls are collective: all ranks make the same ones in the same order, with arrays of the same
 * lengths, and afterwards hold the same bits. Not thread-safe.
 */
public interface Exchange {
  /** The exchange of a learner that has all of each batch to itself. */
  Exchange ALONE = new Alone();

  /** Which share of each batch is this learner's, from 0. */
  int rank();

  /** Number of shares. */
  int ranks();

  /**
   * Starts an all-reduce, which replaces values by their sums over all ranks, added in the order of
   * the ranks, while the caller continues.
   *
   * @param values read and overwritten until {@link #awaitAll} returns
   */
  void beginAllReduce(float[] values);

  /**
   * Starts an all-gather, which gives every rank the array of every other, while the caller
   * continues.
   *
   * @param arrays one for each rank, of equal lengths; this rank's own is read, the others' are
   *     overwritten, until {@link #awaitAll} returns
   */
  void beginAllGather(List<float[]> arrays);

  /** Waits until everything that was started is done. */
  void awaitAll();

  /** Replaces values by their sums over all ranks, added in the order of the ranks. */
  void allReduce(double[] values);

  /**
   * Whether the gradient of a fully connected layer is exchanged as its factors, from which each
   * rank computes it: the layer's inputs and the gradients with respect to its outputs, for all
   * images of the batch (sufficient factor broadcasting: Xie et al., UAI 2016). This is so where
   * the factors are at most half as many numbers as the gradient. A batch in micro-batches is then
   * collected as factors, too.
   *
   * @param batch images of a whole batch, over all ranks
   */
  static boolean isOfFactors(Layer.FullyConnected layer, int batch) {
    long in = layer.inFeatures();
    long out = layer.outFeatures();
    return 2L * batch * (in + out) <= in * out;
  }

  /** The only rank. */
  record Alone() implements Exchange {
    @Override
    public int rank() {
      return 0;
    }

    @Override
    public int ranks() {
      return 1;
    }

    @Override
    public void beginAllReduce(float[] values) {}

    @Override
    public void beginAllGather(List<float[]> arrays) {}

    @Override
    public void awaitAll() {}

    @Override
    public void allReduce(double[] values) {}
  }
}
