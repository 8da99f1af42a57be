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
    TrainingCost.Machine machine = new TrainingCost.Machine(rate, 2, gigabits, 200);
    return new TrainingCost(network, 1_281_167, 74, 256, 16, machines, machine);
  }

  /** The paper: 74 epochs are 370,000 steps of 256 images. */
  @Test
  void steps() {
    assertThat(paper(1, 5).steps()).isEqualTo(5005L * 74).isCloseTo(370_000, within(500L));
    assertThat(paper(1, 5).imagesSeen()).isEqualTo(94_806_358);
  }

  /**
   * By hand: three quarters of 14,714,688 weights of convolutions go round twice; the factors of 64
   * images, 42,472 numbers each, to three others; four bytes each.
   */
  @Test
  void fourMachines() {
    TrainingCost cost = paper(4, 8);
    assertThat(cost.imagesPerMachine()).isEqualTo(64);
    assertThat(cost.computeSeconds()).isEqualTo(8);
    assertThat(cost.trafficBytes()).isEqualTo(88_288_128 + 32_618_496);
    assertThat(cost.trafficSeconds()).isCloseTo(0.0967, within(1e-4));
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
    assertThat(paper(4, 8).waitSeconds()).isPositive().isLessThan(1e-3);
    double backward = 2.0 / 3 * 16 / 8;
    assertThat(paper(4, 8, 0.01).waitSeconds()).isCloseTo(96.73 + 0.27 - backward, within(0.02));
  }

  /**
   * By hand, two threads: 192 images of other machines times 123,633,664 multiply-adds of 33 ps,
   * and 120,906,624 bytes of 1.1 ns. The convolutions have no part in it.
   */
  @Test
  void dividing() {
    assertThat(paper(4, 8).extraSeconds()).isCloseTo(0.3917 + 0.0665, within(1e-4));
    assertThat(paper(4, 0.1).extraSeconds()).isEqualTo(paper(4, 8).extraSeconds());
    assertThat(paper(4, 8).stepSeconds()).isCloseTo(8.4582, within(1e-3));
    assertThat(paper(16, 8).extraSeconds()).isGreaterThan(paper(4, 8).extraSeconds());
  }

  @Test
  void oneMachineSendsNothing() {
    TrainingCost cost = paper(1, 8);
    assertThat(cost.trafficBytes()).isZero();
    assertThat(cost.extraSeconds()).isZero();
    assertThat(cost.waitSeconds()).isZero();
    assertThat(cost.speedUp()).isEqualTo(1);
  }

  /** Small layers in large batches: their gradients are less than their factors. */
  @Test
  void gradientsTravelWhereFactorsAreMore() {
    Architecture network = new Architecture(Configuration.A, 0.125, 32, 10);
    TrainingCost.Machine machine = new TrainingCost.Machine(100, 2, 10, 200);
    TrainingCost cost = new TrainingCost(network, 1000, 1, 1000, 500, 2, machine);
    assertThat(cost.trafficBytes()).isEqualTo(4.0 * network.parameterCount());
  }

  /** Two to three weeks are 52 to 78 images per second. */
  @Test
  void paperRate() {
    assertThat(paper(1, 8).paperRate(14)).isCloseTo(78.4, within(0.05));
    assertThat(paper(1, 8).paperRate(21)).isCloseTo(52.3, within(0.05));
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
}
