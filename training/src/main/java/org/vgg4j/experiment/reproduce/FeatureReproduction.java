package org.vgg4j.experiment.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.vgg4j.experiment.reproduce.FeatureResult.Column;

/** What was measured, in the form of the paper's Tables 11 and 12. */
public final class FeatureReproduction {
  private static final String NONE = "-";

  private final FeatureConfig config;
  private final List<FeatureNet> nets;
  private final List<FeatureResult> results;

  FeatureReproduction(FeatureConfig config, List<FeatureNet> nets, List<FeatureResult> results) {
    this.config = config;
    this.nets = List.copyOf(nets);
    this.results = List.copyOf(results);
  }

  /** All tables, the paper's figures beside those measured. */
  List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    if (results.stream().anyMatch(result -> !isAction(result.column()))) {
      sections.add(table11());
    }
    if (results.stream().anyMatch(result -> isAction(result.column()))) {
      sections.add(table12());
    }
    sections.add(details());
    sections.add(classes());
    return sections;
  }

  private static boolean isAction(Column column) {
    return column == Column.ACTION_IMAGE || column == Column.ACTION_BOX;
  }

  private Set<String> networks() {
    Set<String> networks = new LinkedHashSet<>();
    results.forEach(result -> networks.add(result.networks()));
    return networks;
  }

  private Optional<FeatureResult> result(String networks, Column column) {
    return results.stream()
        .filter(result -> result.networks().equals(networks) && result.column() == column)
        .findFirst();
  }

  private String cell(String networks, Column column) {
    return result(networks, column).map(FeatureResult::cell).orElse(NONE);
  }

  private Section table11() {
    List<List<String>> rows = new ArrayList<>();
    for (PaperTables.Features paper : PaperTables.table11()) {
      rows.add(
          List.of(
              "paper: " + paper.method(),
              paper.voc2007(),
              paper.voc2012(),
              paper.caltech101(),
              paper.caltech256()));
    }
    for (String networks : networks()) {
      rows.add(
          List.of(
              "here: " + networks,
              cell(networks, Column.VOC_2007),
              cell(networks, Column.VOC_2012),
              cell(networks, Column.CALTECH_101),
              cell(networks, Column.CALTECH_256)));
    }
    return new Section(
        "table-11",
        "Table 11: classification of other data sets' images by descriptors",
        "Percent. VOC: mean average precision, for 2007 in the form of 11 points, for 2012 the area"
            + " below the curve; (val): learnt from train and measured on val, since the labels of"
            + " test are not published. Caltech: mean class recall, mean and deviation of three"
            + " splits.",
        List.of("method", "VOC-2007", "VOC-2012", "Caltech-101", "Caltech-256"),
        rows);
  }

  private Section table12() {
    List<List<String>> rows = new ArrayList<>();
    for (PaperTables.Actions paper : PaperTables.table12()) {
      rows.add(List.of("paper: " + paper.method(), paper.figure(), NONE));
    }
    for (String networks : networks()) {
      for (Column column : List.of(Column.ACTION_IMAGE, Column.ACTION_BOX)) {
        result(networks, column)
            .ifPresent(
                result ->
                    rows.add(
                        List.of(
                            "here: %s, image %s"
                                .formatted(
                                    networks, column == Column.ACTION_BOX ? "and box" : "only"),
                            result.cell(),
                            result.othersText())));
      }
    }
    return new Section(
        "table-12",
        "Table 12: actions of people in images (VOC-2012)",
        "Mean average precision in percent: over the ten actions, as the development kit has it,"
            + " and with the class other, which makes the eleven that the paper speaks of. (val):"
            + " learnt from train and measured on val.",
        List.of("method", "ten actions", "all classes"),
        rows);
  }

  /** What descriptors are averaged over. */
  private String means() {
    List<String> upright =
        nets.stream().filter(net -> !net.mirrored()).map(FeatureNet::label).toList();
    return upright.isEmpty()
        ? "positions and mirror images"
        : "positions and, but for %s, which learnt without them, mirror images"
            .formatted(String.join(", ", upright));
  }

  private Section details() {
    List<List<String>> rows = new ArrayList<>();
    for (FeatureResult result : results) {
      rows.add(
          List.of(
              result.networks(),
              result.column().title(),
              result.column().measure(),
              result.figure(),
              result.othersText(),
              String.format(Locale.ROOT, "%,d", result.train()),
              "%,d of %s".formatted(result.tested(), result.measuredOn()),
              Integer.toString(result.dimensions()),
              result.costText(),
              result.submission()));
    }
    String scales =
        config.scales().isEmpty()
            ? "the paper's, in proportion to the crop: for VOC 256, 384, 512, 640 and 768,"
                + " averaged; for Caltech 256, 384 and 512, stacked"
            : config.scales().stream().map(String::valueOf).toList()
                + ", for VOC averaged, for Caltech stacked";
    return new Section(
        "details",
        "How each figure was measured",
        "Descriptors: fc7 after its ReLU, averaged over "
            + means()
            + ", unit length; Q "
            + scales
            + ". Several networks, and image and box, are stacked, each of unit length. One linear"
            + " classifier with squared hinge loss for each class. C: "
            + (config.cost() != null
                ? "given."
                : "the best power of 10 from 0.001 to 10,000: for VOC's test by learning from train"
                    + " and measuring on val, otherwise on a fifth of the training images."),
        List.of(
            "networks",
            "data",
            "measure",
            "figure",
            "others",
            "learnt from",
            "measured on",
            "dimensions",
            "C",
            "for the server"),
        rows);
  }

  private Section classes() {
    List<List<String>> rows = new ArrayList<>();
    for (FeatureResult result : results) {
      result
          .ofClasses()
          .forEach(
              (name, figure) ->
                  rows.add(
                      List.of(
                          result.networks(),
                          result.column().title(),
                          name,
                          FeatureResult.percent(figure))));
    }
    String columns =
        String.join(
            "; ",
            Arrays.stream(Column.values())
                .map(
                    c ->
                        c.title()
                            + ": "
                            + (c.measure().equals("mAP")
                                ? "average precision"
                                : "recall, mean of the splits"))
                .toList());
    return new Section(
        "classes",
        "Each class",
        "Percent. " + columns + ".",
        List.of("networks", "data", "class", "figure"),
        rows);
  }
}
