package org.vgg4j.serve;

import org.vgg4j.base.Bytes;
import org.vgg4j.serve.models.Memory;

/**
 * What of the heap goes to clients' data, whatever they send; models take from the rest.
 *
 * @param bodies bytes of the bodies of all requests together
 * @param maxPixels of an image
 * @param decoders images that are decoded at a time, besides one for the network
 */
record MemoryShares(long bodies, long maxPixels, int decoders) {
  /**
   * Bytes for each pixel of an image while it is decoded: the decoder's picture, ours, and one that
   * is turned upright.
   */
  private static final long FOR_EACH_PIXEL = 10;

  /** A body, and beside it the text and the bytes of base64 in JSON. */
  private static final long FOR_EACH_BYTE = 3;

  private static final long USUAL_PIXELS = 50_000_000;
  private static final long FEWEST_PIXELS = 1_000_000;
  private static final int MOST_DECODERS = 8;

  /**
   * Divides the heap: an eighth for bodies, and a quarter for images that are decoded, unless
   * pixels are stated.
   */
  static MemoryShares of(ServiceOptions.Load load, int threads, long heap) {
    int decoders = Math.min(threads, MOST_DECODERS);
    long pixels = load.maxPixels();
    if (pixels == ServiceOptions.AUTO) {
      long affordable = heap / 4 / FOR_EACH_PIXEL / (decoders + 1);
      pixels = Math.max(FEWEST_PIXELS, Math.min(USUAL_PIXELS, affordable));
    }
    long bodies =
        Math.max(load.maxBody(), Math.min((long) load.queue() * load.maxBody(), heap / 8));
    return new MemoryShares(bodies, pixels, decoders);
  }

  /** Bytes of all that. */
  long bytes() {
    return FOR_EACH_BYTE * bodies + FOR_EACH_PIXEL * maxPixels * (decoders + 1);
  }

  /**
   * Takes the share.
   *
   * @throws org.vgg4j.base.InputException if there is not so much memory
   */
  void reserve(Memory memory) {
    memory.reserve(
        bytes(),
        "the requests (%s of bodies, and %d images of %d pixels that are decoded at a time)"
            .formatted(Bytes.needed(bodies), decoders + 1, maxPixels),
        "lower option max-pixels or max-body, or give Java a larger heap");
  }
}
