package org.vgg4j.cuda.engine;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.model.Architecture;

/**
 * The memory of a forward pass: steps read one of two arrays and write the other.
 *
 * @param input address of the images as they come
 * @param images address of the map that they become
 * @param even address of what even steps write
 * @param odd address of what odd steps write
 * @param workspace address
 * @param copies address of what is copied to the host, as floats
 */
record ForwardMemory(long input, long images, long even, long odd, long workspace, long copies) {
  /**
   * Bytes of each.
   *
   * @param longestCopy values of the longest array that is copied
   * @param results bytes that are copied to the host in a pass
   */
  record Sizes(
      long input,
      long images,
      long even,
      long odd,
      long workspace,
      long copies,
      long longestCopy,
      long results) {
    static final Sizes NONE = new Sizes(0, 0, 0, 0, 0, 0, 0, 0);

    /**
     * What crops need, up to so many: fewer may need a larger workspace, since their sums are cut
     * into more slices.
     */
    static Sizes upTo(
        Gpu gpu,
        Architecture architecture,
        Map<String, LayerWeights> weights,
        int most,
        Set<String> taps) {
      String last = CudaMemory.lastTap(architecture);
      int crop = architecture.crop();
      Sizes sizes = NONE;
      for (int count = 1; count <= most; count++) {
        MapShape images = Patches.of(architecture, count, crop, crop);
        List<Step> steps = Steps.of(gpu, architecture, weights, images, taps, last);
        sizes = sizes.max(of(gpu, images, steps, taps::contains));
      }
      return sizes;
    }

    /**
     * What steps need.
     *
     * @param copied whether an output is copied, by the name
     */
    static Sizes of(Gpu gpu, MapShape images, List<Step> steps, Predicate<String> copied) {
      long[] turns = new long[2];
      long workspace = 0;
      long copies = 0;
      long longestCopy = 0;
      long results = 0;
      for (int i = 0; i < steps.size(); i++) {
        Step step = steps.get(i);
        turns[i % 2] = Math.max(turns[i % 2], Steps.outputBytes(gpu, step));
        workspace = Math.max(workspace, step.workspace());
        long values = step.output().values();
        if (copied.test(step.tap()) && !step.scores()) {
          copies = Math.max(copies, Float.BYTES * values);
        }
        if (copied.test(step.tap()) || step.scores()) {
          longestCopy = Math.max(longestCopy, values);
          results += Float.BYTES * step.copiedValues();
        }
      }
      return new Sizes(
          ImageFeed.bytes(images.images(), images.height(), images.width(), 0),
          gpu.precision().bytes(images.values()),
          turns[0],
          turns[1],
          workspace,
          copies,
          longestCopy,
          results);
    }

    /** What suffices for this and another. */
    Sizes max(Sizes other) {
      return new Sizes(
          Math.max(input, other.input),
          Math.max(images, other.images),
          Math.max(even, other.even),
          Math.max(odd, other.odd),
          Math.max(workspace, other.workspace),
          Math.max(copies, other.copies),
          Math.max(longestCopy, other.longestCopy),
          Math.max(results, other.results));
    }

    /** Takes it. */
    ForwardMemory in(Allocation allocation) {
      return new ForwardMemory(
          allocation.take("input", input),
          allocation.take("input", images),
          allocation.take("activations", even),
          allocation.take("activations", odd),
          allocation.take("workspace", workspace),
          allocation.take("copies", copies));
    }
  }
}
