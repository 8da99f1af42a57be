package org.vgg4j.train;

import java.util.Locale;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.data.BatchSequence;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Engine;
import org.vgg4j.network.MemoryPlan;

/** How many images of a batch are in memory at a time. */
final class MicroBatch {
  /** Share of the heap that the plan may fill; the rest is for images, Java and its collector. */
  private static final double HEAP_SHARE = 0.85;

  private static final int PLANNED_THREADS = 2;

  private final TrainingConfig config;
  private final Architecture architecture;
  private final Engine engine;
  private final long heap;
  private final int ranks;

  private MicroBatch(
      TrainingConfig config, Architecture architecture, Engine engine, long heap, int ranks) {
    this.config = config;
    this.architecture = architecture;
    this.engine = engine;
    this.heap = heap;
    this.ranks = ranks;
  }

  /**
   * Returns the configured micro-batch if it fits; if none is configured, the batch divided by the
   * smallest number with which it fits. (A batch in several parts needs memory for what their
   * gradients are collected in.)
   *
   * @param heap bytes that the heap may grow to
   * @param ranks number of processes among which a batch is divided
   * @throws InputException if it does not fit, with what would
   */
  static int choose(
      TrainingConfig config, Architecture architecture, Engine engine, long heap, int ranks) {
    return new MicroBatch(config, architecture, engine, heap, ranks).choose();
  }

  private int choose() {
    int asked = config.sgd().microBatch();
    int ofRank = Math.min(asked, BatchSequence.share(config.sgd().batch(), ranks));
    if (asked > 0 && fits(ofRank, config.sgd().batch())) {
      return asked;
    }
    int largest = largest();
    if (asked == 0 && largest > 0) {
      return largest;
    }
    int tried = Math.max(1, ofRank);
    MemoryPlan needed = plan(tried, config.sgd().batch());
    throw new InputException(
        String.format(
            Locale.ROOT,
            "training %s with a micro-batch of %d needs %s, but a heap of %s has room for %s%s%s:"
                + " %s",
            architecture,
            tried,
            Bytes.needed(needed.total()),
            Bytes.available(heap),
            Bytes.available(HEAP_SHARE * heap),
            ranks > 1 ? " (each of " + ranks + " processes has one)" : "",
            needed.hasTooLongArray() ? ", and a Java array for fewer images" : "",
            largest > 0 ? "take --micro-batch " + largest : smallerSizes()));
  }

  private int largest() {
    for (int parts = ranks; parts <= config.sgd().batch(); parts++) {
      int images = (config.sgd().batch() + parts - 1) / parts;
      if (fits(images, config.sgd().batch())) {
        return images;
      }
    }
    return 0;
  }

  private String smallerSizes() {
    int batch = config.sgd().batch() - 1;
    while (batch > 0 && !fits(batch, batch)) {
      batch--;
    }
    return "give Java more (-Xmx...), or take a smaller "
        + (batch > 0 ? "--batch (" + batch + " fits), " : "")
        + "--width or --crop";
  }

  private boolean fits(int images, int batch) {
    MemoryPlan plan = plan(images, batch);
    return plan.total() <= HEAP_SHARE * heap && !plan.hasTooLongArray();
  }

  private MemoryPlan plan(int images, int batch) {
    // for a fixed number of threads: what is learnt must not depend on how many there are
    return engine.trainingMemory(architecture, images, batch, PLANNED_THREADS);
  }
}
