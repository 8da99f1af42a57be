package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.BoxTarget;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Target;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;

/** The box regression head: both forms, both losses. */
class BoxRegressionTest {
  private static final int CLASSES = 3;

  private final Kernels kernels = KernelLookup.get().kernels();

  private static Architecture network(Task task) {
    return Networks.smallest(Configuration.A, 32, CLASSES).withTask(task);
  }

  private Loss loss(Task task, BoxLoss loss) {
    return Head.of(network(task), kernels, loss, ClassLoss.PLAIN).loss(4);
  }

  private static BoxTarget random(Random random) {
    return new BoxTarget(
        random.nextInt(CLASSES),
        random.nextDouble(),
        random.nextDouble(),
        0.1 + random.nextDouble(),
        0.1 + random.nextDouble());
  }

  @ParameterizedTest
  @CsvSource({
    "SINGLE_BOX,SQUARED",
    "SINGLE_BOX,GIOU",
    "BOX_PER_CLASS,SQUARED",
    "BOX_PER_CLASS,GIOU"
  })
  void theGradientIsWithRespectToTheOutputs(Task task, BoxLoss kind) {
    Random random = new Random(3);
    Loss loss = loss(task, kind);
    int length = network(task).outputs();
    int checked = 0;
    for (int trial = 0; trial < 200; trial++) {
      List<Target> targets = List.of(random(random), random(random));
      float[] outputs = new float[2 * length];
      for (int i = 0; i < outputs.length; i++) {
        outputs[i] = (float) random.nextGaussian();
      }
      float[] gradient = new float[2 * length + 1];
      gradient[2 * length] = 42;
      loss.compute(outputs, targets, 0.5f, gradient);
      assertThat(gradient[2 * length]).as("beyond the images").isEqualTo(42);
      for (int i = 0; i < outputs.length; i++) {
        double up = slope(loss, outputs, targets, i, 1f / 1024);
        double down = slope(loss, outputs, targets, i, -1f / 1024);
        boolean vanishes = i % Task.BOX >= 2 && outputs[i] < -1.98f; // such a box can only grow
        if (Math.abs(up - down) < 2e-2 && !vanishes) { // no kink between the points
          checked++;
          assertThat((double) gradient[i]).isCloseTo(0.25 * (up + down), within(5e-3));
        }
      }
    }
    assertThat(checked).isGreaterThan(200 * 2 * length * 8 / 10);
  }

  private static double slope(Loss loss, float[] outputs, List<Target> targets, int i, float step) {
    float[] moved = outputs.clone();
    moved[i] += step;
    float[] unused = new float[outputs.length];
    double there = loss.compute(moved, targets, 1, unused).lossSum();
    return (there - loss.compute(outputs, targets, 1, unused).lossSum()) / (moved[i] - outputs[i]);
  }

  /** Both intersections and hulls counted on a fine grid instead. */
  @Test
  void generalisedOverlapIsThatOfCountedPoints() {
    Random random = new Random(4);
    for (int trial = 0; trial < 20; trial++) {
      CropBox truth = random(random).box();
      CropBox found = random(random).box();
      float[] outputs = new float[Task.BOX];
      double[] code = found.code();
      for (int i = 0; i < outputs.length; i++) {
        outputs[i] = (float) code[i];
      }
      int points = 600;
      long both = 0;
      long any = 0;
      for (int y = 0; y < points; y++) {
        for (int x = 0; x < points; x++) {
          boolean one = holds(truth, x, y, points);
          boolean other = holds(found, x, y, points);
          both += one && other ? 1 : 0;
          any += one || other ? 1 : 0;
        }
      }
      double cell = Math.pow(4.0 / points, 2);
      double hull =
          (Math.max(high(truth.centerX(), truth.width()), high(found.centerX(), found.width()))
                  - Math.min(
                      low(truth.centerX(), truth.width()), low(found.centerX(), found.width())))
              * (Math.max(
                      high(truth.centerY(), truth.height()), high(found.centerY(), found.height()))
                  - Math.min(
                      low(truth.centerY(), truth.height()), low(found.centerY(), found.height())));
      double overlap = (double) both / any;
      double expected = 1 - (overlap - (hull - any * cell) / hull);
      assertThat(BoxLoss.GIOU.compare(outputs, 0, truth, new double[Task.BOX]))
          .isCloseTo(expected, within(0.03));
      assertThat(found.overlap(truth)).isCloseTo(overlap, within(0.03));
    }
  }

  private static double low(double center, double size) {
    return center - size / 2;
  }

  private static double high(double center, double size) {
    return center + size / 2;
  }

  /** Points of a grid from -1 to 3. */
  private static boolean holds(CropBox box, int x, int y, int points) {
    double px = -1 + 4 * (x + 0.5) / points;
    double py = -1 + 4 * (y + 0.5) / points;
    return Math.abs(px - box.centerX()) < box.width() / 2
        && Math.abs(py - box.centerY()) < box.height() / 2;
  }

