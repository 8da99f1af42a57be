package org.vgg4j.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.vgg4j.base.InputException;

/**
 * Stretches a schedule to a time: before a run begins, steps are measured, and as many epochs are
 * chosen as fit. From then on the run is one with that number of epochs, and learns the same
 * whenever it is repeated with it: the time is no part of its config.yaml.
 */
public final class TimeBudget {
  private static final String TIME = "time";

  /** What is kept in reserve, since steps of a long run may be slower than those measured. */
  private static final double RESERVE = 0.05;

  /**
   * How long steps are measured: a hundredth of the time, within these. The JIT compiler makes them
   * faster for half a minute, which a long run should not be short of.
   */
  private static final Duration SHORTEST_TRIAL = Duration.ofSeconds(6);

  private static final Duration LONGEST_TRIAL = Duration.ofMinutes(1);

  /** What writing models and checkpoint takes at the end of an epoch: a slow disk's rate. */
  private static final double BYTES_PER_SECOND = 3e8;

  private static final int BYTES_PER_PARAMETER = 16; // last and best model, checkpoint twice
  private static final int BYTES_OF_AVERAGE = 4; // in the checkpoint
  private static final double SECONDS_PER_EPOCH = 0.03; // for small files

  private static final Pattern TEXT =
      Pattern.compile("(?:(\\d+(?:\\.\\d+)?)h)?(?:(\\d+(?:\\.\\d+)?)m)?(?:(\\d+(?:\\.\\d+)?)s)?");

  /** More than ten years. */
  private static final double MOST_HOURS = 99_999;

  private TimeBudget() {}

  /**
   * Parses a time such as 2h, 1h30m or 90s.
   *
   * @throws InputException if it is none, or not positive
   */
  static Duration of(String text) {
    Matcher parts = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
    double seconds = 0;
    if (parts.matches()) {
      for (int part = 1; part <= 3; part++) {
        String number = parts.group(part);
        seconds += number == null ? 0 : Double.parseDouble(number) * Math.pow(60, 3 - part);
      }
    }
    Require.option(seconds > 0, TIME, text, "a time such as 2h, 1h30m or 90s");
    Require.option(seconds <= 3600 * MOST_HOURS, TIME, text, "at most 99999h");
    return Duration.ofMillis(Math.round(1000 * seconds));
  }

  /** The option's text. */
  static String text(Duration time) {
    return time.toMillis() % 1000 == 0 ? time.toSeconds() + "s" : time.toMillis() / 1000.0 + "s";
  }

  /**
   * Requires that a run with a time has one process.
   *
   * @throws InputException if it has several
   */
  static void requireAlone(TrainingConfig config, int processes) {
    if (config.time() != null && processes > 1) {
      throw new InputException(
          "option time measures one process, but there are %d: leave option time out, and give option epochs"
              .formatted(processes));
    }
  }

  /**
   * Returns the options of a new run, with the number of epochs that fit the time in its place. The
   * same options if they have no time.
   *
   * @param noted receives a sentence about it
   * @throws InputException if not even an epoch fits, or the run could not start
   */
  public static TrainingConfig settle(TrainingConfig config, Consumer<String> noted) {
    Duration time = config.time();
    return time == null ? config : settle(config, trial(time), noted);
  }

  static Duration trial(Duration time) {
    Duration share = time.dividedBy(100);
    if (share.compareTo(SHORTEST_TRIAL) < 0) {
      return SHORTEST_TRIAL;
    }
    return share.compareTo(LONGEST_TRIAL) > 0 ? LONGEST_TRIAL : share;
  }

  static TrainingConfig settle(TrainingConfig config, Duration trial, Consumer<String> noted) {
    Duration time = config.time();
    if (time == null) {
      return config;
    }
    DryRun found = DryRun.of(config, trial, noted);
    double secondsOfEpoch =
        found.secondsOfEpoch()
            + SECONDS_PER_EPOCH
            + found.architecture().parameterCount() * bytesPerParameter(config) / BYTES_PER_SECOND;
    double seconds = time.toMillis() / 1000.0;
    TrainingConfig measured = AutoBatch.as(config, found.config().sgd().batch());
    TrainingConfig settled = withEpochs(measured, (1 - RESERVE) * seconds / secondsOfEpoch);
    int epochs = settled.schedule().epochs();
    noted.accept(
        String.format(
            Locale.ROOT,
            "an epoch takes about %.1f s here, so %,d epoch%s in %s: option epochs is %d from now"
                + " on",
            secondsOfEpoch,
            epochs,
            epochs == 1 ? " fits" : "s fit",
            text(time),
            epochs));
    return settled;
  }

  private static int bytesPerParameter(TrainingConfig config) {
    return BYTES_PER_PARAMETER + (config.sgd().average().isKept() ? BYTES_OF_AVERAGE : 0);
  }

  /**
   * Returns the options with a number of epochs in place of the time. The drops of schedule step
   * stay at their shares of all epochs. Steps are limited only where another limit than the default
   * is asked for, which would end small networks long before their time.
   *
   * @param fitting how many epochs fit
   */
  static TrainingConfig withEpochs(TrainingConfig config, double fitting) {
    int epochs = (int) Math.min(1_000_000, Math.floor(fitting));
    if (epochs < 1) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "only %.2f epochs fit in option time: give more time, or fewer images (option limit)",
              fitting));
    }
    List<Integer> drops =
        config.schedule().kind() == ScheduleConfig.Kind.STEP
            ? drops(config.schedule(), epochs)
            : config.schedule().stepEpochs(); // without effect
    int maxSteps = config.schedule().maxSteps();
    boolean byDefault = maxSteps == TrainingConfig.DEFAULTS.schedule().maxSteps();
    return config.toBuilder()
        .time(null)
        .epochs(epochs)
        .stepEpochs(drops)
        .maxSteps(byDefault ? Integer.MAX_VALUE : maxSteps)
        .build();
  }

  private static List<Integer> drops(ScheduleConfig schedule, int epochs) {
    List<Integer> drops = new ArrayList<>();
    for (int before : schedule.stepEpochs()) {
      int drop = (int) Math.round((double) before * epochs / schedule.epochs());
      if (drop < 1 || drop >= epochs || (!drops.isEmpty() && drop <= drops.get(drops.size() - 1))) {
        throw new InputException(
            "%d epochs fit in option time, too few for the drops after epochs %s of %d: give more time, or fewer drops (option step-epochs)"
                .formatted(epochs, schedule.stepEpochsText(), schedule.epochs()));
      }
      drops.add(drop);
    }
    return drops;
  }

  /**
   * Returns the options of a run that has begun, with the number of epochs, and the limit on steps,
   * that were chosen then.
   *
   * @param run its folder
   * @throws InputException if there is no run, or its config.yaml cannot be read
   */
  static TrainingConfig asBegun(TrainingConfig config, Path run) {
    if (config.time() == null) {
      return config;
    }
    Map<String, Object> begun = RunFolder.existing(run).options();
    TrainingConfig then =
        TrainingConfig.of(
            Map.of(
                "epochs", String.valueOf(begun.get("epochs")),
                "step-epochs", String.valueOf(begun.get("step-epochs")),
                "max-steps", String.valueOf(begun.get("max-steps"))));
    return config.toBuilder()
        .time(null)
        .epochs(then.schedule().epochs())
        .stepEpochs(then.schedule().stepEpochs())
        .maxSteps(then.schedule().maxSteps())
        .build();
  }
}
