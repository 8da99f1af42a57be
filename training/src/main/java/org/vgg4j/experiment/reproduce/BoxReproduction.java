package org.vgg4j.experiment.reproduce;

import static org.vgg4j.experiment.reproduce.BoxMeasurements.centre;
import static org.vgg4j.experiment.reproduce.BoxMeasurements.full;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.Significance;
import org.vgg4j.experiment.reproduce.Net.Scale;
import org.vgg4j.model.Task;

/** What was measured, in the form of the paper's Tables 8 to 10. */
public final class BoxReproduction {
  private final BoxReproductionConfig config;
  private final String test;
  private final int testImages;
  private final Evaluation classified;
  private final BoxMeasurements measurements;
  private final Map<String, Double> trainingSeconds;

  /**
   * @param test name of the test images
   * @param testImages how many they were
   * @param classified the classification network's errors on them, for the last seed
   * @param trainingSeconds mean over the seeds, by the name of the network
   */
  BoxReproduction(
      BoxReproductionConfig config,
      String test,
      int testImages,
      Evaluation classified,
      BoxMeasurements measurements,
      Map<String, Double> trainingSeconds) {
    this.config = config;
    this.test = test;
    this.testImages = testImages;
    this.classified = classified;
    this.measurements = measurements;
    this.trainingSeconds = new LinkedHashMap<>(trainingSeconds); // in the order of training
  }

  /** All tables, the paper's figures beside those measured, and the verdicts. */
  List<Section> sections() {
    return List.of(table8(), table9(), table10(), networks(), claims());
  }

  private String figures() {
    return String.format(
        Locale.ROOT,
        "Localisation errors in percent: the paper's on ILSVRC-2012 by network D, ours on %s (%,d"
            + " images) by network %s, the mean of %d seed(s); 95 %%: the interval for this many"
            + " images.",
        test,
        testImages,
        config.configuration().label(),
        config.seeds());
  }

