package org.vgg4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.LabelCounts;
import org.vgg4j.data.ParallelFor;
import org.vgg4j.data.Split;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.inspect.Survey;

/**
 * Decodes all images before the first step. Unreadable ones are listed in the run folder and
 * skipped, so that none of them ends a run hours later.
 */
final class DataSurvey {
  private final TrainingConfig config;
  private final DataSplits data;
  private final ParallelFor parallel;
  private final TrainingListener listener;
  private final BooleanSupplier stopRequested;

  /**
   * @param data as it was found
   */
  DataSurvey(
      TrainingConfig config,
      DataSplits data,
      ParallelFor parallel,
      TrainingListener listener,
      BooleanSupplier stopRequested) {
    this.config = config;
    this.data = data;
    this.parallel = parallel;
    this.listener = listener;
    this.stopRequested = stopRequested;
  }

  /**
   * Surveys the training images, and the others if any of them may be unreadable: those of the
   * test, too, if it is not asked for, since it may be when the run is resumed.
   *
   * @param folder gets unreadable.csv
   * @return what was found in the training images, and which images of all parts are unreadable;
   *     null if it was asked to stop
   * @throws InputException if too many are unreadable
   */
  @Nullable Survey run(RunFolder folder) {
    Survey train = look(Split.TRAIN, data.train());
    if (train == null) {
      return null;
    }
    List<Unreadable> unreadable = new ArrayList<>(train.unreadable());
    for (Split split : List.of(Split.VAL, Split.TEST)) {
      Dataset part = data.part(split);
      if (part != null && part.mayBeUnreadable()) {
        Survey survey = look(split, part);
        if (survey == null) {
          return null;
        }
        unreadable.addAll(survey.unreadable());
      }
    }
    folder.writeUnreadable(unreadable);
    requireFew(config, data, unreadable, folder);
    requireAllClasses(config, data, data.without(unreadable));
    if (!unreadable.isEmpty()) {
      listener.warned(
          "%s (%s lists %s): %s"
              .formatted(
                  Unreadable.passedOver(unreadable.size()),
                  folder.unreadable(),
                  unreadable.size() == 1 ? "it" : "them",
                  Unreadable.names(unreadable)));
    }
    return new Survey(train.mean(), train.colors(), unreadable);
  }

  /**
   * @param unreadable of all parts
   * @param folder lists them
   * @throws InputException if too many images of a part that is used are unreadable
   */
  static void requireFew(
      TrainingConfig config, DataSplits data, List<Unreadable> unreadable, RunFolder folder) {
    for (Split split : Split.values()) {
      if (usedPart(config, data, split) != null) {
        requireFew(config, data, split, unreadable, folder.unreadable().toString());
      }
    }
  }

  /** A part that the run uses; null if there is none, or it is not to be measured. */
  static @Nullable Dataset usedPart(TrainingConfig config, DataSplits data, Split split) {
    return split == Split.TEST && !config.test() ? null : data.part(split);
  }

  private @Nullable Survey look(Split split, Dataset part) {
    return Survey.of(
        split,
        part,
        config.augmentation().scale().largest(),
        parallel,
        done -> listener.surveyed(part, done),
        stopRequested);
  }

  /**
   * @param listed where they are listed; empty to have them named
   * @throws InputException if too many images of a part are unreadable
   */
  static void requireFew(
      TrainingConfig config, DataSplits data, Split split, List<Unreadable> all, String listed) {
    Dataset part = data.part(split);
    if (part != null) {
      config
          .maxUnreadable()
          .require(part, all.stream().filter(one -> one.split() == split).toList(), listed);
    }
  }

  /**
   * Requires something to learn from and to measure where images show several classes.
   *
   * @throws InputException if no image of a part that is used shows any
   */
  static void requireShown(TrainingConfig config, DataSplits data) {
    for (Split split : Split.values()) {
      Dataset part = usedPart(config, data, split);
      if (part == null || !part.hasLabelSets()) {
        continue; // not there, of single labels, or not used
      }
      if (!LabelCounts.of(part).anyShown()) {
        throw new InputException(
            "no image of %s shows any label, so there is nothing to learn from or to measure: correct its labels, or add images%s"
                .formatted(
                    part.name(), split == Split.TEST ? ", or set option test to false" : ""));
      }
    }
  }

  /**
   * @param left the images that can be read
   * @throws InputException if none of a class's training images is left, or no label of a part
   */
  static void requireAllClasses(TrainingConfig config, DataSplits data, DataSplits left) {
    LabelCounts found = LabelCounts.of(data.train());
    LabelCounts kept = LabelCounts.of(left.train());
    for (int label = 0; label < left.train().classNames().size(); label++) {
      if (found.isShown(label) && !kept.isShown(label)) {
        throw new InputException(
            "no image of class %s of %s can be read: repair or replace them"
                .formatted(left.train().classNames().get(label), left.train().name()));
      }
    }
    requireShown(config, left);
  }
}
