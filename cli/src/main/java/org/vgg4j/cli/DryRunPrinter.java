package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.Unreadable;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Task;
import org.vgg4j.train.ClassWeights;
import org.vgg4j.train.DryRun;
import org.vgg4j.train.TimeBudget;
import org.vgg4j.train.TrainingConfig;

/** Tries runs without leaving anything behind, and prints the findings. */
final class DryRunPrinter {
  private final PrintWriter out;
  private final List<Map<String, Object>> results = new ArrayList<>();
  private double secondsOfAll;
  private int runs;

  DryRunPrinter(PrintWriter out) {
    this.out = out;
  }

  /**
   * Tries a run.
   *
   * @param stage what to call it; null if it is the only one
   * @param toCome models that earlier stages will leave
   */
  void run(TrainingConfig config, @Nullable String stage, Set<Path> toCome) {
    if (stage != null) {
      out.printf("Stage %s%n", stage);
    }
    TrainingConfig tried = config;
    Path from = config.start().from();
    if (from != null && toCome.contains(from) && !Files.exists(from)) {
      out.printf("weights: will come from %s, which an earlier stage writes; drawn here%n", from);
      tried = config.withDrawnWeights();
    }
    DryRun found = DryRun.of(TimeBudget.settle(tried, out::println), out::println);
    secondsOfAll += found.seconds();
    runs++;
    results.add(asMap(found, stage));
    found.notes().forEach(out::println);
    out.printf(
        Locale.ROOT,
        "data: %s, %d classes, %,d training and %,d validation images%nimages: %s%nnetwork: %s, %,d"
            + " parameters; its outputs: %s%nmemory: %,.0f MB for %d images at a time%nfirst step:"
            + " loss %.3f%s, %.1f images/s%nin all: at most %,d steps, %s on this machine, not"
            + " counting the first look at all images%n%n",
        found.data().name(),
        found.architecture().classes(),
        found.data().train().size(),
        found.data().validation().size(),
        images(found),
        found.architecture(),
        found.architecture().parameterCount(),
        found.architecture().task().about(found.architecture().classes()),
        found.memory().total() / 1e6,
        found.microBatch(),
        found.loss(),
        guessing(found.architecture(), config),
        1 / found.secondsPerImage(),
        found.steps(),
        Plan.time(found.seconds() / 86_400));
    out.flush();
  }

  /**
   * What the loss would be without any knowledge; of boxes and of labels, and of a few images of
   * which some count more, that cannot be said beforehand.
   */
  private static String guessing(Architecture network, TrainingConfig config) {
    return network.task() != Task.CLASSIFICATION
            || config.targets().classWeights().kind() != ClassWeights.Kind.NONE
        ? ""
        : String.format(Locale.ROOT, " (guessing: %.3f)", Math.log(network.classes()));
  }

  private static String images(DryRun found) {
    if (found.lookedAt() == 0) {
      return "all can be read";
    }
    List<Unreadable> unreadable = found.unreadable();
    return String.format(
        Locale.ROOT,
        "%,d looked at, %s",
        found.lookedAt(),
        unreadable.isEmpty()
            ? "all can be read"
            : unreadable.size()
                + " cannot be read and would be passed over: "
                + Unreadable.names(unreadable));
  }

  private static Map<String, Object> asMap(DryRun found, @Nullable String stage) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (stage != null) {
      map.put("stage", stage);
    }
    map.put("data", found.data().name());
    map.put("classes", found.architecture().classes());
    map.put("trainImages", found.data().train().size());
    map.put("valImages", found.data().validation().size());
    map.put("arch", found.architecture().configuration().label());
    map.put("task", found.architecture().task().label());
    map.put("parameters", found.architecture().parameterCount());
    map.put("heapBytes", found.memory().total());
    map.put("batch", found.config().sgd().batch());
    map.put("microBatch", found.microBatch());
    map.put("lookedAt", found.lookedAt());
    map.put("unreadable", found.unreadable());
    map.put("loss", found.loss());
    map.put("notes", found.notes());
    map.put("imagesPerSecond", 1 / found.secondsPerImage());
    map.put("steps", found.steps());
    map.put("seconds", found.seconds());
    return map;
  }

  /** The findings for each run. */
  List<Map<String, Object>> results() {
    return results;
  }

  /** Says that nothing is in the way. */
  void end() {
    out.printf(
        "Nothing is in the way%s.%n",
        runs > 1 ? " of " + runs + " stages, " + Plan.time(secondsOfAll / 86_400) + " in all" : "");
  }
}