  private static String percent(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  private String error(String method) {
    return percent(measurements.error(method).percent());
  }

  private String interval(String method) {
    Significance.Interval interval = measurements.interval(method);
    return String.format(Locale.ROOT, "%.1f-%.1f", interval.low(), interval.high());
  }

  private static String text(List<List<Integer>> scales) {
    return String.join(
        "; ",
        scales.stream()
            .map(ofNet -> String.join(",", ofNet.stream().map(String::valueOf).toList()))
            .toList());
  }

  private Section table8() {
    List<List<String>> rows = new ArrayList<>();
    for (BoxNet net : BoxNet.all()) {
      rows.add(
          List.of(
              net.onlyFullyConnected() ? "fc6 and fc7" : "all",
              net.form() == Task.SINGLE_BOX ? "SCR: one box" : "PCR: a box for each class",
              net.scale().paper(),
              Integer.toString(config.scale(net.scale())),
              PaperTables.table8(net),
              error(centre(net)),
              interval(centre(net)),
              String.format(Locale.ROOT, "%.3f", measurements.overlap(centre(net)))));
    }
    return new Section(
        "table-8",
        "Table 8: forms of box regression, class known, central crop",
        figures() + " The paper says only that networks of S = 256 behave alike.",
        List.of(
            "layers that learn",
            "regression",
            "paper S",
            "S",
            "paper",
            "error",
            "95 %",
            "mean overlap"),
        rows);
  }

  private Section table9() {
    List<List<String>> rows = new ArrayList<>();
    for (BoxSubject subject : BoxSubject.values()) {
      PaperTables.Boxes paper = PaperTables.table9(subject);
      List<Integer> trained =
          subject.nets().stream().map(net -> config.scale(net.scale())).toList();
      rows.add(
          List.of(
              subject.paperTrained(),
              paper.what(),
              String.join("; ", trained.stream().map(String::valueOf).toList()),
              text(subject.scales(config.crop())),
              measurements.choices(full(subject)),
              paper.validation(),
              paper.test(),
              error(full(subject)),
              interval(full(subject)),
              percent(measurements.errorAtFirst(full(subject)).percent())));
    }
    return new Section(
        "table-9",
        "Table 9: the full protocol, five guesses for an image",
        figures()
            + String.format(
                Locale.ROOT,
                " All layers learn, a box for each class. The guesses' classes are those of the"
                    + " classification network, whose own errors are %.2f (top-1) and %.2f (top-5)"
                    + " with the last seed. Threshold: of merging, by our match score, the best on"
                    + " validation images.",
                classified.top1Error(),
                classified.top5Error()),
        List.of(
            "paper S",
            "paper Q",
            "S",
            "Q",
            "threshold",
            "paper val",
            "paper test",
            "error",
            "95 %",
            "first guess only"),
        rows);
  }

  /** Clearly apart: other data. */
  private Section table10() {
    List<List<String>> rows = new ArrayList<>();
    for (PaperTables.Boxes paper : PaperTables.table10()) {
      rows.add(
          List.of(paper.what(), "ILSVRC", "", paper.validation(), paper.test(), "-", "-", "-"));
    }
    String fused = full(BoxSubject.FUSION);
    rows.add(ours("vgg4j, two networks that learnt boxes", fused));
    rows.add(ours("vgg4j, Grad-CAM boxes of the classification network", BoxMeasurements.GRAD_CAM));
    return new Section(
        "table-10",
        "Table 10: beside others (another data set: our rows cannot be compared with the others)",
        figures()
            + " Grad-CAM needs no boxes to learn from; Q and the share of a map's largest value are"
            + " the best on validation images.",
        List.of("method", "data", "chosen", "val", "test", "error", "95 %", "first guess only"),
        rows);
  }

  private List<String> ours(String what, String method) {
    String choice = measurements.choices(method);
    return List.of(
        what,
        test,
        method.equals(BoxMeasurements.GRAD_CAM) ? choice : "threshold " + choice,
        "-",
        "-",
        error(method),
        interval(method),
        percent(measurements.errorAtFirst(method).percent()));
  }

  private Section networks() {
    List<List<String>> rows = new ArrayList<>();
    trainingSeconds.forEach(
        (name, seconds) -> rows.add(List.of(name, String.format(Locale.ROOT, "%.0f", seconds))));
    return new Section(
        "networks",
        "All networks that were trained",
        String.format(
            Locale.ROOT,
            "Seconds: of training, mean of the seeds. The classification network learns for %d"
                + " epochs at S = %d, the others, which begin with it, for %d; fc: only the fully"
                + " connected layers.",
            config.epochs(),
            config.scale(Scale.SMALL),
            config.boxEpochs()),
        List.of("network", "seconds"),
        rows);
  }

  private Section claims() {
    List<List<String>> rows = new ArrayList<>();
    for (Scale scale : List.of(Scale.SMALL, Scale.LARGE)) {
      String at = ": S = " + config.scale(scale);
      BoxNet fc = new BoxNet(Task.BOX_PER_CLASS, scale, true);
      better(
          "a box for each class (PCR) is better than one for all (SCR)" + at,
          centre(fc),
          centre(new BoxNet(Task.SINGLE_BOX, scale, true)),
          rows);
      better(
          "all layers that learn are better than fc6 and fc7 only" + at,
          centre(BoxNet.best(scale)),
          centre(fc),
          rows);
    }
    better(
        "the larger scale is better than the smaller one, in training and test",
        full(BoxSubject.LARGE_ONE),
        full(BoxSubject.SMALL_ONE),
        rows);
    better(
        "two test scales are better than one: S = " + config.scale(Scale.SMALL),
        full(BoxSubject.SMALL_TWO),
        full(BoxSubject.SMALL_ONE),
        rows);
    better(
        "two test scales are better than one: S = " + config.scale(Scale.LARGE),
        full(BoxSubject.LARGE_TWO),
        full(BoxSubject.LARGE_ONE),
        rows);
    better(
        "fusion helps: two networks are better than that of S = " + config.scale(Scale.SMALL),
        full(BoxSubject.FUSION),
        full(BoxSubject.SMALL_ONE),
        rows);
    better(
        "fusion helps: two networks are better than that of S = %d at two test scales"
            .formatted(config.scale(Scale.LARGE)),
        full(BoxSubject.FUSION),
        full(BoxSubject.LARGE_TWO),
        rows);
    return new Section(
        "claims",
        "The paper's conclusions, one by one",
        String.format(
            Locale.ROOT,
            "McNemar's exact test on which of %d images are localised, by %d seed(s), level 5 %%."
                + " \"Only the first right\": images that only the one named first localises. The"
                + " seeds share their images, so that a small p says of these images more than of"
                + " others.",
            testImages,
            config.seeds()),
        Claims.HEADER,
        rows);
  }

  private void better(String claim, String first, String second, List<List<String>> rows) {
    Significance.Comparison compared = measurements.compare(first, second);
    rows.add(
        Claims.row(
            claim,
            measurements.error(first).percent(),
            measurements.error(second).percent(),
            compared,
            Claims.verdict(compared)));
  }
}
