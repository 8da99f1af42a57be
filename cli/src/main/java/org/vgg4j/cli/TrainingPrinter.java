package org.vgg4j.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.Locale;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.Measurement;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.train.EpochMetrics;
import org.vgg4j.train.Selection;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingListener;

/** Shows how training goes: a line per epoch, and progress within each. */
final class TrainingPrinter implements TrainingListener {
  private final PrintWriter out;
  private final PrintWriter notes;
  private final PrintWriter err;
  private final ProgressLine line;
  private boolean balanced;

  /**
   * @param out gets the table of epochs, unless that is not wanted
   * @param err gets warnings and progress
   */
  TrainingPrinter(PrintWriter out, PrintWriter err, QuietOption quiet) {
    this.out = quiet.isQuiet() ? new PrintWriter(Writer.nullWriter()) : out;
    this.notes = quiet.isQuiet() ? err : out;
    this.err = err;
    this.line = quiet.line(err);
  }

  @Override
  public void surveyed(Dataset part, int done) {
    if (part.mayBeUnreadable()) {
      line.show(
          "looking at the images: %,d of %,d of %s".formatted(done, part.size(), part.name()));
    }
  }

  @Override
  public void started(
      TrainingConfig config, DataSplits data, Architecture architecture, MemoryPlan memory) {
    line.clear();
    int test = data.test() == null ? 0 : data.test().size();
    out.printf(
        Locale.ROOT,
        "Data %s: %d training, %d validation, %d test images of %d classes.%n",
        data.name(),
        data.train().size(),
        data.validation().size(),
        test,
        data.train().classNames().size());
    out.printf(
        Locale.ROOT,
        "Network %s: %,d parameters, %.1f million multiply-adds per image.%n",
        architecture,
        architecture.parameterCount(),
        architecture.multiplyAdds() / 1e6);
    out.printf(
        Locale.ROOT,
        "Training: S = %s, batch %d, %d images at a time, at most %d epoch%s, seed %d, %d thread%s;"
            + " about %,.0f MB of memory.%n%n",
        config.augmentation().scale(),
        config.sgd().batch(),
        config.sgd().microBatch(),
        config.schedule().epochs(),
        config.schedule().epochs() == 1 ? "" : "s",
        config.seed(),
        config.threads(),
        config.threads() == 1 ? "" : "s",
        memory.total() / 1e6);
    boolean labels = config.task().isLabels();
    String right = labels ? "images" : config.task().isBoxes() ? "boxes" : "accuracy";
    balanced = config.selection().watched() == Selection.BALANCED;
    out.printf("%25s%23s%n", "training", "validation");
    out.printf(
        "%5s%7s%10s%10s%10s%10s%10s%11s%n",
        "epoch",
        "rate",
        "loss",
        right,
        "loss",
        labels ? "mAP" : balanced ? "balanced" : right, // there is no room for both
        "images/s",
        "elapsed");
    out.flush();
  }

  @Override
  public void resumed(int epoch, int step) {
    line.clear();
    out.printf("Resuming in epoch %d after %d steps.%n", epoch, step);
    out.flush();
  }

  @Override
  public void noted(String sentence) {
    line.clear();
    notes.println(sentence);
  }

  @Override
  public void explained(String sentence) {
    line.clear();
    out.println(sentence);
  }

  @Override
  public void stepped(Progress progress) {
    line.show(
        String.format(
            Locale.ROOT,
            "epoch %d/%d, step %d/%d: loss %.3f, %.0f images/s%s",
            progress.epoch(),
            progress.epochs(),
            progress.step(),
            progress.stepsPerEpoch(),
            progress.loss(),
            progress.imagesPerSecond(),
            left(progress)));
  }

  /** The first step warms up kernels and disk: its time says nothing about the others. */
  private static String left(Progress progress) {
    return progress.epoch() == 1 && progress.step() == 1
        ? ""
        : ", at most " + duration(progress.secondsLeft()) + " left";
  }

  @Override
  public void epochEnded(EpochMetrics metrics, boolean best) {
    line.clear();
    Measurement validation = metrics.validation();
    double right =
        balanced && validation instanceof Evaluation evaluation
            ? evaluation.balancedAccuracy()
            : 100 - validation.error();
    out.printf(
        Locale.ROOT,
        "%5d%7.0e%10s%8.1f %%%10s%8.1f %%%10.0f%11s%s%n",
        metrics.epoch(),
        metrics.learningRate(),
        loss(metrics.trainLoss()),
        100 - metrics.trainError(),
        loss(validation.meanLoss()),
        right,
        metrics.imagesPerSecond(),
        duration(metrics.seconds()),
        best ? "  best" : "");
    out.flush();
  }

  @Override
  public void warned(String sentence) {
    line.clear();
    err.println("vgg: " + sentence);
  }

  /** Losses of a run that goes wrong may have many digits; the column has nine. */
  private static String loss(double value) {
    return String.format(Locale.ROOT, Math.abs(value) < 1000 ? "%.4f" : "%.2e", value);
  }

  /** Hours, minutes and seconds, as many as it takes. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    if (whole < 3600) {
      return String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60);
    }
    return String.format(Locale.ROOT, "%d:%02d h", whole / 3600, whole % 3600 / 60);
  }
}
