package org.vgg4j.experiment.reproduce;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.data.voc.VocActions;
import org.vgg4j.data.voc.VocFolder;
import org.vgg4j.data.voc.VocSubmission;
import org.vgg4j.evaluate.AveragePrecision.Form;
import org.vgg4j.experiment.reproduce.FeatureResult.Column;
import org.vgg4j.svm.CostSearch;
import org.vgg4j.svm.Rows;
import org.vgg4j.svm.StackedRows;

/**
 * PASCAL VOC-2012's action task: mean average precision over the ten actions, and over these and
 * "other", of the whole image's descriptor, and of this stacked with the descriptor of what is in
 * the person's box.
 */
final class ActionTask implements FeatureTask {
  private final VocFolder voc;
  private final Path out;
  private final VocActions trainval;
  private final MultiLabels labels;
  private final @Nullable VocActions test;
  private final FeaturePart wholes;
  private final FeaturePart boxes;
  private final @Nullable FeaturePart testWholes;
  private final @Nullable FeaturePart testBoxes;
  private final CostSearch.Parts halves;

  /**
   * @param out folder of submissions
   * @throws InputException if a list, an image, a box or the labels of trainval are missing
   */
  ActionTask(VocFolder voc, Path out) {
    this.voc = voc;
    this.out = out;
    this.trainval = voc.actions("trainval");
    this.labels = trainval.whole().requireLabels();
    this.test = voc.hasActions("test") ? voc.actions("test") : null;
    this.wholes = FeaturePart.averaged("action-trainval", trainval.whole().images());
    this.boxes = FeaturePart.averaged("action-trainval-boxes", trainval.boxes());
    this.testWholes =
        test == null ? null : FeaturePart.averaged("action-test", test.whole().images());
    this.testBoxes = test == null ? null : FeaturePart.averaged("action-test-boxes", test.boxes());
    this.halves = new CostSearch.Parts(positions("train"), positions("val"));
  }

  private int[] positions(String set) {
    Map<VocActions.Person, Integer> places = new HashMap<>();
    for (VocActions.Person person : trainval.people()) {
      places.put(person, places.size());
    }
    return voc.actions(set).people().stream()
        .mapToInt(
            person -> {
              Integer place = places.get(person);
              if (place == null) {
                throw new InputException(
                    "object %d of image %s is in ImageSets/Action/%s.txt of %s, but not in trainval.txt: unpack the archive again"
                        .formatted(person.object(), person.image(), set, voc.root()));
              }
              return place;
            })
        .sorted()
        .toArray();
  }

  @Override
  public List<FeaturePart> parts() {
    List<FeaturePart> parts = new ArrayList<>(List.of(wholes, boxes));
    if (testWholes != null && testBoxes != null) {
      parts.add(testWholes);
      parts.add(testBoxes);
    }
    return parts;
  }

  @Override
  public List<FeatureResult> measure(
      FeatureSubject subject, Function<FeaturePart, Rows> descriptors, FeatureTraining training) {
    List<FeatureResult> results = new ArrayList<>();
    for (Column column : List.of(Column.ACTION_IMAGE, Column.ACTION_BOX)) {
      boolean boxed = column == Column.ACTION_BOX;
      Rows rows = rows(descriptors, wholes, boxed ? boxes : null);
      VocMeter meter = new VocMeter(Form.AREA, rows, labels, halves, training);
      List<String> actions =
          labels.classNames().stream().filter(name -> !name.equals(VocFolder.OTHER)).toList();
      VocMeter.Measured measured;
      String submission = "";
      if (test == null || testWholes == null) {
        measured = meter.onValidation(actions);
      } else {
        Rows unseen = rows(descriptors, testWholes, boxed ? testBoxes : null);
        if (test.whole().labels() == null) {
          submission = submit(test, meter.scores(unseen), subject, boxed);
          measured = meter.onValidation(actions);
        } else {
          measured = meter.onTest(unseen, test.whole().labels(), actions);
        }
      }
      results.add(result(column, measured, subject, rows.width(), submission));
    }
    return results;
  }

  private static Rows rows(
      Function<FeaturePart, Rows> descriptors, FeaturePart whole, @Nullable FeaturePart box) {
    Rows own = descriptors.apply(whole);
    return box == null ? own : new StackedRows(List.of(own, descriptors.apply(box)));
  }

  private String submit(
      VocActions people, double[][] scores, FeatureSubject subject, boolean boxed) {
    return VocSubmission.writeActions(
            subject.submission(out, boxed ? "-image-and-box" : "-image"),
            voc,
            "test",
            people,
            scores,
            VocSubmission.Competition.ANY_DATA)
        .toString();
  }

  private static FeatureResult result(
      Column column,
      VocMeter.Measured measured,
      FeatureSubject subject,
      int width,
      String submission) {
    return measured.result(
        column,
        subject,
        width,
        Map.of("with " + VocFolder.OTHER, FeatureResult.percent(measured.meanOfAll())),
        submission);
  }
}
