package org.vgg4j.evaluate.boxes;

import java.util.ArrayList;
import java.util.List;

/**
 * The search for the threshold of {@link BoxMerging} with the smallest localisation error on images
 * whose boxes are known, among those of {@link MergeRule#grid}. Images are added one by one, and
 * only counts are kept of them. Not thread-safe.
 */
public final class MergeThreshold {
  private final MergeRule rule;
  private final int[] wrong;
  private int images;

  /** Starts without images. */
  public MergeThreshold(MergeRule rule) {
    this.rule = rule;
    this.wrong = new int[rule.grid().size()];
  }

  /**
   * What was found.
   *
   * @param threshold the smallest of those with the fewest wrong images
   * @param errors for each threshold of the grid
   */
  public record Choice(double threshold, List<ErrorRate> errors) {}

  /**
   * Adds an image; a blacklisted one is passed over.
   *
   * @param found for each of at most {@link OfficialError#GUESSES} classes its boxes, the most
   *     probable class first
   */
  public void add(ImageTruth truth, List<List<ScoredBox>> found) {
    if (truth.blacklisted()) {
      return;
    }
    images++;
    List<BoxMerging> merging =
        found.stream()
            .filter(ofClass -> !ofClass.isEmpty())
            .map(ofClass -> new BoxMerging(rule, ofClass))
            .toList();
    for (int i = 0; i < wrong.length; i++) {
      List<Guess> guesses = new ArrayList<>();
      for (BoxMerging ofClass : merging) {
        ofClass.mergeUpTo(rule.grid().get(i));
        guesses.add(ofClass.guess());
      }
      OfficialError error = OfficialError.of(List.of(truth), List.of(guesses));
      wrong[i] += error.localisation(OfficialError.GUESSES).wrong();
    }
  }

  /**
   * Chooses.
   *
   * @throws IllegalStateException if there are no images
   */
  public Choice choose() {
    if (images == 0) {
      throw new IllegalStateException("no images to choose a threshold on");
    }
    int best = 0;
    List<ErrorRate> errors = new ArrayList<>();
    for (int i = 0; i < wrong.length; i++) {
      errors.add(new ErrorRate(wrong[i], images));
      best = wrong[i] < wrong[best] ? i : best;
    }
    return new Choice(rule.grid().get(best), List.copyOf(errors));
  }
}
