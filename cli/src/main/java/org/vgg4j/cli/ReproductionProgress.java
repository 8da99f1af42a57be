package org.vgg4j.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.vgg4j.data.DataSplits;
import org.vgg4j.experiment.reproduce.Reproducer;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.train.EpochMetrics;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingListener;

/** One line for each network, and one that is overwritten while it learns. */
final class ReproductionProgress implements Reproducer.Listener, TrainingListener {
  private final PrintWriter out;
  private final ProgressLine line;
  private final boolean quiet;
  private final long start = System.nanoTime();
  private String what = "";
  private double done;

  ReproductionProgress(PrintWriter out, ProgressLine line, boolean quiet) {
    this.out = out;
    this.line = line;
    this.quiet = quiet;
  }

  @Override
  public void began(String sentence, double share) {
    what = sentence;
    done = share;
    line.clear();
    if (quiet) {
      return;
    }
    double minutes = (System.nanoTime() - start) / 60e9;
    out.printf(Locale.ROOT, "%5.1f min  %3.0f %%  %s%n", minutes, 100 * share, sentence);
    out.flush();
  }

  @Override
  public void progressed(double share) {
    line.show(String.format(Locale.ROOT, "%3.0f %%  %s", 100 * share, what));
  }

  @Override
  public TrainingListener training() {
    return this;
  }

  @Override
  public void started(
      TrainingConfig config, DataSplits splits, Architecture architecture, MemoryPlan memory) {}

  @Override
  public void stepped(TrainingListener.Progress progress) {
    line.show(
        String.format(
            Locale.ROOT,
            "%3.0f %%  %s, epoch %d of %d, loss %.3f, %.0f images/s",
            100 * done,
            what,
            progress.epoch(),
            progress.epochs(),
            progress.loss(),
            progress.imagesPerSecond()));
  }

  @Override
  public void epochEnded(EpochMetrics metrics, boolean best) {}

  @Override
  public void noted(String sentence) {
    if (!quiet) {
      warned(sentence);
    }
  }

  /** Not printed: which weights a network begins with is the same in all reproductions. */
  @Override
  public void explained(String sentence) {}

  @Override
  public void warned(String sentence) {
    line.clear();
    out.println("  " + sentence);
  }
}
