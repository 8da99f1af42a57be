package org.vgg4j.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;

class TrainingCostTest {
  private static TrainingCost paper(int machines, double rate) {
    return paper(machines, rate, 10);
  }

  private static TrainingCost paper(int machines, double rate, double gigabits) {
    Architecture network = new Architecture(Configuration.D, 1, 224, 1000);
    TrainingRun run = new TrainingRun(network, 1_281_167, 74, 256, 16);
    TrainingMachine machine = TrainingMachine.ofRate(rate, 200);
    return new TrainingCost(run, machines, machine, new LineExchange(2, gigabits));
  }

  /** The paper: 74 epochs are 370,000 steps of 256 images. */
  @Test
  void steps() {
    assertThat(paper(1, 5).run().steps()).isEqualTo(5005L * 74).isCloseTo(370_000, within(500L));
    assertThat(paper(1, 5).run().imagesSeen()).isEqualTo(94_806_358);
  }

  /**
   * By hand: three quarters of 14,714,688 weights of convolutions go round twice; the factors of 64
   * images, 42,472 numbers each, to three others; four bytes each.
   */
  @Test
  void fourMachines() {
    TrainingCost cost = paper(4, 8);
    assertThat(cost.imagesEach()).isEqualTo(64);
    assertThat(cost.computeSeconds()).isEqualTo(8);
    assertThat(cost.exchanged().bytes()).isEqualTo(88_288_128 + 32_618_496);
    assertThat(cost.exchanged().trafficSeconds()).isCloseTo(0.0967, within(1e-4));
    assertThat(cost.days()).isCloseTo(370_370 * cost.stepSeconds() / 86_400, within(0.01));
    assertThat(cost.kilowattHours()).isCloseTo(cost.days() * 24 * 0.8, within(1e-6));
    assertThat(cost.decodeRate()).isCloseTo(64 / cost.stepSeconds(), within(1e-3));
    assertThat(cost.speedUp()).isCloseTo(32 / 8.4582, within(1e-3));
  }

  /**
   * Gradients that travel for 0.4 s are all there when the backward pass of 1.3 s ends, but for
   * those of conv1_1, the last; on a line that needs 97 s the pass hides no more than itself.
   */
  @Test
  void waiting() {
    assertThat(paper(4, 8).exchanged().waitSeconds()).isPositive().isLessThan(1e-3);
    double backward = 2.0 / 3 * 16 / 8;
    assertThat(paper(4, 8, 0.01).exchanged().waitSeconds())
        .isCloseTo(96.73 + 0.27 - backward, within(0.02));
  }

  /**
   * By hand, two threads: 192 images of other machines times 123,633,664 multiply-adds of 33 ps,
   * and 120,906,624 bytes of 1.1 ns. The convolutions have no part in it.
   */
  @Test
  void dividing() {
    assertThat(paper(4, 8).exchanged().workSeconds()).isCloseTo(0.3917 + 0.0665, within(1e-4));
    assertThat(paper(4, 0.1).exchanged().workSeconds())
        .isEqualTo(paper(4, 8).exchanged().workSeconds());
    assertThat(paper(4, 8).stepSeconds()).isCloseTo(8.4582, within(1e-3));
    assertThat(paper(16, 8).exchanged().workSeconds())
        .isGreaterThan(paper(4, 8).exchanged().workSeconds());
  }

  @Test
  void oneMachineSendsNothing() {
    TrainingCost cost = paper(1, 8);
    assertThat(cost.exchanged().bytes()).isZero();
    assertThat(cost.exchanged().workSeconds()).isZero();
    assertThat(cost.exchanged().waitSeconds()).isZero();
    assertThat(cost.speedUp()).isEqualTo(1);
  }

  /** Small layers in large batches: their gradients are less than their factors. */
  @Test
  void gradientsTravelWhereFactorsAreMore() {
    Architecture network = new Architecture(Configuration.A, 0.125, 32, 10);
    TrainingRun run = new TrainingRun(network, 1000, 1, 1000, 500);
    TrainingMachine machine = TrainingMachine.ofRate(100, 200);
    TrainingCost cost = new TrainingCost(run, 2, machine, new LineExchange(2, 10));
    assertThat(cost.exchanged().bytes()).isEqualTo(4.0 * network.parameterCount());
  }

