package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.evaluate.Significance;
import org.vgg4j.evaluate.boxes.ErrorRate;
import org.vgg4j.evaluate.boxes.OfficialError;

/**
 * What {@code vgg localize evaluate} reports, as text or as JSON.
 *
 * @param models networks that found the boxes
 * @param labels what named the classes
 * @param data the images
 * @param ratedByImage whether boxes were rated by the posteriors of the whole image, for want of a
 *     network that rates windows
 * @param boxesPerImage candidates before merging, mean over the images
 * @param threshold of merging
 * @param merge the rule
 * @param submission a sentence about the submission that was written; null if none was
 * @param classNames what labels refer to
 * @param error null if the classes of the images are not known
 */
record LocalizationResult(
    List<Path> models,
    List<Path> labels,
    Dataset data,
    boolean ratedByImage,
    double boxesPerImage,
    double threshold,
    String merge,
    @Nullable String submission,
    List<String> classNames,
    @Nullable OfficialError error) {

  /** The key of the number of images without a box of their class. */
  static final String LEFT_OUT = "leftOut";

  /** A line on the images that nothing was measured on; nothing if there are none. */
  static String leftOut(Dataset data) {
    return switch (data.leftOut()) {
      case 0 -> "";
      case 1 -> "1 image has no box of its class, and is in none of these figures.%n".formatted();
      default ->
          "%,d images have no box of their class, and are in none of these figures.%n"
              .formatted(data.leftOut());
    };
  }

  /** The shortest decimal number. */
  static String number(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }

  private static String names(List<Path> files) {
    return files.stream().map(Path::toString).collect(Collectors.joining(", "));
  }

  private static String percent(ErrorRate rate) {
    Significance.Interval interval = Significance.wilson(rate.wrong(), rate.images());
    return String.format(
        Locale.ROOT,
        "%.2f %% (%.2f to %.2f) of %,d images",
        rate.percent(),
        interval.low(),
        interval.high(),
        rate.images());
  }

  String text(int mostClasses) {
    StringBuilder text = new StringBuilder();
    text.append("Boxes of ").append(names(models)).append('\n');
    text.append("Classes of ").append(names(labels)).append('\n');
    text.append(
        String.format(
            Locale.ROOT,
            "%s: %.1f boxes an image, rated by %s, merged up to %s (%s)%n",
            data.name(),
            boxesPerImage,
            ratedByImage ? "the image's posteriors" : "the posteriors of their windows",
            number(threshold),
            merge));
    if (submission != null) {
      text.append(submission).append('\n');
    }
    if (error == null) {
      return text.toString();
    }
    int five = OfficialError.GUESSES;
    text.append(
        new TextTable()
            .row("error", "", "with 95 % interval")
            .row("localisation", "top-5", percent(error.localisation(five)))
            .row("", "top-1", percent(error.localisation(1)))
            .row("classification", "top-5", percent(error.classification(five)))
            .row("", "top-1", percent(error.classification(1))));
    if (error.blacklisted() > 0) {
      text.append(
          "%,d blacklisted images count for classification only.%n".formatted(error.blacklisted()));
    }
    text.append(leftOut(data));
    TextTable table = new TextTable().row("class", "images", "localisation, top-5");
    for (int label = 0; label < Math.min(mostClasses, classNames.size()); label++) {
      ErrorRate rate = error.localisationOf(label, five);
      if (rate.images() > 0) {
        table.row(
            classNames.get(label),
            rate.images(),
            String.format(Locale.ROOT, "%.1f %%", rate.percent()));
      }
    }
    text.append('\n').append(table);
    if (classNames.size() > mostClasses) {
      text.append("All ").append(classNames.size()).append(" classes are in --json.\n");
    }
    return text.toString().stripTrailing();
  }

  Map<String, Object> asMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("models", models.stream().map(Path::toString).toList());
    map.put("labels", labels.stream().map(Path::toString).toList());
    map.put("data", data.name());
    map.put("boxesPerImage", boxesPerImage);
    map.put("ratedBy", ratedByImage ? "image" : "window");
    map.put("merge", merge);
    map.put("threshold", threshold);
    if (submission != null) {
      map.put("submission", submission);
    }
    if (error != null) {
      int five = OfficialError.GUESSES;
      map.put("images", error.classification(five).images());
      map.put("localisationImages", error.localisation(five).images());
      map.put("blacklisted", error.blacklisted());
      map.put(LEFT_OUT, data.leftOut());
      map.put("localisationTop5Error", error.localisation(five).percent());
      map.put("localisationTop1Error", error.localisation(1).percent());
      map.put("top5Error", error.classification(five).percent());
      map.put("top1Error", error.classification(1).percent());
      List<Map<String, Object>> classes = new ArrayList<>();
      for (int label = 0; label < classNames.size(); label++) {
        ErrorRate rate = error.localisationOf(label, five);
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("label", classNames.get(label));
        one.put("images", rate.images());
        one.put("localisationTop5Error", rate.images() == 0 ? null : rate.percent());
        classes.add(one);
      }
      map.put("classes", classes);
    }
    return map;
  }

  /** The first protocol: the class is known, and the box is sought in the central crop. */
  static String text(Path model, Dataset dataset, BoxEvaluation measured) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s on %s, class known, central crop: error %s, mean overlap %.3f%n%n",
            model,
            dataset.name(),
            percent(new ErrorRate(measured.wrong(), measured.images())),
            measured.meanOverlap()));
    TextTable table = new TextTable().row("class", "images", "error", "mean overlap");
    for (int label = 0; label < Math.min(20, measured.classNames().size()); label++) {
      if (measured.ofClass()[label] > 0) {
        table.row(
            measured.classNames().get(label),
            measured.ofClass()[label],
            String.format(Locale.ROOT, "%.1f %%", measured.error(label)),
            String.format(Locale.ROOT, "%.3f", measured.meanOverlap(label)));
      }
    }
    return text.append(table).append(leftOut(dataset)).toString().stripTrailing();
  }

  /** The same for programs. */
  static Map<String, Object> asMap(Path model, Dataset dataset, BoxEvaluation measured) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("model", model.toString());
    map.put("data", dataset.name());
    map.put("images", measured.images());
    map.put(LEFT_OUT, dataset.leftOut());
    map.put("boxError", measured.error());
    map.put("meanOverlap", measured.meanOverlap());
    List<Map<String, Object>> classes = new ArrayList<>();
    for (int label = 0; label < measured.classNames().size(); label++) {
      boolean any = measured.ofClass()[label] > 0;
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("label", measured.classNames().get(label));
      one.put("images", measured.ofClass()[label]);
      one.put("boxError", any ? measured.error(label) : null);
      one.put("meanOverlap", any ? measured.meanOverlap(label) : null);
      classes.add(one);
    }
    map.put("classes", classes);
    return map;
  }
}
