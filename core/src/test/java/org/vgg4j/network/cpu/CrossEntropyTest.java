package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.model.Label;
import org.vgg4j.model.MixedLabel;
import org.vgg4j.model.Target;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.Learner;

/** The classification head: soft-max, and its cross-entropy with labels. */
class CrossEntropyTest {
  private static final int CLASSES = 3;
  private static final List<Target> LABELS = Label.listOf(2, 0);

  private final Kernels kernels = KernelLookup.get().kernels();
  private final Head head = new ClassificationHead(CLASSES, kernels, ClassLoss.PLAIN);
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

  private static JsonNode golden() throws IOException {
    try (InputStream in = CrossEntropyTest.class.getResourceAsStream("/goldens/loss/losses.json")) {
      return new ObjectMapper().readTree(in);
    }
  }

  private static List<Double> numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asDouble).toList();
  }

  private static List<Target> targets(JsonNode golden, boolean mixed) {
    List<Target> targets = new ArrayList<>();
    for (int n = 0; n < golden.path("first").size(); n++) {
      int first = golden.path("first").path(n).asInt();
      int second = golden.path("second").path(n).asInt();
      double share = golden.path("shares").path(n).asDouble();
      targets.add(mixed ? new MixedLabel(first, second, share) : new Label(first));
    }
    return targets;
  }

  /** Class weights, smoothing and mixtures, and all of them together. */
  @Test
  void lossesAndGradientsArePyTorchs() throws IOException {
    JsonNode golden = golden();
    int classes = golden.path("classes").asInt();
    List<Double> values = numbers(golden.path("scores"));
    float[] logits = new float[values.size()];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = values.get(i).floatValue();
    }
    for (JsonNode one : golden.path("cases")) {
      List<Double> weights =
          one.path("weighted").asBoolean() ? numbers(golden.path("weights")) : List.of();
      ClassLoss how = new ClassLoss(weights, one.path("smoothing").asDouble());
      List<Target> targets = targets(golden, one.path("mixed").asBoolean());
      float[] gradient = new float[logits.length];
      Learner.Result result =
          new ClassificationHead(classes, kernels, how)
              .loss(targets.size())
              .compute(logits, targets, 1, gradient);
      assertThat(result.lossSum())
          .as("%s, %s", how, targets)
          .isCloseTo(one.path("loss").asDouble(), within(1e-5));
      List<Double> expected = numbers(one.path("gradient"));
      for (int i = 0; i < gradient.length; i++) {
        assertThat((double) gradient[i]).isCloseTo(expected.get(i), within(2e-6));
      }
    }
  }

  @Test
  void ofAMixtureTheClassWithTheLargerShareIsRight() {
    Loss loss = head.loss(1);
    float[] second = {0, 3, 1};
    for (double share : new double[] {0.2, 0.5, 0.8}) {
      List<Target> mixed = List.of(new MixedLabel(0, 1, share));
      int right = loss.compute(second, mixed, 1, new float[3]).correct();
      assertThat(right).as("share of the first %s", share).isEqualTo(share < 0.5 ? 1 : 0);
    }
  }

  @Test
  void weightsForAnotherNumberOfClassesAreRefused() {
    ClassLoss two = new ClassLoss(List.of(1.0, 2.0), 0);
    Loss loss = new ClassificationHead(CLASSES, kernels, two).loss(2);
    assertThatThrownBy(() -> loss.compute(scores, LABELS, 1, new float[6]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 weights for 3 classes");
  }

  @Test
  void numbersOutOfTheirRangesAreRefused() {
    for (double weight : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new ClassLoss(List.of(1.0, weight), 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (double smoothing : new double[] {-0.1, 1, Double.NaN}) {
      assertThatThrownBy(() -> new ClassLoss(List.of(), smoothing))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (double share : new double[] {-0.1, 1.1, Double.NaN}) {
      assertThatThrownBy(() -> new MixedLabel(0, 1, share))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aLabelBeyondTheClassesIsRefused() {
    Loss loss = head.loss(2);
    assertThatThrownBy(() -> loss.compute(scores, Label.listOf(2, 3), 1, new float[6]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("label 3, but the network has 3 classes");
  }
}
