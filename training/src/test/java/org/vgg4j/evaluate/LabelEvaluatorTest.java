package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.data.Subset;
import org.vgg4j.data.TestDataset;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.labels.LabelSetDataset;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.parallel.Threads;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

/** Labels as one process measures them, and as several do. */
class LabelEvaluatorTest {
  private static final List<String> CLASSES = List.of("a", "b", "c");
  private static final ModelFile MODEL = TestModels.random(Configuration.A, "a", "b", "c");

  /** Twenty pictures whose numbers' bits are their labels. */
  private static Dataset pictures(List<String> classes, boolean complete, Set<Integer> unreadable) {
    TestDataset images = new TestDataset("x");
    byte[] states = new byte[20 * classes.size()];
    for (int i = 0; i < 20; i++) {
      images.add(0, TestImages.noise(40 + i, 36, i));
      for (int k = 0; k < classes.size(); k++) {
        states[i * classes.size() + k] =
            (i >> k & 1) == 1 ? MultiLabels.POSITIVE : MultiLabels.NEGATIVE;
      }
    }
    Dataset readable =
        images.beforeImage(
            index -> {
              if (unreadable.contains(index)) {
                throw new UnreadableImageException("test/" + index + " is damaged: replace it");
              }
            });
    return new LabelSetDataset(readable, new MultiLabels(classes, states), complete);
  }

  private record Found(Dataset images, List<String> unreadable, LabelEvaluation evaluation) {}

  private static Found measure(Dataset all, UnreadableLimit limit, ProcessGroup group) {
    try (Engine engine = Engines.open(Device.CPU, 1);
        Network network = engine.load(new Parameters(MODEL.architecture(), MODEL.arrays()))) {
      ReadableImages readable =
          ReadableImages.of(all, 36, engine.hostThreads(), limit, group, done -> {});
      LabelEvaluator evaluator =
          new LabelEvaluator(
              engine.hostThreads(),
              network.inference(4, Set.of()),
              MODEL.preprocessing(),
              MODEL.classNames());
      LabelEvaluation evaluation =
          evaluator.ofSums(evaluator.sums(readable.images(), group, done -> {}));
      if (group.size() == 1) {
        assertThat(evaluation)
            .usingRecursiveComparison()
            .withEqualsForType(Double::equals, Double.class) // so that NaN equals NaN
            .isEqualTo(evaluator.evaluate(readable.images(), done -> {}));
      }
      return new Found(readable.images(), readable.unreadable(), evaluation);
    }
  }

  private static Found measure(Dataset all) {
    return measure(all, UnreadableLimit.AUTO, ProcessGroup.alone());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void allProcessesFindWhatOneFinds(int ranks) {
    Dataset all = pictures(CLASSES, false, Set.of(3, 19));
    Found alone = measure(all);
    assertThat(alone.unreadable()).containsExactly("test/3", "test/19");
    assertThat(alone.evaluation().images()).isEqualTo(18);
    assertThat(IntStream.range(0, 18).mapToObj(alone.images()::id))
        .doesNotContain("test/3", "test/19");
    Map<Integer, Found> found = new ConcurrentHashMap<>();
    Threads.run(ranks, group -> found.put(group.rank(), measure(all, UnreadableLimit.AUTO, group)));
    assertThat(found).hasSize(ranks);
    for (Found one : found.values()) {
      assertThat(one.unreadable()).isEqualTo(alone.unreadable());
      assertThat(one.evaluation())
          .usingRecursiveComparison()
          .ignoringFields("meanLoss")
          .isEqualTo(alone.evaluation());
      assertThat(one.evaluation().meanLoss())
          .isCloseTo(alone.evaluation().meanLoss(), within(1e-12));
    }
    Dataset damaged = pictures(CLASSES, false, Set.of(3, 7, 19));
    assertThatThrownBy(
            () -> Threads.run(ranks, group -> measure(damaged, UnreadableLimit.AUTO, group)))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("test/3", "test/7", "test/19");
  }

  /** More processes than images. */
  @Test
  void aShareMayBeEmpty() {
    Dataset two = Subset.range(pictures(CLASSES, false, Set.of()), 5, 7);
    LabelEvaluation alone = measure(two).evaluation();
    Threads.run(
        3,
        group ->
            assertThat(measure(two, UnreadableLimit.AUTO, group).evaluation().found())
                .isEqualTo(alone.found()));
    assertThat(alone.shown()).containsExactly(1, 1, 2); // 5 and 6
  }

  /** What lists of labels do not have, no image shows; columns that are not there say nothing. */
  @Test
  void labelsThatTheDataDoNotHave() {
    LabelEvaluation whole = measure(pictures(CLASSES, true, Set.of())).evaluation();
    LabelEvaluation lists = measure(pictures(List.of("a", "b"), true, Set.of())).evaluation();
    assertThat(lists.known()).containsExactly(20, 20, 20);
    assertThat(lists.shown()).containsExactly(10, 10, 0);
    assertThat(lists.wronglyFound()[2]).isEqualTo(whole.found()[2] + whole.wronglyFound()[2]);
    LabelEvaluation columns = measure(pictures(List.of("a", "b"), false, Set.of())).evaluation();
    assertThat(columns.known()).containsExactly(20, 20, 0);
    assertThat(columns.wronglyFound()[2]).isZero();
    assertThat(columns.averagePrecision()[2]).isNaN();
    assertThat(columns.averagePrecision()[0]).isEqualTo(whole.averagePrecision()[0]);
  }

  @Test
  void whatThereIsNotIsNoFigure() {
    Dataset none =
        new LabelSetDataset(
            pictures(CLASSES, true, Set.of()), new MultiLabels(CLASSES, new byte[60]), true);
    LabelEvaluation evaluation = measure(none).evaluation();
    assertThat(evaluation.meanAveragePrecision()).isNaN();
    assertThat(evaluation.figures("test")).isEmpty();
    assertThat(measure(pictures(CLASSES, true, Set.of())).evaluation().figures("test"))
        .containsOnlyKeys("testMap", "testF1");
  }
}
