package org.vgg4j.train;

import java.util.Locale;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Engine;
import org.vgg4j.network.MemoryPlan;

/** How many images of a batch are in memory at a time. */
final class MicroBatch {
  /** Share of the heap that the plan may fill; the rest is for images, Java and its collector. */
  private static final double HEAP_SHARE = 0.85;

  private static final int PLANNED_THREADS = 2;

  private MicroBatch() {}

  /**
   * Returns the configured micro-batch if it fits; if none is configured, the batch divided by the
   * smallest number with which it fits.
   *
   * @param heap bytes that the heap may grow to
   * @throws InputException if it does not fit, with the largest that would
   */
  static int choose(TrainingConfig config, Architecture architecture, Engine engine, long heap) {
    int asked = config.microBatch();
    if (asked > 0 && fits(config, architecture, engine, asked, heap)) {
      return asked;
    }
    int largest = largest(config, architecture, engine, heap);
    if (asked == 0 && largest > 0) {
      return largest;
    }
    MemoryPlan needed = plan(config, architecture, engine, Math.max(1, asked));
    throw new InputException(
        String.format(
            Locale.ROOT,
            "training %s with a micro-batch of %d needs %.1f GB, but a heap of %.1f GB has room for"
                + " %.1f GB%s: %s",
            architecture,
            Math.max(1, asked),
            needed.total() / 1e9,
            heap / 1e9,
            HEAP_SHARE * heap / 1e9,
            needed.hasTooLongArray() ? ", and a Java array for fewer images" : "",
            largest > 0
                ? "take --micro-batch " + largest
                : "give Java more (VGG_JAVA_OPTS=-Xmx…), or take a smaller --width or --crop"));
  }

  private static int largest(
      TrainingConfig config, Architecture architecture, Engine engine, long heap) {
    for (int parts = 1; parts <= config.batch(); parts++) {
      int images = (config.batch() + parts - 1) / parts;
      if (fits(config, architecture, engine, images, heap)) {
        return images;
      }
    }
    return 0;
  }

  private static boolean fits(
      TrainingConfig config, Architecture architecture, Engine engine, int images, long heap) {
    MemoryPlan plan = plan(config, architecture, engine, images);
    return plan.total() <= HEAP_SHARE * heap && !plan.hasTooLongArray();
  }

  private static MemoryPlan plan(
      TrainingConfig config, Architecture architecture, Engine engine, int images) {
    // for a fixed number of threads: what is learnt must not depend on how many there are
    return engine.trainingMemory(architecture, images, images < config.batch(), PLANNED_THREADS);
  }
}
