package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.loading.Augmentation;
import org.vgg4j.data.loading.BatchLoader;
import org.vgg4j.data.loading.BatchSequence;
import org.vgg4j.data.loading.ColorPca;
import org.vgg4j.data.loading.Mixing;
import org.vgg4j.data.loading.Sampler;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.kernels.scalar.ScalarKernels;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.network.Learner;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;

/** Training with the fast kernels follows training with the naive twin. */
class KernelsAgreeTest {
  private static final int STEPS = 50;
  private static final int WINDOW = 10;
  private static final int BATCH = 16;

  /** Bound of the difference between the mean losses of the first ten steps. */
  private static final double PERCENT_AT_FIRST = 0.01;

  /**
   * Bound of the difference between mean losses of ten later steps. Rounding alone makes the losses
   * drift apart (by a third of a percent when this was written), since a ReLU or a pool now and
   * then decides differently; a learning rate that is a tenth too high makes a difference of 11 %.
   */
  private static final double PERCENT = 2;

  @Test
  void fiftyStepsOnRealImages() {
    Kernels chosen = KernelLookup.get().kernels();
    assumeThat(chosen.name()).isNotEqualTo("scalar");
    double[] expected = losses(new ScalarKernels());
    double[] actual = losses(chosen);
    assertThat(expected[STEPS / WINDOW - 1]).as("it learns").isLessThan(expected[0]);
    for (int window = 0; window < STEPS / WINDOW; window++) {
      assertThat(actual[window])
          .as("mean loss of steps %d to %d", window * WINDOW, (window + 1) * WINDOW - 1)
          .isCloseTo(expected[window], withPercentage(window == 0 ? PERCENT_AT_FIRST : PERCENT));
    }
  }

  /** Mean losses of ten steps each, of net A at a quarter of its width. */
  private static double[] losses(Kernels kernels) {
    Dataset train = DataSources.open("fashion-mini", 0.1, 1).train();
    Architecture architecture = new Architecture(Configuration.A, 0.25, 32, 10);
    Parameters parameters = Networks.random(architecture, 3);
    Parameters velocities = Parameters.zeros(architecture);
    double[] means = new double[STEPS / WINDOW];
    try (Workers workers = new Workers(2);
        BatchLoader loader = loader(train)) {
      Training training = new Training(parameters, kernels, workers, BATCH, 0);
      GradientSink sgd =
          (shape, first, count, gradient) ->
              kernels.sgd(
                  first,
                  count,
                  parameters.values(shape.name()),
                  velocities.values(shape.name()),
                  gradient,
                  0.005f,
                  0.9f,
                  5e-4f,
                  workers);
      for (int step = 0; step < STEPS; step++) {
        BatchLoader.Batch batch = loader.next();
        float[] images = batch.images();
        for (int i = 0; i < images.length; i++) {
          images[i] /= 64; // the test's initial weights are made for inputs of the order of 1
        }
        Learner.Result result =
            training.run(images, batch.targets(), 1f / BATCH, Networks.keys(0, 0, 0, BATCH), sgd);
        means[step / WINDOW] += result.lossSum() / BATCH / WINDOW;
      }
    }
    return means;
  }

  private static BatchLoader loader(Dataset train) {
    return new BatchLoader(
        train,
        new Sampler(train.size(), 1),
        new Augmentation(
            ScaleRange.fixed(36), 32, Interpolation.BILINEAR, true, new ColorPca(List.of()), 0, 1),
        Mixing.NONE,
        Preprocessing.paper(new Rgb(73, 73, 73), 36, 32),
        new BatchSequence(train.size(), BATCH, BATCH),
        0,
        0,
        1);
  }
}