  @Test
  void aCodeIsTheBoxItself() {
    Random random = new Random(5);
    for (int trial = 0; trial < 50; trial++) {
      CropBox box = random(random).box();
      float[] outputs = new float[Task.BOX + 1];
      double[] code = box.code();
      for (int i = 0; i < Task.BOX; i++) {
        outputs[i + 1] = (float) code[i];
      }
      CropBox again = CropBox.decode(outputs, 1);
      assertThat(again.centerX()).isCloseTo(box.centerX(), within(1e-6));
      assertThat(again.centerY()).isCloseTo(box.centerY(), within(1e-6));
      assertThat(again.width()).isCloseTo(box.width(), within(1e-6));
      assertThat(again.height()).isCloseTo(box.height(), within(1e-6));
      assertThat(again.overlap(box)).isCloseTo(1, within(1e-5));
    }
    assertThat(CropBox.decode(new float[] {0, 0, -9, -9}, 0).overlap(random(random).box()))
        .isZero();
  }

  @ParameterizedTest
  @EnumSource(
      value = Task.class,
      names = {"SINGLE_BOX", "BOX_PER_CLASS"})
  void onlyTheBoxOfTheTrueClassHasAGradient(Task task) {
    float[] gradient = new float[network(task).outputs()];
    Target target = new BoxTarget(1, 0.2, 0.7, 0.3, 0.4);
    loss(task, BoxLoss.SQUARED).compute(new float[gradient.length], List.of(target), 1, gradient);
    int at = task.boxOf(1);
    double[] code = ((BoxTarget) target).box().code();
    for (int i = 0; i < gradient.length; i++) {
      boolean own = i >= at && i < at + Task.BOX;
      assertThat((double) gradient[i]).isCloseTo(own ? -code[i - at] : 0, within(1e-6));
    }
  }

  @Test
  void rightIsAnOverlapOfAHalf() {
    Loss loss = loss(Task.SINGLE_BOX, BoxLoss.SQUARED);
    List<Target> target = List.of(new BoxTarget(0, 0.5, 0.5, 0.5, 0.5));
    // twice as wide: an overlap of exactly one half
    assertThat(loss.compute(new float[] {0, 0, 2, 0}, target, 1, new float[4]).correct()).isOne();
    assertThat(loss.compute(new float[] {0, 0, 2.1f, 0}, target, 1, new float[4]).correct())
        .isZero();
    assertThat(loss.compute(new float[] {Float.NaN, 0, 0, 0}, target, 1, new float[4]))
        .satisfies(result -> assertThat(result.lossSum()).isNaN())
        .satisfies(result -> assertThat(result.correct()).isZero());
  }

  @Test
  void targetsOfAnotherKindAreRefused() {
    Loss loss = loss(Task.SINGLE_BOX, BoxLoss.SQUARED);
    assertThatThrownBy(() -> loss.compute(new float[4], Label.listOf(0), 1, new float[4]))
        .hasMessageStartingWith("localisation needs boxes, not Label");
    List<Target> beyond = List.of(new BoxTarget(CLASSES, 0.5, 0.5, 0.5, 0.5));
    assertThatThrownBy(() -> loss.compute(new float[4], beyond, 1, new float[4]))
        .hasMessage("label 3, but the network has 3 classes");
    Head head = Head.of(network(Task.BOX_PER_CLASS), kernels);
    assertThatThrownBy(() -> head.posteriors(1, new float[12]))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("are boxes");
  }

  /** What training says of the loss is what its gradients predict, through all layers. */
  @ParameterizedTest
  @CsvSource({"SINGLE_BOX,SQUARED", "BOX_PER_CLASS,SQUARED", "BOX_PER_CLASS,GIOU"})
  void theLossFallsAlongTheGradient(Task task, BoxLoss kind) {
    Architecture architecture = network(task);
    Parameters parameters = Networks.random(architecture, 5);
    float[] images = Networks.images(architecture, 3, 6);
    Random random = new Random(7);
    List<Target> targets = List.of(random(random), random(random), random(random));
    DropoutKeys keys = Networks.keys(11, 2, 40, 3);
    LearnerOptions options =
        new LearnerOptions(3, 3, 0.5, new LearnerOptions.Descent(0.9, 5e-4, true), kind);
    try (Workers workers = new Workers(2)) {
      Training training = new Training(parameters, kernels, workers, options);
      GradientSums sums = new GradientSums(architecture.parameters(), workers);
      double loss = training.run(images, targets, 1f / 3, keys, sums).lossSum() / 3;
      Map<String, float[]> gradients = TrainingRuns.copy(architecture, sums);
      for (ParameterShape shape : architecture.parameters()) {
        float[] gradient = gradients.get(shape.name());
        float[] values = parameters.values(shape.name());
        float[] before = values.clone();
        double norm = Networks.norm(gradient);
        double step = 1e-3 * loss / (norm * norm);
        double[] losses = new double[2];
        for (int side = 0; side < 2; side++) {
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) (before[i] + (side == 0 ? step : -step) * gradient[i]);
          }
          losses[side] = training.run(images, targets, 1f / 3, keys, sums).lossSum() / 3;
        }
        System.arraycopy(before, 0, values, 0, values.length);
        assertThat((losses[0] - losses[1]) / (2 * step * norm))
            .as("slope along the gradient by %s", shape.name())
            .isCloseTo(norm, withPercentage(5));
      }
    }
  }
}
