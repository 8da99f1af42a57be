package org.vgg4j.descriptor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.vgg4j.network.FeatureMaps;

class PoolerTest {
  /** Two images of two channels. */
  private static final FeatureMaps MAPS =
      new FeatureMaps(2, 2, 1, 2, new float[] {9, 9, 9, 9, 1, 3, 0, 4});

  @Test
  void averageMaximumAndGeneralisedMean() {
    assertThat(Pooler.pool(Pooling.average(), MAPS, 1)).containsExactly(2, 2);
    assertThat(Pooler.pool(Pooling.max(), MAPS, 1)).containsExactly(3, 4);
    double[] quadratic = Pooler.pool(Pooling.gem(2), MAPS, 1);
    assertThat(quadratic[0]).isCloseTo(Math.sqrt(5), within(1e-12));
    assertThat(quadratic[1]).isCloseTo(Math.sqrt(8), within(1e-12));
    assertThat(Pooler.pool(Pooling.gem(1), MAPS, 1)).containsExactly(2, 2);
  }

  /** Whose powers have no place in a double. */
  @Test
  void generalisedMeansOfLargeAndSmallValues() {
    FeatureMaps maps = new FeatureMaps(1, 3, 1, 2, new float[] {2e4f, 1e4f, 2e-5f, 1e-5f, -1, -2});
    double[] means = Pooler.pool(Pooling.gem(100), maps, 0);
    double root = Math.pow(0.5, 0.01);
    assertThat(means[0]).isCloseTo(2e4 * root, within(1e-2));
    assertThat(means[1]).isCloseTo(2e-5 * root, within(1e-11));
    assertThat(means[2]).isZero();
  }

  @Test
  void regionsOfTheLargestScaleCoverTheMapWithAnOverlapOf40Percent() {
    assertThat(Pooler.regions(7, 7, 1)).containsExactly(new Pooler.Region(0, 0, 7));
    // 12 and 7: two would overlap by 2/7, three by 4.5/7
    assertThat(Pooler.regions(7, 12, 1))
        .containsExactly(new Pooler.Region(0, 0, 7), new Pooler.Region(0, 5, 7));
    // 23 and 7: three would not overlap, four by 1.67/7, five by 3/7
    assertThat(Pooler.regions(23, 7, 1))
        .extracting(Pooler.Region::row)
        .containsExactly(0, 4, 8, 12, 16);
    assertThat(Pooler.regions(1, 1, 3)).containsExactly(new Pooler.Region(0, 0, 1));
  }

  @Test
  void scaleHasLTimesLRegionsAndMoreAlongTheLongerSide() {
    assertThat(Pooler.regions(12, 12, 3)).hasSize(1 + 4 + 9);
    assertThat(Pooler.regions(7, 12, 3)).hasSize(2 + 2 * 3 + 3 * 4);
    assertThat(Pooler.regions(7, 12, 2).subList(2, 8))
        .extracting(region -> List.of(region.row(), region.column(), region.side()))
        .containsExactly(
            List.of(0, 0, 4),
            List.of(0, 4, 4),
            List.of(0, 8, 4),
            List.of(3, 0, 4),
            List.of(3, 4, 4),
            List.of(3, 8, 4));
  }

  /** Every region lies in the map, and those of the largest scale cover all of it. */
  @Test
  void regionsOfAnyMap() {
    for (int height = 1; height < 30; height++) {
      for (int width = 1; width < 60; width += 1 + width / 9) {
        List<Integer> covered = new ArrayList<>();
        int side = Math.min(height, width);
        for (Pooler.Region region : Pooler.regions(height, width, 5)) {
          assertThat(region.side()).isPositive();
          assertThat(region.row()).isBetween(0, height - region.side());
          assertThat(region.column()).isBetween(0, width - region.side());
          for (int i = 0; region.side() == side && i < side; i++) {
            covered.add(height > width ? region.row() + i : region.column() + i);
          }
        }
        assertThat(covered.stream().distinct().count()).isEqualTo(Math.max(height, width));
      }
    }
  }

  @Test
  void zerosStayZeros() {
    double[] zeros = {0, 0};
    Pooler.normalise(zeros);
    assertThat(zeros).containsExactly(0, 0);
    double[] values = {3, -4};
    Pooler.normalise(values);
    assertThat(values).containsExactly(0.6, -0.8);
  }
}
