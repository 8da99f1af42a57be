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
    Architecture network = new Architecture(Configuration.D, 1, 224, 1000);
    return new TrainingCost(network, 1_281_167, 74, 256, machines, rate, 10, 200);
  }

  /** The paper: 74 epochs are 370,000 steps of 256 images. */
  @Test
  void steps() {
    assertThat(paper(1, 5).steps()).isEqualTo(5005L * 74).isCloseTo(370_000, within(500L));
    assertThat(paper(1, 5).imagesSeen()).isEqualTo(94_806_358);
  }

  /** By hand: 138,357,544 weights of four bytes, of which three quarters go round twice. */
  @Test
  void fourMachines() {
    TrainingCost cost = paper(4, 8);
    assertThat(cost.imagesPerMachine()).isEqualTo(64);
    assertThat(cost.computeSeconds()).isEqualTo(8);
    assertThat(cost.trafficBytes()).isEqualTo(830_145_264);
    assertThat(cost.trafficSeconds()).isCloseTo(0.6641, within(1e-4));
    assertThat(cost.days()).isCloseTo(370_370 * 8.6641 / 86_400, within(0.01));
    assertThat(cost.daysOverlapped()).isCloseTo(370_370 * 8.0 / 86_400, within(0.01));
    assertThat(cost.kilowattHours()).isCloseTo(cost.days() * 24 * 0.8, within(1e-6));
    assertThat(cost.decodeRate()).isCloseTo(64 / 8.6641, within(1e-3));
  }

  @Test
  void oneMachineSendsNothing() {
    assertThat(paper(1, 8).trafficBytes()).isZero();
    assertThat(paper(1, 8).days()).isEqualTo(paper(1, 8).daysOverlapped());
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