  /** Two to three weeks are 52 to 78 images per second. */
  @Test
  void paperRate() {
    assertThat(paper(1, 8).run().rate(14)).isCloseTo(78.4, within(0.05));
    assertThat(paper(1, 8).run().rate(21)).isCloseTo(52.3, within(0.05));
  }

  @Test
  void numbersOutOfRange() {
    assertThatThrownBy(() -> paper(257, 8))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("a batch of 256 cannot be divided over 257 machines");
    assertThatThrownBy(() -> paper(4, 0))
        .isInstanceOf(InputException.class)
        .hasMessage("option images-per-second is 0.0 but must be more than 0");
  }

  private static TrainingCost gpus(int parts, int microBatch, GradientExchange exchange) {
    Architecture network = new Architecture(Configuration.D, 1, 224, 1000);
    TrainingRun run = new TrainingRun(network, 1_281_167, 74, 256, microBatch);
    return new TrainingCost(run, parts, TrainingMachine.ofRate(5600, 700), exchange);
  }

  /**
   * By hand: 138,357,544 values of four bytes, three quarters of them twice, at 300 GB/s; 20 bytes
   * of each move in a memory of 1 TB/s. All that is waited for is conv1_1, the last, and conv1_2,
   * less the time that conv1_1's own gradient takes.
   */
  @Test
  void gpusOfOneMachine() {
    TrainingCost cost = gpus(4, 64, new PeerExchange(PeerExchange.Link.NVLINK, 1e12));
    GradientExchange.Cost exchanged = cost.exchanged();
    assertThat(exchanged.bytes()).isCloseTo(6.0 * 138_357_544, within(1.0));
    assertThat(exchanged.trafficSeconds()).isCloseTo(830.1e6 / 300e9, within(1e-6));
    assertThat(exchanged.workSeconds()).isCloseTo(138.357544e6 * 20 / 1e12, within(1e-9));
    double copied = (64 * 27 + 64 + 64 * 576 + 64) * 6.0 / 300e9 + 2 * 6e-5;
    double meanwhile = 2.0 / 3 * 64 / 5600 * (224 * 224 * 64 * 27 / 15.470264e9);
    assertThat(exchanged.waitSeconds()).isCloseTo(copied - meanwhile, within(1e-7));
    assertThat(cost.speedUp()).isBetween(3.0, 4.0);
  }

  /** Over a slow link the gradients take longer than the pass in which they are computed. */
  @Test
  void gpusWithoutALink() {
    TrainingCost cost = gpus(4, 64, new PeerExchange(PeerExchange.Link.HOST, 1e12));
    double backward = 2.0 / 3 * 64 / 5600;
    double traffic = 830.145264e6 / 12e9 + 16 * 6e-5;
    assertThat(cost.exchanged().waitSeconds())
        .isGreaterThan(traffic - backward)
        .isLessThan(traffic);
    assertThat(cost.speedUp()).isLessThan(1);
  }

  /** The parts of each round of micro-batches are copied, the sums once. */
  @Test
  void gpusWithMicroBatches() {
    TrainingCost cost = gpus(4, 16, new PeerExchange(PeerExchange.Link.NVLINK, 1e12));
    assertThat(cost.exchanged().bytes()).isCloseTo(5 * 3.0 * 138_357_544, within(1.0));
  }

  /**
   * By hand, 100 Gbit/s: 553 MB to the host and back at 8 GB/s; 830 MB on the line, 2.2 ns of work
   * for each byte; fc8's copy of 2 ms is all that is not hidden behind these.
   */
  @Test
  void gpusOfSeveralMachines() {
    GradientExchange.Cost cost = gpus(4, 64, new HostExchange(100)).exchanged();
    double copied = 553.430176e6 / 8e9;
    double sent = 830.145264e6;
    assertThat(cost.bytes()).isCloseTo(sent, within(1.0));
    assertThat(cost.workSeconds()).isCloseTo(2 * copied, within(1e-6));
    double fc8 = (4096 * 1000 + 1000) * 4 / 8e9;
    assertThat(cost.workSeconds() + cost.waitSeconds())
        .isCloseTo(copied + fc8 + sent * (8e-11 + 2.2e-9), within(1e-6));
  }
}
