package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  @Test
  void figuresOfAConfusion() {
    int[][] confusion = {{5, 2, 1}, {0, 4, 0}, {0, 0, 0}};
    Evaluation evaluation =
        new Evaluation(List.of("a", "b", "c"), confusion, new int[] {2, 1, 0}, 0.5);
    assertThat(evaluation.images()).isEqualTo(12);
    assertThat(evaluation.images(0)).isEqualTo(8);
    assertThat(evaluation.images(1)).isEqualTo(4);
    assertThat(evaluation.images(2)).isZero();
    assertThat(evaluation.correct()).isEqualTo(9);
    assertThat(evaluation.top1Error()).isEqualTo(25.0);
    assertThat(evaluation.top5Error()).isEqualTo(25.0);
    assertThat(evaluation.top1Error(0)).isEqualTo(37.5);
    assertThat(evaluation.top5Error(0)).isEqualTo(25.0);
    assertThat(evaluation.top1Error(1)).isZero();
    assertThat(evaluation.top5Error(1)).isEqualTo(25.0);
    assertThat(evaluation.top1Error(2)).isNaN();
    assertThat(evaluation.top5Error(2)).isNaN();
  }

  @Test
  void noImages() {
    Evaluation evaluation =
        new Evaluation(List.of("a", "b"), new int[2][2], new int[2], Double.NaN);
    assertThat(evaluation.images()).isZero();
    assertThat(evaluation.top1Error()).isNaN();
    assertThat(evaluation.top5Error()).isNaN();
  }
}
