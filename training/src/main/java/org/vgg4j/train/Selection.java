package org.vgg4j.train;

import java.util.Locale;
import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.Measurement;
import org.vgg4j.model.Task;

/**
 * Which measure of the validation images decides which epoch is the best, when the paper's schedule
 * drops the rate and when {@link SelectionConfig#stopAfter} ends training. Of epochs that are equal
 * by it, the one with the smaller loss is better.
 */
public enum Selection {
  /**
   * 100 less the {@link LabelEvaluation#meanAveragePrecision}, where images show several classes.
   */
  MAP("mAP of validation", 0.1),
  /** The error of the task: top-1, or of boxes. */
  TOP1("validation error", 0.1),
  /** 100 less the {@link Evaluation#balancedAccuracy}: each class counts the same. */
  BALANCED("balanced accuracy of validation", 0.1),
  /** The mean loss. */
  LOSS("validation loss", 0.001);

  private final String noun;
  private final double leastImprovement;

  Selection(String noun, double leastImprovement) {
    this.noun = noun;
    this.leastImprovement = leastImprovement;
  }

  /**
   * Returns the measure of that name, in any case.
   *
   * @throws InputException if there is none
   */
  public static Selection of(String name) {
    for (Selection selection : values()) {
      if (selection.label().equals(name.toLowerCase(Locale.ROOT))) {
        return selection;
      }
    }
    throw new InputException(
        "option select is %s but must be top1, balanced or loss, or map with option multi-label"
            .formatted(name.isEmpty() ? "''" : name));
  }

  /** What decides unless an option says otherwise. */
  static Selection usual(Task task) {
    return task.isLabels() ? MAP : TOP1;
  }

  /**
   * @throws InputException if a network of this task has no such measure
   */
  void requireFit(Task task) {
    boolean fits =
        switch (this) {
          case LOSS -> true;
          case TOP1 -> !task.isLabels();
          case BALANCED -> task == Task.CLASSIFICATION;
          case MAP -> task.isLabels();
        };
    Require.option(
        fits,
        "select",
        label(),
        switch (task) {
          case CLASSIFICATION -> "top1, balanced or loss where an image shows one class";
          case LABELS -> "map or loss with option multi-label";
          case SINGLE_BOX, BOX_PER_CLASS ->
              "top1 (the error of boxes) or loss where boxes are learnt";
        });
  }

  /** The name in options and files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What sentences call it. */
  String noun() {
    return noun;
  }

  /**
   * By how much a value must be smaller for the paper's schedule to see an improvement: percentage
   * points, or nats of a loss.
   */
  double leastImprovement() {
    return leastImprovement;
  }

  /** The value of a measurement, in percent or, of a loss, in nats: smaller is better. */
  double of(Measurement measurement) {
    return switch (this) {
      case TOP1, MAP -> measurement.error();
      case BALANCED -> 100 - classified(measurement).balancedAccuracy();
      case LOSS -> measurement.meanLoss();
    };
  }

  /**
   * The measure itself, of a value that {@link #of} gave: of mAP and balanced accuracy the percent,
   * where larger is better.
   */
  public double shown(double value) {
    return switch (this) {
      case TOP1, LOSS -> value;
      case MAP, BALANCED -> 100 - value;
    };
  }

  /** What a model's provenance says of its validation beside {@link Measurement#figures}. */
  Map<String, Double> figures(Measurement validation) {
    return switch (this) {
      case TOP1, MAP -> Map.of();
      case BALANCED -> Map.of("valBalancedAccuracy", classified(validation).balancedAccuracy());
      case LOSS -> Map.of("valLoss", validation.meanLoss());
    };
  }

  private static Evaluation classified(Measurement measurement) {
    if (measurement instanceof Evaluation evaluation) {
      return evaluation;
    }
    throw new IllegalStateException("no balanced accuracy of " + measurement);
  }
}
