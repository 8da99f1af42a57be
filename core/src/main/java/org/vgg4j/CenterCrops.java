package org.vgg4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.network.ForwardPass;

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

  /** Far beyond what any preprocessing makes of a pixel. */
  private static final float LARGEST = 1e6f;

  /** Writes the crop of an image to its place in the input. */
  private interface Writer {
    void write(int image, float[] input, int place);
  }

  private final Architecture architecture;
  private final Preprocessor preprocessor;
  private final Passes passes;

  CenterCrops(Architecture architecture, Preprocessing preprocessing, Passes passes) {
    this.architecture = architecture;
    this.preprocessor = new Preprocessor(preprocessing);
    this.passes = passes;
  }

  /**
   * Runs the network.
   *
   * @param images of any sizes
   * @return the results in the order of the images
   * @throws InputException if an image is too elongated to be rescaled
   * @throws IllegalStateException if the passes are closed
   */
  <T> List<T> each(List<RgbImage> images, Work<T> work) {
    if (images.size() == 1) {
      return List.of(one(images.get(0), work));
    }
    return batches(
        images.size(),
        (n, input, place) ->
            preprocessor.write(preprocessor.centerCrop(images.get(n)), input, place),
        work);
  }

  /** As {@link #each} does, for one image. */
  <T> T one(RgbImage image, Work<T> work) {
    RgbImage crop = preprocessor.centerCrop(image); // before taking a pass that others could use
    return one((n, input, place) -> preprocessor.write(crop, input, place), work);
  }

  /** The crop of an image, {@code [3][crop][crop]}. */
  float[] prepare(RgbImage image) {
    float[] prepared = ForwardPass.images(architecture, 1);
    preprocessor.write(preprocessor.centerCrop(image), prepared, 0);
    return prepared;
  }

  /**
   * As {@link #each} does, for what {@link #prepare} has prepared.
   *
   * @throws InputException if one has another length
   */
  <T> List<T> eachPrepared(List<float[]> prepared, Work<T> work) {
    int length = ForwardPass.length(architecture);
    for (int n = 0; n < prepared.size(); n++) {
      float[] one = Objects.requireNonNull(prepared.get(n), "one of the prepared images is null");
      if (one.length != length) {
        throw new InputException(
            "prepared image %d (of 0 to %d) has %d values, but this network takes 3 x %d x %d, which are %d: prepare it with this model"
                .formatted(
                    n,
                    prepared.size() - 1,
                    one.length,
                    architecture.crop(),
                    architecture.crop(),
                    length));
      }
    }
    Writer copying =
        (n, input, place) -> System.arraycopy(prepared.get(n), 0, input, place * length, length);
    return prepared.size() == 1
        ? List.of(one(copying, work))
        : batches(prepared.size(), copying, work);
  }

  /**
   * Requires that what a network says of prepared images are numbers.
   *
   * @param outputs for each image
   * @param input of which they are
   * @return the outputs
   * @throws InputException if one is not finite, through the image's fault or the model's
   */
  List<float[]> requireNumbers(List<float[]> outputs, float[] input) {
    int length = ForwardPass.length(architecture);
    for (int n = 0; n < outputs.size(); n++) {
      if (!within(outputs.get(n), 0, outputs.get(n).length, Float.MAX_VALUE)) {
        throw new InputException(
            within(input, n * length, length, LARGEST)
                ? "the model's output is not a number (NaN or infinite): its weights are damaged, use another model"
                : "the network has no finite answer: the prepared image has values that are not numbers, or far too large");
      }
    }
    return outputs;
  }

  private static boolean within(float[] values, int offset, int length, float most) {
    for (int i = offset; i < offset + length; i++) {
      if (!(Math.abs(values[i]) <= most)) { // NaN is not, either
        return false;
      }
    }
    return true;
  }

  private <T> T one(Writer writer, Work<T> work) {
    return passes.withOne(
        pass -> {
          float[] input = pass.images(1);
          writer.write(0, input, 0);
          return work.run(pass, input, 1).get(0);
        });
  }

  private <T> List<T> batches(int images, Writer writer, Work<T> work) {
    List<T> all = new ArrayList<>();
    for (int begin = 0; begin < images; begin += passes.batch()) {
      int first = begin;
      int count = Math.min(images - first, passes.batch());
      all.addAll(
          passes.withBatches(
              pass -> {
                float[] input = pass.images(count);
                pass.threads().parallel(count, n -> writer.write(first + n, input, n));
                return work.run(pass, input, count);
              }));
    }
    return all;
  }
}
