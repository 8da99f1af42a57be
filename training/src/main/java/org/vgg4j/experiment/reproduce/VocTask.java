package org.vgg4j.experiment.reproduce;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.LabelledImages;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.data.voc.VocFolder;
import org.vgg4j.data.voc.VocSubmission;
import org.vgg4j.evaluate.AveragePrecision.Form;
import org.vgg4j.experiment.reproduce.FeatureResult.Column;
import org.vgg4j.svm.CostSearch;
import org.vgg4j.svm.Rows;

/** PASCAL VOC's classification task in one of its years: mean average precision. */
final class VocTask implements FeatureTask {
  private final VocFolder voc;
  private final Column column;
  private final Form form;
  private final Path out;
  private final MultiLabels labels;
  private final @Nullable LabelledImages test;
  private final List<FeaturePart> parts = new ArrayList<>();
  private final CostSearch.Parts halves;

  /**
   * @param column decides which form of average precision the figure has
   * @param out folder of submissions
   * @throws org.vgg4j.base.InputException if a list or an image is missing, or labels that are
   *     published
   */
  VocTask(VocFolder voc, Column column, Path out) {
    this.voc = voc;
    this.column = column;
    this.form = column == Column.VOC_2007 ? Form.ELEVEN_POINT : Form.AREA;
    this.out = out;
    LabelledImages trainval = voc.classification("trainval");
    this.labels = trainval.requireLabels();
    boolean published = column == Column.VOC_2007; // the labels of test
    this.test = published || voc.hasClassification("test") ? voc.classification("test") : null;
    if (published && test != null) {
      test.requireLabels();
    }
    String name = column == Column.VOC_2007 ? "voc-2007" : "voc-2012";
    parts.add(FeaturePart.averaged(name + "-trainval", trainval.images()));
    if (test != null) {
      parts.add(FeaturePart.averaged(name + "-test", test.images()));
    }
    this.halves =
        new CostSearch.Parts(voc.positions("train", "trainval"), voc.positions("val", "trainval"));
  }

  @Override
  public List<FeaturePart> parts() {
    return List.copyOf(parts);
  }

  @Override
  public List<FeatureResult> measure(
      FeatureSubject subject, Function<FeaturePart, Rows> descriptors, FeatureTraining training) {
    Rows rows = descriptors.apply(parts.get(0));
    VocMeter meter = new VocMeter(form, rows, labels, halves, training);
    List<String> averaged = labels.classNames();
    if (test == null) {
      return List.of(result(meter.onValidation(averaged), subject, rows.width(), ""));
    }
    Rows unseen = descriptors.apply(parts.get(1));
    if (test.labels() != null) {
      return List.of(
          result(meter.onTest(unseen, test.labels(), averaged), subject, rows.width(), ""));
    }
    Path written =
        VocSubmission.writeClassification(
            subject.submission(out, ""),
            voc,
            "test",
            test.images(),
            meter.scores(unseen),
            VocSubmission.Competition.ANY_DATA);
    return List.of(result(meter.onValidation(averaged), subject, rows.width(), written.toString()));
  }

  private FeatureResult result(
      VocMeter.Measured measured, FeatureSubject subject, int width, String submission) {
    return measured.result(
        column,
        subject,
        width,
        Map.of(
            form == Form.AREA ? "11 points" : "area",
            FeatureResult.percent(measured.meanOfOtherForm())),
        submission);
  }
}
