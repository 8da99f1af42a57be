package org.vgg4j.evaluate.boxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.image.transform.Box;

class BoxMergingTest {
  /** A naive twin: all pairs are looked at before each merge. */
  private static List<ScoredBox> naive(MergeRule rule, double threshold, List<ScoredBox> found) {
    List<ScoredBox> boxes = new ArrayList<>(found);
    List<Integer> members = new ArrayList<>();
    found.forEach(box -> members.add(1));
    while (true) {
      int first = -1;
      int second = -1;
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i < boxes.size(); i++) {
        for (int j = i + 1; j < boxes.size(); j++) {
          double match = match(rule, boxes.get(i).box(), boxes.get(j).box());
          if (match < best) {
            first = i;
            second = j;
            best = match;
          }
        }
      }
      if (first < 0 || best > threshold) {
        boxes.sort(Comparator.comparingDouble(ScoredBox::score).reversed());
        return boxes;
      }
      ScoredBox a = boxes.get(first);
      ScoredBox b = boxes.remove(second);
      int other = members.remove(second);
      boolean plain = rule == MergeRule.PUBLISHED;
      Box mean = mean(a.box(), plain ? 1 : members.get(first), b.box(), plain ? 1 : other);
      boxes.set(first, new ScoredBox(a.label(), mean, a.score() + b.score()));
      members.set(first, members.get(first) + other);
    }
  }

  private static Box mean(Box a, int m, Box b, int n) {
    double sum = m + n;
    return new Box(
        (m * a.left() + n * b.left()) / sum,
        (m * a.top() + n * b.top()) / sum,
        (m * a.right() + n * b.right()) / sum,
        (m * a.bottom() + n * b.bottom()) / sum);
  }

  private static double match(MergeRule rule, Box a, Box b) {
    double dx = (a.left() + a.right() - b.left() - b.right()) / 2;
    double dy = (a.top() + a.bottom() - b.top() - b.bottom()) / 2;
    double distance = Math.sqrt(dx * dx + dy * dy);
    double w = Math.min(a.right(), b.right()) - Math.max(a.left(), b.left());
    double h = Math.min(a.bottom(), b.bottom()) - Math.max(a.top(), b.top());
    double shared = w > 0 && h > 0 ? w * h : 0;
    if (rule == MergeRule.PUBLISHED) {
      return distance + shared;
    }
    double diagonals =
        Math.sqrt(a.width() * a.width() + a.height() * a.height())
            + Math.sqrt(b.width() * b.width() + b.height() * b.height());
    double union = a.width() * a.height() + b.width() * b.height() - shared;
    double iou = shared == 0 ? 0 : shared / union;
    return (distance == 0 ? 0 : 2 * distance / diagonals) + (1 - iou);
  }

  /** Coarse coordinates, so that there are many ties; some boxes are equal or have no area. */
  private static List<ScoredBox> random(Random random, int count, int step) {
    List<ScoredBox> boxes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int x = step * random.nextInt(6);
      int y = step * random.nextInt(6);
      Box box = new Box(x, y, x + step * random.nextInt(5), y + step * random.nextInt(5));
      boxes.add(new ScoredBox(3, box, random.nextInt(8) / 8.0));
    }
    return boxes;
  }

  @ParameterizedTest
  @EnumSource(MergeRule.class)
  void equalsANaiveTwin(MergeRule rule) {
    Random random = new Random(5);
    int merged = 0;
    for (int run = 0; run < 300; run++) {
      List<ScoredBox> boxes = random(random, random.nextInt(24), 1 + random.nextInt(60));
      BoxMerging merging = new BoxMerging(rule, boxes);
      for (double threshold : rule.grid()) {
        merging.mergeUpTo(threshold);
        List<ScoredBox> expected = naive(rule, threshold, boxes);
        assertThat(merging.result()).as("run %d, up to %s", run, threshold).isEqualTo(expected);
        merged += expected.size() > 1 && expected.size() < boxes.size() ? 1 : 0;
      }
    }
    assertThat(merged).isGreaterThan(500); // neither everything nor nothing
  }

  @Test
  void oursIsTheMeanOfAllMembersWhateverTheirOrder() {
    List<ScoredBox> boxes =
        List.of(
            new ScoredBox(0, new Box(0, 0, 10, 10), .5),
            new ScoredBox(0, new Box(1, 0, 11, 10), .25),
            new ScoredBox(0, new Box(5, 0, 15, 13), .125),
            new ScoredBox(0, new Box(90, 90, 95, 95), .75));
    BoxMerging merging = new BoxMerging(MergeRule.SCALE_FREE, boxes);
    merging.mergeUpTo(1);
    assertThat(merging.result()).hasSize(2);
    assertThat(merging.result().get(0).score()).isEqualTo(.875);
    Box merged = merging.guess().box();
    assertThat(
            DoubleStream.of(merged.left(), merged.top(), merged.right(), merged.bottom()).toArray())
        .containsExactly(new double[] {2, 0, 12, 11}, within(1e-12));
  }

  @Test
  void oursDoesNotDependOnTheScaleAndThePublishedRuleDoes() {
    Box a = new Box(3, 4, 13, 20);
    Box b = new Box(5, 2, 19, 18);
    Box a2 = new Box(6, 8, 26, 40);
    Box b2 = new Box(10, 4, 38, 36);
    assertThat(MergeRule.SCALE_FREE.match(a2, b2)).isEqualTo(MergeRule.SCALE_FREE.match(a, b));
    assertThat(MergeRule.PUBLISHED.match(a2, b2))
        .isGreaterThan(3 * MergeRule.PUBLISHED.match(a, b));
  }

  @Test
  void hundredsOfBoxesTakeMilliseconds() {
    Random random = new Random(9);
    List<List<ScoredBox>> found = new ArrayList<>();
    for (int label = 0; label < 5; label++) {
      List<ScoredBox> boxes = new ArrayList<>();
      for (int i = 0; i < 800; i++) {
        double x = 300 * random.nextDouble();
        double y = 300 * random.nextDouble();
        Box box = new Box(x, y, x + 10 + 200 * random.nextDouble(), y + 200);
        boxes.add(new ScoredBox(label, box, random.nextDouble()));
      }
      found.add(boxes);
    }
    long start = System.nanoTime();
    assertThat(BoxMerging.guesses(MergeRule.SCALE_FREE, 3, found)).hasSize(5);
    assertThat(BoxMerging.guesses(MergeRule.PUBLISHED, 1e9, found)).hasSize(5);
    double milliseconds = (System.nanoTime() - start) / 1e6;
    assertThat(milliseconds).isLessThan(10_000); // the naive twin would take minutes
  }

  @Test
  void boxesOfOneClassAreMergedAndAClassWithoutBoxesGivesNoGuess() {
    ScoredBox zero = new ScoredBox(0, new Box(0, 0, 1, 1), 1);
    ScoredBox one = new ScoredBox(1, new Box(0, 0, 1, 1), 1);
    assertThatThrownBy(() -> new BoxMerging(MergeRule.SCALE_FREE, List.of(zero, one)))
        .hasMessageContaining("classes 0 and 1");
    assertThat(
            BoxMerging.guesses(
                MergeRule.SCALE_FREE, 1, List.of(List.of(one), List.of(), List.of(zero))))
        .containsExactly(new Guess(1, one.box()), new Guess(0, zero.box()));
  }

  @Test
  void theSmallestOfTheBestThresholdsIsChosen() {
    // Alone, the box with the largest score is wrong; merged with its neighbour it is right.
    List<ScoredBox> boxes =
        List.of(
            new ScoredBox(0, new Box(0, 0, 10, 10), .5),
            new ScoredBox(0, new Box(9, 0, 19, 10), .4),
            new ScoredBox(0, new Box(500, 500, 510, 510), .6));
    ImageTruth image =
        new ImageTruth(0, List.of(new BoxedObject(0, new Box(4, 0, 15, 10), false)), false);
    double match = MergeRule.SCALE_FREE.match(boxes.get(0).box(), boxes.get(1).box());
    MergeThreshold search = new MergeThreshold(MergeRule.SCALE_FREE);
    search.add(image, List.of(boxes, List.of()));
    search.add(new ImageTruth(0, List.of(), true), List.of());
    MergeThreshold.Choice choice = search.choose();
    List<Double> grid = MergeRule.SCALE_FREE.grid();
    double expected = grid.stream().filter(t -> t >= match).findFirst().orElseThrow();
    assertThat(choice.threshold()).isEqualTo(expected);
    assertThat(choice.errors()).hasSameSizeAs(grid);
    for (int i = 0; i < grid.size(); i++) {
      int wrong = grid.get(i) < match ? 1 : 0;
      assertThat(choice.errors().get(i)).isEqualTo(new ErrorRate(wrong, 1));
    }
    assertThatThrownBy(() -> new MergeThreshold(MergeRule.PUBLISHED).choose())
        .hasMessageContaining("no images");
  }
}
