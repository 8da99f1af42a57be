package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.Measurement;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.train.Selection;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingResult;

/**
 * Prints how a run ended.
 *
 * @param quiet whether to leave out what to type next
 */
record TrainingSummary(PrintWriter out, boolean quiet) {
  /** What it cost that the processes exchange gradients. */
  void traffic(TrainingResult result, ProcessGroup group) {
    ProcessGroup.Traffic traffic = group.traffic();
    out.printf(
        Locale.ROOT,
        "%nBetween %d processes: each sent %.1f MB a step; that took %.1f s, of which %.1f s"
            + " passed during the backward pass and %.1f s (%.1f %% of the time) were spent"
            + " waiting.%n",
        group.size(),
        traffic.bytes() / 1e6 / Math.max(1, result.steps()),
        traffic.busySeconds(),
        Math.max(0, traffic.busySeconds() - traffic.waitedSeconds()),
        traffic.waitedSeconds(),
        100 * traffic.waitedSeconds() / result.seconds());
    out.flush();
  }

  /** How good the run was, and what to type next. */
  void result(TrainingResult result, TrainingConfig config) {
    Path model = result.bestEpoch() > 0 ? result.folder().bestModel() : result.folder().lastModel();
    out.printf(
        Locale.ROOT,
        config.selection().watched() == Selection.LOSS
            ? "%nBest validation: %s %.4f (epoch %d).%n"
            : "%nBest validation: %s %.1f %% (epoch %d).%n",
        switch (config.selection().watched()) {
          case MAP -> "mAP";
          case TOP1 -> config.task().isBoxes() ? "boxes right" : "top-1 accuracy";
          case BALANCED -> "balanced accuracy";
          case LOSS -> "loss";
        },
        config.selection().watched() == Selection.LOSS
            ? result.bestError()
            : 100 - result.bestError(),
        result.bestEpoch());
    Measurement measured = result.test();
    if (measured instanceof BoxEvaluation test) {
      out.printf(
          Locale.ROOT,
          "Test: boxes right %.1f %% (overlap of a half and more), mean overlap %.3f, on %,d"
              + " image%s that training never saw.%n",
          100 - test.error(),
          test.meanOverlap(),
          test.images(),
          test.images() == 1 ? "" : "s");
    }
    if (measured instanceof LabelEvaluation test) {
      out.printf(
          Locale.ROOT,
          "Test: mAP %s, F1 %s on %,d image%s that training never saw.%n",
          LabelResult.percent(test.meanAveragePrecision()),
          LabelResult.percent(test.f1()),
          test.images(),
          test.images() == 1 ? "" : "s");
    }
    if (measured instanceof Evaluation test) {
      out.printf(
          Locale.ROOT,
          "Test: top-1 accuracy %.1f %%, top-5 accuracy %.1f %% on %,d image%s that training never"
              + " saw.%n",
          100 - test.top1Error(),
          100 - test.top5Error(),
          test.images(),
          test.images() == 1 ? "" : "s");
    }
    out.printf(
        Locale.ROOT,
        "%,d step%s in %s%s. The run is in %s.%n",
        result.steps(),
        result.steps() == 1 ? "" : "s",
        TrainingPrinter.duration(result.seconds()),
        result.folder().provenance().get("peakMemoryBytes")
                instanceof Number peak // as the report's
            ? String.format(
                Locale.ROOT, ", %,.0f MB of memory at the peak", peak.doubleValue() / 1e6)
            : "",
        result.folder().path());
    if (!quiet) {
      next(result, model, config);
    }
    out.flush();
  }

  private void next(TrainingResult result, Path model, TrainingConfig config) {
    out.printf("%nNext:%n");
    out.printf(
        "  open %s in a browser%n", Hint.quoted(result.folder().path().resolve("report.html")));
    String vgg = "  " + Hint.command("");
    String data = config.data();
    out.printf("  %s%n", Hint.evaluate(config, model));
    if (config.task().isBoxes()) {
      return;
    }
    if (config.multiLabel() != null) {
      out.printf("%sclassify IMAGE --model %s%n", vgg, Hint.quoted(model));
      return;
    }
    String samples = free("samples");
    out.printf("%sdata export --data %s --limit 1 --out %s%n", vgg, Hint.quoted(data), samples);
    out.printf("%sclassify %s --model %s%n", vgg, samples, Hint.quoted(model));
  }

  /** A name in the working folder that nothing has. */
  private static String free(String name) {
    String free = name;
    for (int number = 2; Files.exists(Path.of(free)); number++) {
      free = name + "-" + number;
    }
    return free;
  }
}
