package org.vgg4j;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Preprocessor;

/**
 * Runs a network over the centre crops of images: single images concurrently with other calls,
 * several in batches. Thread-safe.
 */
final class CenterCrops {
  /** Computes something for each image of a batch. */
  interface Work<T> {
    /**
     * @param pass the pass to use
     * @param input {@code [count][3][crop][crop]}
     * @return the results in order
     */
    List<T> run(Passes.Pass pass, float[] input, int count);
  }

  private final Preprocessor preprocessor;
  private final Passes passes;

  CenterCrops(Preprocessor preprocessor, Passes passes) {
    this.preprocessor = preprocessor;
    this.passes = passes;
  }

  /**
   * Runs the network.
   *
   * @param images of any sizes
   * @return the results in the order of the images
   * @throws org.vgg4j.base.InputException if an image is too elongated to be rescaled
   * @throws IllegalStateException if the passes are closed
   */
  <T> List<T> each(List<RgbImage> images, Work<T> work) {
    if (images.size() == 1) {
      return List.of(one(images.get(0), work));
    }
    List<T> all = new ArrayList<>();
    for (int first = 0; first < images.size(); first += passes.batch()) {
      int end = Math.min(images.size(), first + passes.batch());
      all.addAll(batch(images.subList(first, end), work));
    }
    return all;
  }

  /** As {@link #each} does, for one image. */
  <T> T one(RgbImage image, Work<T> work) {
    RgbImage crop = preprocessor.centerCrop(image); // before taking a pass that others could use
    return passes.withOne(
        pass -> {
          float[] input = pass.images(1);
          preprocessor.write(crop, input, 0);
          return work.run(pass, input, 1).get(0);
        });
  }

  private <T> List<T> batch(List<RgbImage> images, Work<T> work) {
    int count = images.size();
    return passes.withBatches(
        pass -> {
          float[] input = pass.images(count);
          pass.threads()
              .parallel(
                  count, n -> preprocessor.write(preprocessor.centerCrop(images.get(n)), input, n));
          return work.run(pass, input, count);
        });
  }
}
