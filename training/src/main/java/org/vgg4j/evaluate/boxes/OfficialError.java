package org.vgg4j.evaluate.boxes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.vgg4j.image.transform.Box;

/**
 * ILSVRC's errors of localisation and of classification, by the rules of its development kit (the
 * scripts {@code eval_clsloc} and {@code eval_localization_flat}). A guess is right if its label is
 * the image's, and its box overlaps a box of that class by at least {@link #OVERLAP}; an image is
 * right if one of its guesses is. An image without a guess, or without a box of its class, is
 * wrong; data sets that are opened with boxes leave out those without a box. Blacklisted images
 * count for classification, but not for localisation.
 *
 * @param verdicts one for each image
 */
public record OfficialError(List<Verdict> verdicts) {
  /** The most guesses for an image. */
  public static final int GUESSES = 5;

  /** The smallest overlap with which a box is right; the paper says that it must be exceeded. */
  public static final double OVERLAP = 0.5;

  /**
   * What an image's guesses were worth.
   *
   * @param label the image's class
   * @param blacklisted whether localisation leaves the image out
   * @param labelRank position, from 0, of the first guess with the right label; {@link #GUESSES} if
   *     there is none
   * @param boxRank position of the first guess with the right label and a right box; {@link
   *     #GUESSES} if there is none
   */
  public record Verdict(int label, boolean blacklisted, int labelRank, int boxRank) {}

  /** Copies the list. */
  public OfficialError {
    verdicts = List.copyOf(verdicts);
  }

  /**
   * Judges guesses.
   *
   * @param truth one for each image
   * @param guesses for each image at most {@link #GUESSES}, best first; a label may occur more than
   *     once
   * @throws IllegalArgumentException if there are too many for an image, or the numbers of images
   *     differ
   */
  public static OfficialError of(List<ImageTruth> truth, List<List<Guess>> guesses) {
    if (truth.size() != guesses.size()) {
      throw new IllegalArgumentException(
          "guesses for %d images, but there are %d".formatted(guesses.size(), truth.size()));
    }
    List<Verdict> verdicts = new ArrayList<>();
    for (int n = 0; n < truth.size(); n++) {
      verdicts.add(verdict(truth.get(n), guesses.get(n)));
    }
    return new OfficialError(verdicts);
  }

  private static Verdict verdict(ImageTruth truth, List<Guess> guesses) {
    if (guesses.size() > GUESSES) {
      throw new IllegalArgumentException(guesses.size() + " guesses for an image");
    }
    List<Box> boxes = truth.boxes(truth.label());
    return new Verdict(
        truth.label(),
        truth.blacklisted(),
        rank(guesses, guess -> guess.label() == truth.label()),
        rank(
            guesses,
            guess ->
                guess.label() == truth.label() && Overlap.best(guess.box(), boxes) >= OVERLAP));
  }

  private static int rank(List<Guess> guesses, Predicate<Guess> isRight) {
    for (int i = 0; i < guesses.size(); i++) {
      if (isRight.test(guesses.get(i))) {
        return i;
      }
    }
    return GUESSES;
  }

  /**
   * The localisation error: over all images that are not blacklisted.
   *
   * @param guesses how many of an image's guesses count: 5 for ILSVRC's error, 1 for the top-1
   *     error
   */
  public ErrorRate localisation(int guesses) {
    return rate(guesses, Verdict::boxRank, verdict -> !verdict.blacklisted());
  }

  /** The localisation error of the images of one class; see {@link #localisation(int)}. */
  public ErrorRate localisationOf(int label, int guesses) {
    return rate(
        guesses, Verdict::boxRank, verdict -> !verdict.blacklisted() && verdict.label() == label);
  }

  /**
   * The classification error of the guesses' labels: over all images, blacklisted ones included.
   *
   * @param guesses how many of an image's guesses count: 5 for the top-5 error, 1 for the top-1
   *     error
   */
  public ErrorRate classification(int guesses) {
    return rate(guesses, Verdict::labelRank, verdict -> true);
  }

  private ErrorRate rate(int guesses, ToIntFunction<Verdict> rank, Predicate<Verdict> counts) {
    int wrong = 0;
    int images = 0;
    for (Verdict verdict : verdicts) {
      if (counts.test(verdict)) {
        images++;
        wrong += rank.applyAsInt(verdict) >= guesses ? 1 : 0;
      }
    }
    return new ErrorRate(wrong, images);
  }

  /**
   * Which images are right, in their order, without the blacklisted ones: what two methods are
   * compared by.
   *
   * @param guesses how many of an image's guesses count
   */
  public boolean[] localised(int guesses) {
    List<Verdict> counted = verdicts.stream().filter(verdict -> !verdict.blacklisted()).toList();
    boolean[] right = new boolean[counted.size()];
    for (int n = 0; n < right.length; n++) {
      right[n] = counted.get(n).boxRank() < guesses;
    }
    return right;
  }

  /** How many images localisation leaves out. */
  public int blacklisted() {
    return (int) verdicts.stream().filter(Verdict::blacklisted).count();
  }
}
