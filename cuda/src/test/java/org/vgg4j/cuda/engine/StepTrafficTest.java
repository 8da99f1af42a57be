package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.vgg4j.cuda.kernels.Precision.BF16;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.cuda.engine.StepTraffic.Work;
import org.vgg4j.cuda.kernels.Family;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Label;
import org.vgg4j.model.Target;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Precision;

/**
 * What a training step moves: that of a small network is counted by the emulator and is what {@link
 * StepTraffic} plans for it, so that the plan can be trusted for the network of a real size.
 */
@ExtendWith(Emulator.class)
class StepTrafficTest {
  private static final LearnerOptions.Descent PAPER = new LearnerOptions.Descent(0.9, 5e-4, true);
  private static final double DROPOUT = 0.5;

  /** The second step: it is two graphs. */
  private static Map<Work, StepTraffic.Moves> counted(Architecture network, int batch) {
    LearnerOptions options = new LearnerOptions(batch, batch, DROPOUT, PAPER);
    float[] images = Networks.images(network, batch, 1);
    List<Target> labels = Label.listOf(Networks.labels(network, batch, 1));
    try (Engine gpu = Devices.gpu(Precision.BF16);
        Learner learner = gpu.learner(Networks.random(network, 5), options, Exchange.ALONE)) {
      Context context = ((CudaEngine) gpu).gpus().get(0).context();
      Runnable step =
          () -> {
            learner.begin(new Learner.Batch(batch, 0.01));
            learner.add(images, labels, Networks.keys(1, 0, 0, batch));
            Learner.Result unused = learner.update();
            context.synchronize();
          };
      step.run();
      assertThat(Emulator.graphLaunches()).isZero();
      Map<Work, StepTraffic.Moves> counted = new EnumMap<>(Work.class);
      Emulator.traffic(step)
          .forEach(
              (name, of) ->
                  counted.merge(
                      Work.of(name),
                      new StepTraffic.Moves(of.launches(), of.moved()),
                      StepTraffic.Moves::plus));
      assertThat(Emulator.graphLaunches()).isEqualTo(2);
      return counted;
    }
  }

  /** What the plan leaves out are sectors that are touched in part, tables, and a few numbers. */
  @ParameterizedTest
  @EnumSource(Family.class)
  void aStepMovesWhatIsPlanned(Family family) {
    Emulator.pose(family);
    int batch = 4;
    Architecture network = new Architecture(Configuration.D, 0.25, 32, 100);
    Map<Work, StepTraffic.Moves> counted = counted(network, batch);
    Map<Work, StepTraffic.Moves> planned =
        onGpu(new StepTraffic(network, batch, DROPOUT, BF16)::planned);
    StepTraffic.Moves copies = counted.remove(Work.COPY);
    assertThat(copies.launches()).as("the images, and the loss").isEqualTo(2);
    assertThat(counted.keySet()).containsExactlyElementsOf(planned.keySet());
    planned.forEach(
        (work, moves) -> {
          StepTraffic.Moves of = counted.get(work);
          assertThat(of.launches()).as("launches of %s", work).isEqualTo(moves.launches());
          assertThat((double) of.bytes())
              .as("bytes of %s", work)
              .isCloseTo(moves.bytes(), within(0.002 * moves.bytes() + 3000));
        });
  }

  private static <T> T onGpu(Function<KernelLibrary, T> work) {
    try (Context context = Context.open(Driver.open().device(0));
        KernelLibrary library = new KernelLibrary(context)) {
      return work.apply(library);
    }
  }

  /**
   * @param most bytes, as a multiple of the least of kernels that write the gradients before pools
   *     down
   * @param mostOfAny the same of the least of any kernels
   */
  @ParameterizedTest
  @CsvSource({"AMPERE, 1.148, 1.383", "HOPPER, 1.122, 1.351"})
  void aStepOfNetworkDMovesLittleMoreThanTheLeast(Family family, double most, double mostOfAny) {
    Emulator.pose(family);
    StepTraffic traffic =
        new StepTraffic(new Architecture(Configuration.D, 1, 224, 1000), 128, DROPOUT, BF16);
    Map<Work, StepTraffic.Moves> planned = onGpu(traffic::planned);
    StepTraffic.Moves all =
        planned.values().stream().reduce(new StepTraffic.Moves(0, 0), StepTraffic.Moves::plus);
    assertThat(all.launches()).as("launches of %s", planned).isLessThanOrEqualTo(80);
    assertThat((double) all.bytes() / traffic.least(true))
        .as("of %s", planned)
        .isBetween(1.0, most);
    assertThat((double) all.bytes() / traffic.least(false)).isBetween(1.0, mostOfAny);
  }
}
