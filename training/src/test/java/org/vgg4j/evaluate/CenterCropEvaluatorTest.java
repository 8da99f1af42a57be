package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.assertj.core.util.FloatComparator;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.TestDataset;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

class CenterCropEvaluatorTest {
  private final List<Integer> done = new ArrayList<>();

  private Evaluation evaluate(ModelFile model, Dataset dataset, int capacity) {
    try (Engine engine = Engines.open(Device.CPU, 2)) {
      Parameters parameters = new Parameters(model.architecture(), model.arrays());
      return new CenterCropEvaluator(
              engine.hostThreads(),
              engine.load(parameters).inference(capacity, Set.of()),
              model.preprocessing(),
              model.classNames())
          .evaluate(dataset, done::add);
    }
  }

  private static TestDataset dataset(List<String> classes, int... labels) {
    TestDataset dataset = new TestDataset(classes.toArray(new String[0]));
    for (int label : labels) {
      dataset.add(label, TestImages.noise(40, 36, label));
    }
    return dataset;
  }

  /** The network always says "b", with the posteriors of these scores. */
  @Test
  void classesAreMatchedByName() {
    float[] scores = {0, 2, 1};
    ModelFile model = TestModels.constant(scores, "a", "b", "c");
    Evaluation evaluation = evaluate(model, dataset(List.of("c", "b"), 0, 1, 1, 0, 0), 2);
    assertThat(evaluation.classNames()).containsExactly("a", "b", "c");
    assertThat(evaluation.confusion()).isDeepEqualTo(new int[][] {{0, 0, 0}, {0, 2, 0}, {0, 3, 0}});
    assertThat(evaluation.top1Error()).isEqualTo(60.0);
    assertThat(evaluation.top5Error()).isZero();
    assertThat(done).containsExactly(2, 4, 5);
    double logSum = Math.log(Math.exp(0) + Math.exp(2) + Math.exp(1));
    assertThat(evaluation.meanLoss())
        .isCloseTo((2 * (logSum - 2) + 3 * (logSum - 1)) / 5, within(1e-6));
  }

  /** Names of folders from a Mac, and as people type them. */
  @Test
  void classesAreMatchedInEitherFormOfUnicode() {
    String apart = Normalizer.normalize("café", Normalizer.Form.NFD);
    ClassMatch match = new ClassMatch(List.of("bar", apart));
    assertThat(match.of("x", List.of("café", "bar", apart))).containsExactly(1, 0, 1);
    assertThat(new ClassMatch(List.of(apart, "café")).of("x", List.of("café"))).containsExactly(1);
  }

  @Test
  void predictionsAreReported() {
    ModelFile model = TestModels.constant(new float[] {0, 2, 1}, "a", "b", "c");
    List<Prediction> predictions = new ArrayList<>();
    try (Engine engine = Engines.open(Device.CPU, 2)) {
      Parameters parameters = new Parameters(model.architecture(), model.arrays());
      Evaluation evaluation =
          new CenterCropEvaluator(
                  engine.hostThreads(),
                  engine.load(parameters).inference(2, Set.of()),
                  model.preprocessing(),
                  model.classNames())
              .evaluate(dataset(List.of("c", "b"), 0, 1, 0), done::add, predictions::add);
      assertThat(evaluation.correct()).isEqualTo(1);
    }
    float probability = (float) (Math.exp(2) / (Math.exp(0) + Math.exp(1) + Math.exp(2)));
    assertThat(predictions)
        .usingRecursiveFieldByFieldElementComparator(
            RecursiveComparisonConfiguration.builder()
                .withComparatorForType(new FloatComparator(1e-6f), Float.class)
                .build())
        .containsExactly(
            new Prediction(0, 2, 1, probability),
            new Prediction(1, 1, 1, probability),
            new Prediction(2, 2, 1, probability));
    assertThat(predictions).map(Prediction::isCorrect).containsExactly(false, true, false);
  }

  @Test
  void fivePredictions() {
    List<String> classes = List.of("0", "1", "2", "3", "4", "5", "6");
    ModelFile model =
        TestModels.constant(new float[] {6, 5, 4, 3, 2, 1, 0}, classes.toArray(new String[0]));
    int[] oneEach = IntStream.range(0, 7).toArray();
    Evaluation evaluation = evaluate(model, dataset(classes, oneEach), 3);
    assertThat(evaluation.top5Wrong()).containsExactly(0, 0, 0, 0, 0, 1, 1);
    assertThat(evaluation.correct()).isEqualTo(1);
  }

  @Test
  void batchesDoNotMatter() {
    List<String> classes = List.of("a", "b", "c");
    ModelFile model = TestModels.random(Configuration.D, "a", "b", "c");
    TestDataset dataset = new TestDataset("a", "b", "c");
    for (int i = 0; i < 20; i++) {
      dataset.add(i % 3, TestImages.noise(36 + i, 50 - i / 2, i));
    }
    Evaluation one = evaluate(model, dataset, 1);
    Evaluation all = evaluate(model, dataset, 32);
    assertThat(all.classNames()).isEqualTo(classes);
    assertThat(all.confusion()).isDeepEqualTo(one.confusion());
    assertThat(all.top5Wrong()).isEqualTo(one.top5Wrong());
    assertThat(all.meanLoss()).isCloseTo(one.meanLoss(), within(1e-4));
    assertThat(one.images()).isEqualTo(20);
  }

  @Test
  void networkThatBrokeIsNeverRight() {
    float nan = Float.NaN;
    ModelFile model = TestModels.constant(new float[] {nan, nan, nan}, "a", "b", "c");
    Evaluation evaluation = evaluate(model, dataset(List.of("b", "c"), 0, 1), 2);
    assertThat(evaluation.correct()).isZero();
    assertThat(evaluation.meanLoss()).isNaN();
  }

  @Test
  void unknownClasses() {
    ModelFile model = TestModels.constant(new float[] {0, 2}, "a", "b");
    assertThatThrownBy(() -> evaluate(model, dataset(List.of("b", "x", "y"), 0, 1, 2), 2))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "the model does not fit the data test: it does not know x, y; its classes are a, b");
    assertThat(done).isEmpty();
  }

  @Test
  void manyUnknownClassesAreCounted() {
    ModelFile model = TestModels.constant(new float[] {0, 2}, "a", "b");
    List<String> classes = IntStream.range(0, 12).mapToObj(i -> "x" + i).toList();
    assertThatThrownBy(() -> evaluate(model, dataset(classes, 0), 2))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "the model does not fit the data test: it does not know x0, x1, x2, x3, x4, x5, x6, x7,"
                + " x8, x9, … (12 in all); its classes are a, b");
  }
}
