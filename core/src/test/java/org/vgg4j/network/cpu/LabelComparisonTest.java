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
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Label;
import org.vgg4j.model.LabelSet;
import org.vgg4j.model.Target;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.LabelLoss;
import org.vgg4j.network.Learner;
import org.vgg4j.network.Networks;

/** The head of several labels an image: sigmoids, and their cross-entropy with sets of labels. */
class LabelComparisonTest {
  private static final float NOT_KNOWN = LabelSet.UNKNOWN;

  private static Head head(int classes, ClassLoss loss) {
    Architecture network = Networks.smallest(Configuration.A, 32, classes).withTask(Task.LABELS);
    return Head.of(network, KernelLookup.get().kernels(), BoxLoss.SQUARED, loss);
  }

  private static JsonNode golden() throws IOException {
    try (InputStream in =
        LabelComparisonTest.class.getResourceAsStream("/goldens/loss/labels.json")) {
      return new ObjectMapper().readTree(in);
    }
  }

  private static List<Double> numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asDouble).toList();
  }

  private static float[] floats(List<Double> numbers) {
    float[] floats = new float[numbers.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = numbers.get(i).floatValue();
    }
    return floats;
  }

  private static List<Target> targets(JsonNode golden, boolean unknown) {
    int classes = golden.path("classes").asInt();
    List<Target> targets = new ArrayList<>();
    for (int first = 0; first < golden.path("shown").size(); first += classes) {
      float[] shown = new float[classes];
      for (int k = 0; k < classes; k++) {
        boolean known = !unknown || !golden.path("unknown").path(first + k).asBoolean();
        shown[k] = known ? (float) golden.path("shown").path(first + k).asDouble() : NOT_KNOWN;
      }
      targets.add(new LabelSet(shown));
    }
    return targets;
  }

  @Test
  void lossAndGradientArePyTorchs() throws IOException {
    JsonNode golden = golden();
    float[] scores = floats(numbers(golden.path("scores")));
    assertThat(golden.path("cases").size()).isEqualTo(8);
    for (JsonNode one : golden.path("cases")) {
      List<Double> weights =
          one.path("weighted").asBoolean() ? numbers(golden.path("weights")) : List.of();
      ClassLoss loss = new ClassLoss(weights, one.path("smoothing").asDouble());
      List<Target> targets = targets(golden, one.path("unknown").asBoolean());
      float[] gradient = new float[scores.length];
      Learner.Result result =
          head(golden.path("classes").asInt(), loss)
              .loss(targets.size())
              .compute(scores, targets, 1f / targets.size(), gradient);
      assertThat(result.lossSum() / targets.size())
          .as(one.toString())
          .isCloseTo(one.path("loss").asDouble(), within(1e-6));
      for (int i = 0; i < gradient.length; i++) {
        assertThat((double) gradient[i])
            .isCloseTo(one.path("gradient").path(i).asDouble(), within(1e-6));
      }
    }
  }

  @Test
  void theGradientIsWithRespectToTheScores() {
    List<Target> targets =
        List.of(new LabelSet(1, 0, NOT_KNOWN), new LabelSet(0.25f, 0, 1), new LabelSet(0, 0, 0));
    float[] scores = {0.5f, -1, 2, 1.5f, 0.25f, -0.75f, 0, 3, -4};
    Loss loss = head(3, new ClassLoss(List.of(2.0, 0.5, 1.0), 0.1)).loss(4);
    float[] gradient = new float[10];
    gradient[9] = 42;
    loss.compute(scores, targets, 0.25f, gradient);
    for (int i = 0; i < scores.length; i++) {
      float[] above = scores.clone();
      float[] below = scores.clone();
      above[i] += 0.0078125f;
      below[i] -= 0.0078125f;
      float[] unused = new float[9];
      double numeric =
          (loss.compute(above, targets, 1, unused).lossSum()
                  - loss.compute(below, targets, 1, unused).lossSum())
              / 0.015625;
      assertThat((double) gradient[i]).isCloseTo(0.25 * numeric, within(1e-5));
    }
    assertThat(gradient[2]).as("of a label that is not known").isZero();
    assertThat(gradient[9]).as("beyond the images").isEqualTo(42);
  }

  @Test
  void largeScoresStayFinite() {
    assertThat(LabelLoss.of(1000, 1, 1)).isZero();
    assertThat(LabelLoss.of(1000, 0, 1)).isEqualTo(1000);
    assertThat(LabelLoss.of(-1000, 1, 3)).isEqualTo(3000);
    assertThat(LabelLoss.of(-1000, 0, 3)).isZero();
    assertThat(LabelLoss.gradient(-1000, 1, 3)).isEqualTo(-3);
    assertThat(LabelLoss.gradient(1000, 0, 3)).isEqualTo(1);
    assertThat(LabelLoss.probability(-1000)).isZero();
    assertThat(LabelLoss.probability(1000)).isEqualTo(1);
    assertThat(LabelLoss.of(Double.NaN, 0.5, 1)).isNaN();
  }

  @Test
  void eachPosteriorIsASigmoidOfItsOwn() {
    float[] posteriors = head(2, ClassLoss.PLAIN).posteriors(2, new float[] {0, 2, -3, 40, 7});
    assertThat(posteriors).hasSize(4);
    assertThat(posteriors[0]).isEqualTo(0.5f);
    assertThat((double) posteriors[1]).isCloseTo(1 / (1 + Math.exp(-2)), within(1e-7));
    assertThat((double) posteriors[2]).isCloseTo(1 / (1 + Math.exp(3)), within(1e-7));
    assertThat(posteriors[3]).isEqualTo(1);
  }

  @Test
  void anImageIsRightIfAllItsKnownLabelsAre() {
    Loss loss = head(3, ClassLoss.PLAIN).loss(1);
    float[] scores = {1, -1, 2};
    assertThat(right(loss, scores, 1, 0, 1)).isEqualTo(1);
    assertThat(right(loss, scores, 1, 0, NOT_KNOWN)).isEqualTo(1);
    assertThat(right(loss, scores, 1, 0, 0)).isZero();
    assertThat(right(loss, scores, 1, 1, 1)).isZero();
    Learner.Result nothing =
        loss.compute(
            scores,
            List.of(new LabelSet(NOT_KNOWN, NOT_KNOWN, NOT_KNOWN)),
            1,
            new float[] {5, 5, 5});
    assertThat(nothing).isEqualTo(new Learner.Result(0, 1));
  }

  private static int right(Loss loss, float[] scores, float... shown) {
    return loss.compute(scores, List.of(new LabelSet(shown)), 1, new float[3]).correct();
  }

  @Test
  void otherTargetsAreRefused() {
    Loss loss = head(3, ClassLoss.PLAIN).loss(1);
    assertThatThrownBy(() -> loss.compute(new float[3], Label.listOf(0), 1, new float[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sets of 3 labels are needed");
    assertThatThrownBy(
            () -> loss.compute(new float[3], List.of(new LabelSet(0, 1)), 1, new float[3]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new LabelSet(0, 1.5f)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(LabelSet::new).isInstanceOf(IllegalArgumentException.class);
    Loss weighted = head(3, new ClassLoss(List.of(1.0), 0)).loss(1);
    assertThatThrownBy(
            () -> weighted.compute(new float[3], List.of(new LabelSet(0, 1, 0)), 1, new float[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 weights for 3 classes");
  }

  @Test
  void aMixtureHasTheMeanOfBothSets() {
    LabelSet mixed = new LabelSet(1, 0, 1, NOT_KNOWN).mix(new LabelSet(1, 1, NOT_KNOWN, 0), 0.75);
    assertThat(mixed).isEqualTo(new LabelSet(1, 0.25f, NOT_KNOWN, NOT_KNOWN));
  }
}
