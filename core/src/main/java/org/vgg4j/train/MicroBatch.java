package org.vgg4j.train;

import java.util.Locale;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Engine;

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
    if (config.microBatch() > 0 && fits(architecture, engine, config.microBatch(), heap)) {
      return config.microBatch();
    }
    int largest = largest(config, architecture, engine, heap);
    if (config.microBatch() == 0 && largest > 0) {
      return largest;
    }
    int asked = Math.max(1, config.microBatch());
    long needed = engine.trainingMemory(architecture, asked).total();
    throw new InputException(
        String.format(
            Locale.ROOT,
            "training %s with a micro-batch of %d needs %.1f GB of heap, but there are %.1f GB: %s",
            architecture,
            asked,
            needed / 1e9,
            heap / 1e9,
            largest > 0
                ? "take --micro-batch " + largest
                : "give Java more (VGG_JAVA_OPTS=-Xmx…), or take a smaller --width or --crop"));
  }

  private static int largest(
      TrainingConfig config, Architecture architecture, Engine engine, long heap) {
    for (int parts = 1; parts <= config.batch(); parts++) {
      int images = (config.batch() + parts - 1) / parts;
      if (fits(architecture, engine, images, heap)) {
        return images;
      }
    }
    return 0;
  }

  private static boolean fits(Architecture architecture, Engine engine, int images, long heap) {
    // for a fixed number of threads: what is learnt must not depend on how many there are
    return engine.trainingMemory(architecture, images, PLANNED_THREADS).total()
        <= HEAP_SHARE * heap;
  }
}
