package org.vgg4j.train;

import java.util.Locale;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.BatchSequence;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryOracle;
import org.vgg4j.network.MemoryPlan;

/** How many images of a batch are in memory at a time. */
final class MicroBatchSize {
  /** For a fixed number of threads, so that what is learnt does not depend on it. */
  static final int PLANNED_THREADS = 2;

  private final TrainingConfig config;
  private final Architecture architecture;
  private final MemoryOracle memory;
  private final int ranks;
  private final int shares;

  private MicroBatchSize(
      TrainingConfig config, Architecture architecture, MemoryOracle memory, int ranks) {
    this.config = config;
    this.architecture = architecture;
    this.memory = memory.withThreads(PLANNED_THREADS);
    this.ranks = ranks;
    this.shares = ranks * memory.devices();
  }

  /**
   * Returns the configured micro-batch if it fits; if none is configured, the batch divided by the
   * smallest number with which it fits, and which gives each device as much. (Several micro-batches
   * need memory in which their gradients are summed.)
   *
   * @param memory of each process
   * @param ranks number of processes among which a batch is divided
   * @throws InputException if it does not fit; the message says what would
   */
  static int choose(
      TrainingConfig config, Architecture architecture, MemoryOracle memory, int ranks) {
    return new MicroBatchSize(config, architecture, memory, ranks).choose();
  }

  private int choose() {
    int asked = config.sgd().microBatch();
    int ofRank = Math.min(asked, BatchSequence.share(config.sgd().batch(), shares));
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
            "training %s with a micro-batch of %d needs %s, but %s of %s has room for %s%s%s:"
                + " %s",
            architecture,
            tried,
            Bytes.needed(needed.total()),
            memory.name(),
            Bytes.available(memory.limit()),
            Bytes.available(MemoryOracle.USABLE * memory.limit()),
            ranks > 1 ? " (each of " + ranks + " processes has one)" : "",
            needed.hasTooLongArray() ? ", and a Java array for fewer images" : "",
            largest > 0
                ? memory.remedy() + ", or begin with option micro-batch " + largest
                : smallerSizes()));
  }

  private int largest() {
    int batch = config.sgd().batch();
    int number = shares;
    while (!fits(BatchSequence.share(batch, number), batch)) {
      if (number >= batch) {
        return 0;
      }
      number += memory.devices();
    }
    return BatchSequence.share(batch, number);
  }

  private String smallerSizes() {
    int batch = config.sgd().batch() - 1;
    while (batch > 0 && !fits(batch, batch)) {
      batch--;
    }
    return memory.remedy()
        + ", or lower option "
        + (batch > 0 ? "batch (" + batch + " fits), " : "")
        + "width or crop";
  }

  private boolean fits(int images, int batch) {
    return memory.fits(plan(images, batch));
  }

  private MemoryPlan plan(int images, int batch) {
    SgdConfig sgd = config.sgd();
    boolean clips = sgd.clipGradients() > 0;
    return memory.training(
        architecture, new LearnerOptions.Size(images, batch, clips, sgd.average().isKept()));
  }
}
