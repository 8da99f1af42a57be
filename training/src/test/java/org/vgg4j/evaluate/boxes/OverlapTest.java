package org.vgg4j.evaluate.boxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.vgg4j.image.transform.Box;

class OverlapTest {
  @Test
  void isTheSharedAreaOverTheCoveredOne() {
    assertThat(Overlap.iou(new Box(0, 0, 4, 4), new Box(2, 2, 6, 6))).isEqualTo(4.0 / 28);
    assertThat(Overlap.iou(new Box(1, 2, 3, 8), new Box(1, 2, 3, 8))).isEqualTo(1);
    assertThat(Overlap.iou(new Box(0, 0, 8, 8), new Box(2, 2, 4, 6))).isEqualTo(8.0 / 64);
  }

  @Test
  void isNothingWhereBoxesDoNotMeetOnlyTouchOrHaveNoArea() {
    Box box = new Box(0, 0, 4, 4);
    assertThat(Overlap.iou(box, new Box(5, 0, 9, 4))).isZero();
    assertThat(Overlap.iou(box, new Box(5, 5, 9, 9))).isZero(); // both extents are negative
    assertThat(Overlap.iou(box, new Box(4, 0, 8, 4))).isZero();
    assertThat(Overlap.iou(box, new Box(2, 2, 2, 2))).isZero();
    assertThat(Overlap.iou(new Box(2, 2, 2, 2), new Box(2, 2, 2, 2))).isZero();
  }

  @Test
  void ofSeveralBoxesTheBestCounts() {
    Box box = new Box(0, 0, 4, 4);
    assertThat(Overlap.best(box, List.of(new Box(0, 0, 4, 2), new Box(0, 0, 4, 3), box)))
        .isEqualTo(1);
    assertThat(Overlap.best(box, List.of())).isZero();
  }

  @Test
  void boxesOfWholePixelsIncludeTheLast() {
    assertThat(PixelBoxes.ofInclusive(3, 4, 3, 9)).isEqualTo(new Box(3, 4, 4, 10));
    assertThat(PixelBoxes.rounded(new Box(2.6, 3.4, 9.4, 9.6))).isEqualTo(new Box(3, 3, 9, 10));
    assertThat(PixelBoxes.rounded(new Box(2.6, 3.4, 2.7, 3.4))).isEqualTo(new Box(3, 3, 4, 4));
  }

  @Test
  void aBoxThatIsFoundIsFinite() {
    Box infinite = new Box(0, 0, Double.POSITIVE_INFINITY, 1);
    assertThatThrownBy(() -> new ScoredBox(0, infinite, 1)).hasMessageContaining("not finite");
    assertThatThrownBy(() -> new ScoredBox(0, new Box(0, 0, 1, 1), Double.NaN))
        .hasMessageContaining("not finite");
  }
}
