package org.vgg4j.report;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.DataSplits;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.Measurement;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.train.EpochMetrics;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingListener;

/**
 * Writes an event file for TensorBoard while a network is trained: the training loss every ten
 * steps, everything else after each epoch. A run that is resumed from a checkpoint begins a new
 * file; {@link EventFiles#cut} first removes what came after the checkpoint from the old ones.
 *
 * <table>
 * <caption>What is written</caption>
 * <tr><th>tag</th><th>unit</th></tr>
 * <tr><td>{@code loss/train}</td><td>mean over the images since the previous value</td></tr>
 * <tr><td>{@code loss/validation}</td><td>plain cross-entropy, or of boxes or labels</td></tr>
 * <tr><td>{@code error/top-1}, {@code error/top-5}, or {@code error/box}</td><td>percent of the validation images</td></tr>
 * <tr><td>{@code balanced accuracy}, and {@code recall/CLASS} of up to 100 classes</td><td>percent of the validation images</td></tr>
 * <tr><td>{@code mAP}, {@code F1}</td><td>of labels, percent</td></tr>
 * <tr><td>{@code mean overlap}</td><td>of boxes, in 0..1</td></tr>
 * <tr><td>{@code learning rate}</td><td>of the epoch</td></tr>
 * <tr><td>{@code images per second}</td><td>in training, without validation</td></tr>
 * </table>
 *
 * Throws an {@link org.vgg4j.base.InputException} if the file cannot be written.
 */
public final class TensorBoardListener implements TrainingListener {
  /** Often enough for a curve within the first epoch, and seldom enough to cost nothing. */
  private static final int STEPS_PER_VALUE = 10;

  /** Curves of more classes would hide all others; recall.csv has them. */
  private static final int MOST_CLASSES = 100;

  private final Path folder;
  private final InstantSource clock;
  private @Nullable Path file;
  private int batch;
  private int imagesPerEpoch;

  /** How far the training loss has been written; then how far it is known. */
  private @Nullable Progress written;

  private @Nullable Progress latest;

  /**
   * @param folder the run folder, which need not be there before training starts
   */
  public TensorBoardListener(Path folder) {
    this(folder, InstantSource.system());
  }

  TensorBoardListener(Path folder, InstantSource clock) {
    this.folder = folder;
    this.clock = clock;
  }

  @Override
  public void started(
      TrainingConfig config, DataSplits data, Architecture architecture, MemoryPlan memory) {
    batch = config.sgd().batch();
    imagesPerEpoch = data.train().size();
  }

  /** Removes what earlier processes wrote about later steps from their files. */
  @Override
  public void resumed(int epoch, int step) {
    EventFiles.cut(folder, step);
  }

  @Override
  public void stepped(Progress progress) {
    boolean goesOn = latest != null && latest.epoch() == progress.epoch();
    if (!goesOn) {
      // A resumed run's first step may lie within an epoch; its mean is then the base for the next.
      written = progress.step() == 1 ? null : progress;
    }
    latest = progress;
    if (progress.step() % STEPS_PER_VALUE == 0) {
      writeLoss(progress);
    }
  }

  /**
   * Progress holds the mean loss of the epoch so far; the latest images' is derived from its
   * change.
   */
  private void writeLoss(Progress progress) {
    long before = written == null ? 0 : images(written);
    double lossBefore = written == null ? 0 : written.loss() * before;
    long now = images(progress);
    if (now > before) {
      double loss = (progress.loss() * now - lossBefore) / (now - before);
      long step = (progress.epoch() - 1L) * progress.stepsPerEpoch() + progress.step();
      write(step, Map.of("loss/train", loss));
    }
    written = progress;
  }

  private long images(Progress progress) {
    return Math.min((long) progress.step() * batch, imagesPerEpoch); // the last batch is smaller
  }

  @Override
  public void epochEnded(EpochMetrics metrics, boolean best) {
    if (latest != null) {
      writeLoss(latest);
    }
    Measurement validation = metrics.validation();
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss/validation", validation.meanLoss());
    if (validation instanceof Evaluation evaluation) {
      values.put("error/top-1", evaluation.top1Error());
      values.put("error/top-5", evaluation.top5Error());
      putRecall(values, evaluation);
    } else if (validation instanceof BoxEvaluation boxes) {
      values.put("error/box", boxes.error());
      values.put("mean overlap", boxes.meanOverlap());
    } else if (validation instanceof LabelEvaluation labels) {
      values.put("mAP", labels.meanAveragePrecision());
      values.put("F1", labels.f1());
    }
    values.put("learning rate", metrics.learningRate());
    values.put("images per second", metrics.imagesPerSecond());
    write(metrics.step(), values);
  }

  private static void putRecall(Map<String, Double> values, Evaluation evaluation) {
    values.put("balanced accuracy", evaluation.balancedAccuracy());
    int classes = evaluation.classNames().size();
    for (int label = 0; classes <= MOST_CLASSES && label < classes; label++) {
      if (evaluation.images(label) > 0) {
        values.put("recall/" + evaluation.classNames().get(label), evaluation.recall(label));
      }
    }
  }

  /** Not written: warnings are for the terminal. */
  @Override
  public void warned(String sentence) {}

  private void write(long step, Map<String, Double> values) {
    if (file == null) {
      file = EventFiles.create(folder, now()); // not before a resumed run's files are cut back
    }
    EventFiles.append(file, Event.scalars(now(), step, values));
  }

  private double now() {
    return clock.millis() / 1e3;
  }
}
