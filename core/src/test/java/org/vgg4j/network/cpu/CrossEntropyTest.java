package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.model.Label;
import org.vgg4j.model.Target;
import org.vgg4j.network.Learner;

/** The classification head: soft-max, and its cross-entropy with labels. */
class CrossEntropyTest {
  private static final int CLASSES = 3;
  private static final List<Target> LABELS = Label.listOf(2, 0);

  private final Kernels kernels = KernelLookup.get().kernels();
  private final Head head = new ClassificationHead(CLASSES, kernels);
  private final float[] scores = {0.5f, -1, 2, 1.5f, 0.25f, -0.75f};

  private double loss(float[] values) {
    return head.loss(2).compute(values, LABELS, 1, new float[6]).lossSum();
  }

  @Test
  void theLossIsThatOfTheAnswers() {
    float[] posteriors = head.posteriors(2, scores);
    assertThat(posteriors[0] + posteriors[1] + posteriors[2]).isCloseTo(1, within(1e-6f));
    double expected = -Math.log(posteriors[2]) - Math.log(posteriors[3]);
    assertThat(loss(scores)).isCloseTo(expected, within(1e-6));
    assertThat(loss(new float[6])).isCloseTo(2 * Math.log(CLASSES), within(1e-6));
  }

  @Test
  void theGradientIsWithRespectToTheScores() {
    float[] gradient = new float[7];
    gradient[6] = 42;
    head.loss(5).compute(scores, LABELS, 0.25f, gradient);
    for (int i = 0; i < scores.length; i++) {
      float[] above = scores.clone();
      float[] below = scores.clone();
      above[i] += 0.0625f;
      below[i] -= 0.0625f;
      double numeric = (loss(above) - loss(below)) / 0.125;
      assertThat((double) gradient[i]).isCloseTo(0.25 * numeric, within(1e-4));
    }
    assertThat(gradient[6]).as("beyond the images").isEqualTo(42);
  }

  @Test
  void correctIsTheLargestScoreAndOfEqualOnesTheFirst() {
    Loss loss = head.loss(1);
    float[] equal = {1, 1, 0};
    assertThat(loss.compute(equal, Label.listOf(0), 1, new float[3]).correct()).isEqualTo(1);
    assertThat(loss.compute(equal, Label.listOf(1), 1, new float[3]).correct()).isZero();
    assertThat(loss.compute(equal, Label.listOf(2), 1, new float[3]).correct()).isZero();
    float[] broken = {Float.NaN, 1, 0};
    Learner.Result result = loss.compute(broken, Label.listOf(1), 1, new float[3]);
    assertThat(result.correct()).isZero();
    assertThat(result.lossSum()).isNaN();
  }

  @Test
  void aLabelBeyondTheClassesIsRefused() {
    Loss loss = head.loss(2);
    assertThatThrownBy(() -> loss.compute(scores, Label.listOf(2, 3), 1, new float[6]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("label 3, but the network has 3 classes");
  }
}
