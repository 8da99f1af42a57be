package org.vgg4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.vgg4j.base.InputException;

/**
 * Options of the learning-rate schedule, and when training ends.
 *
 * @param kind how the rate falls
 * @param patience for {@link Kind#PAPER}: validations without improvement before the rate drops
 * @param stepEpochs for {@link Kind#STEP}: the epochs after which the rate is divided by ten, in
 *     rising order
 * @param warmUp steps over which the rate first rises linearly to its initial value; 0 for none
 * @param epochs upper limit on epochs
 * @param maxSteps upper limit on steps
 */
public record ScheduleConfig(
    Kind kind, int patience, List<Integer> stepEpochs, int warmUp, int epochs, int maxSteps) {
  /** How the rate falls. */
  public enum Kind {
    /** Divided by ten when the validation error stops improving; see {@link PlateauSchedule}. */
    PAPER,
    /** Divided by ten after given epochs. */
    STEP,
    /** Along half a cosine to zero at the last step (Loshchilov and Hutter, 2017). */
    COSINE;

    /** The name in options and files. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Returns the kind of that name, in any case.
     *
     * @throws InputException if there is none
     */
    public static Kind of(String name) {
      for (Kind kind : values()) {
        if (kind.label().equals(name.toLowerCase(Locale.ROOT))) {
          return kind;
        }
      }
      throw new InputException(
          "there is no schedule '" + name + "': choose paper, step or cosine (option schedule)");
    }
  }

  /**
   * @throws InputException if a number is out of its range, or the epochs do not rise
   */
  public ScheduleConfig {
    stepEpochs = List.copyOf(stepEpochs);
    Require.option(patience >= 1, "patience", patience, "at least 1");
    Require.option(epochs >= 1, "epochs", epochs, "at least 1");
    Require.option(maxSteps >= 1, "max-steps", maxSteps, "at least 1");
    Require.option(warmUp >= 0, "warm-up", warmUp, "at least 0");
    for (int i = 0; i < stepEpochs.size(); i++) {
      int least = i == 0 ? 1 : stepEpochs.get(i - 1) + 1;
      Require.option(
          stepEpochs.get(i) >= least, "step-epochs", text(stepEpochs), "rising numbers from 1 on");
    }
    Require.option(
        kind != Kind.STEP || !stepEpochs.isEmpty(),
        "step-epochs",
        "empty",
        "the epochs after which the rate drops, such as 20,40, where schedule is step");
  }

  /**
   * Returns sentences about what of the schedule a run will not come to.
   *
   * @param images that an epoch has
   * @param batch images of a step
   */
  List<String> notes(int images, int batch) {
    List<String> notes = new ArrayList<>();
    int stepsPerEpoch = (images + batch - 1) / batch;
    int last = (int) Math.min(epochs, (maxSteps - 1L) / stepsPerEpoch + 1);
    if (last < epochs) {
      notes.add(
          "option max-steps, %d, ends training in epoch %d of %d: raise it for more"
              .formatted(maxSteps, last, epochs));
    }
    List<Integer> missed = stepEpochs.stream().filter(after -> after >= last).toList();
    if (kind == Kind.STEP && !missed.isEmpty()) {
      notes.add(
          "training ends in epoch %d, so the rate does not drop after %s: see options step-epochs and epochs"
              .formatted(last, text(missed)));
    }
    return notes;
  }

  /** The epochs after which the rate drops, as the option's text. */
  String stepEpochsText() {
    return text(stepEpochs);
  }

  private static String text(List<Integer> epochs) {
    return String.join(",", epochs.stream().map(String::valueOf).toList());
  }
}
