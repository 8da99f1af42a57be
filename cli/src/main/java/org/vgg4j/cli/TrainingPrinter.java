package org.vgg4j.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.train.EpochMetrics;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingListener;

/** Shows how training goes: a line per epoch, and the progress within. */
final class TrainingPrinter implements TrainingListener {
  private final PrintWriter out;
  private final PrintWriter err;
  private final ProgressLine line;

  TrainingPrinter(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
    this.line = new ProgressLine(err);
  }

  @Override
  public void surveyed(Dataset part, int done) {
    if (part.mayBeUnreadable()) {
      line.show(
          "looking at the pictures: %,d of %,d of %s".formatted(done, part.size(), part.name()));
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
        "Training: S = %s, batch %d, %d images at a time, at most %d epochs, seed %d, %d threads;"
            + " about %,.0f MB of heap.%n%n",
        config.augmentation().scale(),
        config.sgd().batch(),
        config.sgd().microBatch(),
        config.schedule().epochs(),
        config.seed(),
        config.threads(),
        memory.total() / 1e6);
    out.printf(
        "%5s  %8s  %10s  %12s  %8s  %9s  %9s  %8s%n",
        "epoch",
        "rate",
        "train loss",
        "train top-1",
        "val loss",
        "val top-1",
        "images/s",
        "elapsed");
    out.flush();
  }

  @Override
  public void resumed(int epoch, int step) {
    line.clear();
    out.printf("Going on in epoch %d after %d steps.%n", epoch, step);
    out.flush();
  }

  @Override
  public void noted(String sentence) {
    line.clear();
    out.println(sentence);
  }

  @Override
  public void stepped(Progress progress) {
    line.show(
        String.format(
            Locale.ROOT,
            "epoch %d of %d, step %d of %d: loss %.3f, %.0f images/s, at most %s left",
            progress.epoch(),
            progress.epochs(),
            progress.step(),
            progress.stepsPerEpoch(),
            progress.loss(),
            progress.imagesPerSecond(),
            duration(progress.secondsLeft())));
  }

  @Override
  public void epochEnded(EpochMetrics metrics, boolean best) {
    line.clear();
    Evaluation validation = metrics.validation();
    out.printf(
        Locale.ROOT,
        "%5d  %8s  %10.4f  %10.1f %%  %8.4f  %7.1f %%  %9.0f  %8s%s%n",
        metrics.epoch(),
        String.format(Locale.ROOT, "%.0e", metrics.learningRate()),
        metrics.trainLoss(),
        100 - metrics.trainTop1Error(),
        validation.meanLoss(),
        100 - validation.top1Error(),
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
