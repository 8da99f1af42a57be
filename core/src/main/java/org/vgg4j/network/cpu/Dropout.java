package org.vgg4j.network.cpu;

import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.network.DropoutKeys;

/**
 * Dropout of the features of a hidden layer (Hinton et al. 2012, arXiv:1207.0580). The features
 * that stay are scaled up in training, so that inference needs no scaling.
 *
 * @param rate fraction that is dropped, in [0, 1)
 * @param purpose keeps the masks of different layers apart
 */
record Dropout(double rate, Purpose purpose) {
  /** No dropout: nothing is drawn. */
  static final Dropout NONE = new Dropout(0, Purpose.DROPOUT_FC6);

  /** Factor of the features that stay. */
  float scale() {
    return (float) (1 / (1 - rate));
  }

  /**
   * Drops features.
   *
   * @param length features of an image
   * @param features {@code [N][length]}, overwritten
   */
  void drop(TrainingPass pass, int length, float[] features, Kernels kernels, Workers workers) {
    if (rate == 0) {
      return;
    }
    DropoutKeys keys = pass.dropout();
    byte[] mask = pass.workspace().dropoutMask();
    // features whose 32-bit draw is below the threshold are dropped
    long threshold = Math.round(rate * (1L << 32));
    workers.run(
        pass.images(),
        (n, scratch) -> {
          RandomStream random =
              new RandomStream(keys.seed(), keys.epoch(), keys.samples()[n], purpose);
          for (int i = n * length; i < (n + 1) * length; i++) {
            mask[i] = (byte) ((random.nextInt() & 0xFFFFFFFFL) < threshold ? 0 : 1);
          }
        });
    kernels.dropout(pass.images() * length, features, mask, scale(), workers);
  }
}
