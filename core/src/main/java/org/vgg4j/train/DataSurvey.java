package org.vgg4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.ParallelFor;
import org.vgg4j.data.Split;
import org.vgg4j.data.Survey;
import org.vgg4j.data.Unreadable;

/**
 * A look at all pictures before the first step: those that cannot be read are listed in the run
 * folder and passed over, so that none of them ends a run hours later.
 */
final class DataSurvey {
  /** More unreadable pictures of a part than this, in percent, and something is wrong with it. */
  private static final double MOST_UNREADABLE = 1;

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
   * Looks at the training images, and at the others where they may turn out to be unreadable.
   *
   * @param folder gets unreadable.csv
   * @return what was found in the training images, and which pictures of all parts are unreadable;
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
    for (Split split : Split.values()) {
      requireFew(split, unreadable, folder);
    }
    requireAllClasses(data.without(unreadable).train());
    if (!unreadable.isEmpty()) {
      listener.warned(
          "%d of the pictures cannot be read and are passed over: see %s"
              .formatted(unreadable.size(), folder.unreadable()));
    }
    return new Survey(train.mean(), train.colors(), unreadable);
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

  private void requireFew(Split split, List<Unreadable> all, RunFolder folder) {
    Dataset part = data.part(split);
    List<Unreadable> unreadable = all.stream().filter(picture -> picture.split() == split).toList();
    if (part == null || unreadable.size() * 100.0 <= MOST_UNREADABLE * part.size()) {
      return;
    }
    throw new InputException(
        String.format(
            Locale.ROOT,
            "%d of the %d pictures of %s cannot be read, more than %.0f %%: repair or remove those"
                + " listed in %s; the first: %s",
            unreadable.size(),
            part.size(),
            part.name(),
            MOST_UNREADABLE,
            folder.unreadable(),
            unreadable.get(0).reason()));
  }

  private void requireAllClasses(Dataset left) {
    boolean[] found = classesOf(data.train());
    boolean[] kept = classesOf(left);
    for (int label = 0; label < found.length; label++) {
      if (found[label] && !kept[label]) {
        throw new InputException(
            "no picture of class %s of %s can be read: repair or replace them"
                .formatted(left.classNames().get(label), left.name()));
      }
    }
  }

  private static boolean[] classesOf(Dataset dataset) {
    boolean[] present = new boolean[dataset.classNames().size()];
    for (int i = 0; i < dataset.size(); i++) {
      present[dataset.label(i)] = true;
    }
    return present;
  }
}
