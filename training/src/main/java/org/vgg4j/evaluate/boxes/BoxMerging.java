package org.vgg4j.evaluate.boxes;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.vgg4j.image.transform.Box;

/**
 * Merges the boxes that were found for a class in an image, at all windows and scales and by all
 * networks: again and again the two that match best, as long as their match score is at most a
 * threshold (Sermanet et al. 2014, section 4). The score of a merged box is the sum of its members'
 * scores. Of equally good pairs the one with the smallest positions in the list is merged, so the
 * result depends on the list alone.
 *
 * <p>Each box knows its best match among those behind it. Merging two means to look for the matches
 * of the boxes that lost theirs, which are few: as a rule the time is quadratic in the number of
 * boxes. Not thread-safe.
 */
public final class BoxMerging {
  private final MergeRule rule;
  private final int label;
  private final Box[] boxes;
  private final double[] scores;
  private final int[] members; // 0: merged into a box before it
  private final int[] nearest; // among those behind; -1: none
  private final double[] match; // with the nearest

  /**
   * Starts with the boxes as they are.
   *
   * @param found in any order; all of the same class
   * @throws IllegalArgumentException if classes differ
   */
  public BoxMerging(MergeRule rule, List<ScoredBox> found) {
    this.rule = rule;
    this.label = found.isEmpty() ? 0 : found.get(0).label();
    int count = found.size();
    boxes = new Box[count];
    scores = new double[count];
    members = new int[count];
    nearest = new int[count];
    match = new double[count];
    for (int i = 0; i < count; i++) {
      ScoredBox box = found.get(i);
      if (box.label() != label) {
        throw new IllegalArgumentException(
            "boxes of classes %d and %d are not merged".formatted(label, box.label()));
      }
      boxes[i] = box.box();
      scores[i] = box.score();
      members[i] = 1;
    }
    for (int i = 0; i < count; i++) {
      findNearest(i);
    }
  }

  /**
   * The guesses for an image: for each class the merged box with the largest score.
   *
   * @param threshold see {@link #mergeUpTo}
   * @param found for each class its boxes, the most probable class first; a class without boxes
   *     gives no guess
   */
  public static List<Guess> guesses(MergeRule rule, double threshold, List<List<ScoredBox>> found) {
    List<Guess> guesses = new ArrayList<>();
    for (List<ScoredBox> ofClass : found) {
      if (!ofClass.isEmpty()) {
        BoxMerging merging = new BoxMerging(rule, ofClass);
        merging.mergeUpTo(threshold);
        guesses.add(merging.guess());
      }
    }
    return guesses;
  }

  /**
   * Merges the closest two until their match score exceeds the threshold. Ascending thresholds give
   * what each of them gives from the start.
   *
   * @param threshold in the rule's units
   */
  public void mergeUpTo(double threshold) {
    for (int first = closest(); first >= 0 && match[first] <= threshold; first = closest()) {
      merge(first, nearest[first]);
    }
  }

  /** The boxes as they are now, the largest score first; of equal scores in the list's order. */
  public List<ScoredBox> result() {
    List<ScoredBox> result = new ArrayList<>();
    for (int i = 0; i < boxes.length; i++) {
      if (members[i] > 0) {
        result.add(new ScoredBox(label, boxes[i], scores[i]));
      }
    }
    result.sort(Comparator.comparingDouble(ScoredBox::score).reversed());
    return result;
  }

  /**
   * The box with the largest score as it is now.
   *
   * @throws IllegalStateException if there are no boxes
   */
  public Guess guess() {
    List<ScoredBox> merged = result();
    if (merged.isEmpty()) {
      throw new IllegalStateException("no boxes to guess from");
    }
    return new Guess(label, merged.get(0).box());
  }

  /** The first box of the best pair; -1 if only one box is left. */
  private int closest() {
    int best = -1;
    for (int i = 0; i < boxes.length; i++) {
      if (members[i] > 0 && nearest[i] >= 0 && (best < 0 || match[i] < match[best])) {
        best = i;
      }
    }
    return best;
  }

  private void merge(int first, int second) {
    double one = rule.weight(members[first]);
    double other = rule.weight(members[second]);
    Box a = boxes[first];
    Box b = boxes[second];
    boxes[first] =
        new Box(
            mean(one, a.left(), other, b.left()),
            mean(one, a.top(), other, b.top()),
            mean(one, a.right(), other, b.right()),
            mean(one, a.bottom(), other, b.bottom()));
    scores[first] += scores[second];
    members[first] += members[second];
    members[second] = 0;
    findNearest(first);
    for (int i = 0; i < second; i++) {
      if (i == first || members[i] == 0) {
        continue;
      }
      if (nearest[i] == first || nearest[i] == second) {
        findNearest(i);
      } else if (i < first) {
        offer(i, first);
      }
    }
  }

  private static double mean(double weightA, double a, double weightB, double b) {
    return (weightA * a + weightB * b) / (weightA + weightB);
  }

  private void findNearest(int i) {
    nearest[i] = -1;
    match[i] = Double.POSITIVE_INFINITY;
    for (int j = i + 1; j < boxes.length; j++) {
      if (members[j] > 0) {
        offer(i, j);
      }
    }
  }

  /** Takes the box as the nearest if it matches better, or as well and comes first. */
  private void offer(int i, int j) {
    double offered = rule.match(boxes[i], boxes[j]);
    if (nearest[i] < 0 || offered < match[i] || (offered == match[i] && j < nearest[i])) {
      nearest[i] = j;
      match[i] = offered;
    }
  }
}
