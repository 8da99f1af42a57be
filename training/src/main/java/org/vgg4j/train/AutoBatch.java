package org.vgg4j.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.BatchSequence;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryOracle;

/**
 * Chooses the batch of a run that leaves it open: the largest that memory holds in one micro-batch.
 * From then on the run is one with that batch, and learns the same wherever it is repeated or
 * resumed with it.
 */
public final class AutoBatch {
  /** The option's value that leaves the batch open. */
  public static final String WORD = "auto";

  /** The paper's. */
  private static final int MOST = 256;

  /** An epoch has at least this many steps, unless that takes batches of less than {@link #FEW}. */
  private static final int STEPS = 64;

  private static final int FEW = 32;

  private AutoBatch() {}

  /**
   * Returns the largest batch that fits: a power of two up to 32, or a multiple of 32 up to 256.
   *
   * @param images of the training set, of which an epoch makes at least 64 steps unless batches
   *     would be of less than 32
   * @param fits whether memory holds a batch in one micro-batch
   * @return 0 if none fits
   */
  public static int largest(long images, IntPredicate fits) {
    for (int batch = most(images); batch > 0; batch = next(batch)) {
      if (fits.test(batch)) {
        return batch;
      }
    }
    return 0;
  }

  /**
   * Returns the largest batch that memory holds in one micro-batch, or of several processes or
   * devices each its share.
   *
   * @param images of the training set, as above
   * @param memory of each process
   * @param ranks number of processes among which a batch is divided
   * @param clips whether gradients are clipped
   * @param averages whether an average of the weights is kept
   * @return 0 if not even one image fits
   */
  public static int largest(
      long images,
      Architecture architecture,
      MemoryOracle memory,
      int ranks,
      boolean clips,
      boolean averages) {
    MemoryOracle planned = memory.withThreads(MicroBatchSize.PLANNED_THREADS);
    int shares = ranks * memory.devices();
    return largest(
        images,
        n -> {
          int share = BatchSequence.share(n, shares);
          return planned.fits(
              planned.training(architecture, new LearnerOptions.Size(share, n, clips, averages)));
        });
  }

  private static int most(long images) {
    long most = Math.min(images, Math.max(FEW, Math.min(MOST, images / STEPS)));
    return most < FEW ? Integer.highestOneBit((int) most) : (int) (most / FEW * FEW);
  }

  private static int next(int batch) {
    return batch > FEW ? batch - FEW : batch / 2;
  }

  /**
   * Returns the options with the batch chosen; the same options if they have one.
   *
   * @param images of the training set
   * @param memory of each process
   * @param ranks number of processes among which a batch is divided
   * @param noted receives a sentence about it
   * @throws InputException if not even one image fits
   */
  static TrainingConfig settle(
      TrainingConfig options,
      int images,
      Architecture architecture,
      MemoryOracle memory,
      int ranks,
      Consumer<String> noted) {
    if (!options.sgd().autoBatch()) {
      return options;
    }
    SgdConfig sgd = options.sgd();
    int batch =
        largest(
            images, architecture, memory, ranks, sgd.clipGradients() > 0, sgd.average().isKept());
    TrainingConfig settled = as(options, Math.max(1, batch));
    if (batch == 0) { // which fails, and says what there is room for
      int unused = MicroBatchSize.choose(settled, architecture, memory, ranks);
    }
    noted.accept(
        "%s: option batch is %d from now on; learning rates are not changed"
            .formatted(reason(batch, images, memory), batch));
    return settled;
  }

  private static String reason(int batch, int images, MemoryOracle memory) {
    if (batch < most(images)) {
      return "%d images fit %s in one micro-batch, the next size does not"
          .formatted(batch, memory.name());
    }
    if (batch == MOST) {
      return "%d images are the most that batch auto takes".formatted(MOST);
    }
    return batch < FEW
        ? "%d is the largest power of two for %,d training images".formatted(batch, images)
        : "more would make too few steps of %,d training images".formatted(images);
  }

  /** Returns the options with a batch in place of one that they leave open. */
  static TrainingConfig as(TrainingConfig options, int batch) {
    return options.sgd().autoBatch() ? options.toBuilder().batch(batch).build() : options;
  }

  /**
   * Returns the options of a run that has begun, with the batch that was chosen then in place of
   * one that they leave open, and the micro-batch that it has learnt with.
   *
   * @param run its folder
   * @throws InputException if there is no run, or its config.yaml cannot be read
   */
  static TrainingConfig asBegun(TrainingConfig options, Path run) {
    RunFolder folder = RunFolder.existing(run);
    Map<String, Object> written = new LinkedHashMap<>(folder.options());
    written.keySet().retainAll(List.of("batch", "micro-batch"));
    SgdConfig begun = TrainingConfig.of(written).sgd();
    TrainingConfig chosen = as(options, begun.batch());
    int asked = options.sgd().microBatch();
    boolean mayChange = asked > 0 && !Files.exists(folder.checkpoint()); // nothing is learnt yet
    if (mayChange || begun.microBatch() == 0 || begun.microBatch() > chosen.sgd().batch()) {
      return chosen;
    }
    return chosen.withMicroBatch(begun.microBatch());
  }
}
